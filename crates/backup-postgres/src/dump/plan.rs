//! Cuts the rows into pieces of work: most tables whole, those that would hold up the end by ranges
//! of blocks. A range costs the server more than its share of the whole table would: it is not read
//! through the small ring of buffers that spares the processor's cache (`docs/benchmarks.md`).

use crate::catalog::{ConfigTable, LargeObjects, Storage, Stored};
use crate::large_object;
use crate::object::Part;
use crate::snapshot::Snapshot;
use backup::writer::Writer;
use postgres::quote;
use std::fmt::Write;

/// The line that ends the rows of a COPY.
const END: &str = "\\.\n";

/// How much of a table one piece reads: enough to make its statement's cost vanish.
const PIECE: u64 = 64 * 1024 * 1024;

/// Smaller tables stand in the order of their names, so that backups can be compared.
const LARGE: u64 = 16 * 1024 * 1024;

/// One COPY out of the source, and the statement that takes its rows back in.
pub(super) struct Piece {
    pub(super) part: Part,
    pub content: usize,
    /// What a message calls it: `table shop.orders`.
    pub name: String,
    /// The table that is to be locked first, with its schema, quoted.
    pub locked: Option<String>,
    /// `COPY … TO STDOUT`.
    pub copy_out: String,
    /// `COPY … FROM stdin;` with its line end.
    pub copy_in: Vec<u8>,
    /// The line after the rows.
    pub end: &'static str,
    /// Bytes on the source's disk, for the progress.
    pub bytes: u64,
}

impl Piece {
    pub(super) fn what(&self) -> String {
        format!("cannot read {}", self.name)
    }
}

/// Which tables are cut: those with which a worker would still be busy long after the others.
struct Shares {
    /// What each worker has to read so far.
    workers: Vec<u64>,
    /// A quarter more than each would have if all had the same.
    most: u64,
}

impl Shares {
    fn new(all: u64, jobs: usize) -> Self {
        let share = all / jobs as u64;
        Self { workers: vec![0; jobs], most: share + share / 4 }
    }

    /// Gives a table of this size to the worker that has least, if it can take all of it.
    fn whole(&mut self, bytes: u64) -> bool {
        let jobs = self.workers.len() as u64;
        let Some(least) = self.workers.iter_mut().min() else { return true };
        let whole = *least + bytes <= self.most;
        if whole {
            *least += bytes;
        } else {
            self.workers.iter_mut().for_each(|worker| *worker += bytes / jobs);
        }
        whole
    }
}

/// The pieces in the order of work: the largest tables first, so that no worker ends alone.
pub(super) fn split(
    snapshot: &Snapshot,
    mut tables: Vec<Stored>,
    writer: &Writer,
    jobs: usize,
) -> Vec<Piece> {
    let encoding = encoding(snapshot);
    let weight = |table: &Stored| if table.bytes < LARGE { 0 } else { table.bytes };
    tables.sort_by(|a, b| {
        let by_name = || (&a.schema, &a.name).cmp(&(&b.schema, &b.name));
        weight(b).cmp(&weight(a)).then_with(by_name)
    });
    let mut shares = Shares::new(tables.iter().map(|table| table.bytes).sum(), jobs);
    let mut pieces = Vec::new();
    for table in tables {
        let name = display_name(&table.schema, &table.name);
        let content = writer.content(name.clone());
        let quoted = format!("{}.{}", quote::ident(&table.schema), quote::ident(&table.name));
        let columns = column_list(&table.columns);
        let into = table.through.as_ref().map_or_else(
            || quoted.clone(),
            |root| format!("{}.{}", quote::ident(&root.schema), quote::ident(&root.name)),
        );
        let piece = |from: &str, bytes| Piece {
            part: Part::Data,
            content,
            name: format!("table {name}"),
            locked: Some(quoted.clone()),
            end: END,
            copy_out: format!("COPY {from} TO STDOUT{encoding}"),
            copy_in: format!("COPY {into}{columns} FROM stdin{encoding};\n").into_bytes(),
            bytes,
        };
        let blocks = table.bytes / snapshot.block_size;
        let step = (PIECE / snapshot.block_size).max(1);
        // Ranges of ctid are scanned as such from 14 on; before, each would read the whole table.
        let can_be_cut = snapshot.version >= 140_000 && table.storage == Storage::Heap;
        let small = blocks < 2 * step || table.columns.is_empty();
        if shares.whole(table.bytes) || small || !can_be_cut {
            pieces.push(piece(&format!("{quoted}{columns}"), table.bytes));
            continue;
        }
        let list: Vec<String> = table.columns.iter().map(|column| quote::ident(column)).collect();
        let list = list.join(", ");
        let mut start = 0;
        while start < blocks {
            let end = start + step;
            let mut select =
                format!("(SELECT {list} FROM ONLY {quoted} WHERE ctid >= '({start},0)'");
            // The last one is open: blocks may have been added since, before the snapshot's rows.
            if end < blocks {
                let _ = write!(select, " AND ctid < '({end},0)'");
            }
            select.push(')');
            pieces.push(piece(&select, (end.min(blocks) - start) * snapshot.block_size));
            start = end;
        }
    }
    pieces
}

/// The pages of large objects.
pub(super) fn large_objects(found: &LargeObjects, writer: &Writer) -> Vec<Piece> {
    if found.objects.is_empty() {
        return Vec::new();
    }
    let content = writer.content(large_object::NAME.to_owned());
    let piece = |piece: &large_object::Piece| Piece {
        part: Part::Data,
        content,
        name: large_object::NAME.to_owned(),
        locked: None,
        copy_out: found.access.copy_out(piece),
        copy_in: large_object::BEGIN.into(),
        end: large_object::END,
        bytes: piece.bytes(),
    };
    large_object::pieces(&found.objects).iter().map(piece).collect()
}

/// The rows that users have in tables of extensions, each table after those it refers to.
pub(super) fn configuration(
    snapshot: &Snapshot,
    tables: &[ConfigTable],
    writer: &Writer,
) -> Vec<Piece> {
    let encoding = encoding(snapshot);
    tables.iter().map(|table| config_piece(table, &encoding, writer)).collect()
}

/// The rows that a user has in an extension's table, as the extension itself tells them apart.
fn config_piece(table: &ConfigTable, encoding: &str, writer: &Writer) -> Piece {
    let quoted = table.qualified();
    let columns: Vec<String> = table.columns.iter().map(|column| quote::ident(column)).collect();
    let name = display_name(&table.schema, &table.name);
    Piece {
        part: Part::Configuration,
        content: writer.content(name.clone()),
        name: format!("table {name}"),
        locked: Some(quoted.clone()),
        end: END,
        copy_out: format!(
            "COPY (SELECT {} FROM ONLY {quoted} {}) TO STDOUT{encoding}",
            columns.join(", "),
            table.condition
        ),
        copy_in: format!("COPY {quoted}{} FROM stdin{encoding};\n", column_list(&table.columns))
            .into_bytes(),
        bytes: 0,
    }
}

/// Other encodings travel as they are: a conversion could fail or change something.
fn encoding(snapshot: &Snapshot) -> String {
    if snapshot.encoding == "UTF8" {
        String::new()
    } else {
        format!(" WITH (ENCODING {})", quote::literal(&snapshot.encoding))
    }
}

/// ` ("a", "b")`, or nothing for a table without columns: COPY knows no empty list.
fn column_list(columns: &[String]) -> String {
    if columns.is_empty() {
        return String::new();
    }
    let columns: Vec<String> = columns.iter().map(|column| quote::ident(column)).collect();
    format!(" ({})", columns.join(", "))
}

/// `schema.table` as people write it: quoted only where it must be.
fn display_name(schema: &str, name: &str) -> String {
    let simple = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    let show = |part: &str| if simple(part) { part.to_owned() } else { quote::ident(part) };
    format!("{}.{}", show(schema), show(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(jobs: usize, tables: &[u64]) -> Vec<bool> {
        let mut shares = Shares::new(tables.iter().sum(), jobs);
        tables.iter().map(|bytes| shares.whole(*bytes)).collect()
    }

    #[test]
    fn only_what_would_hold_up_the_end_is_cut() {
        assert_eq!(whole(1, &[900]), [true]);
        assert_eq!(whole(2, &[1300, 1100]), [true, true]);
        assert_eq!(whole(2, &[900]), [false]);
        assert_eq!(whole(2, &[1000, 1000, 1000]), [true, true, false]);
        assert_eq!(whole(4, &[9000, 100, 100, 100]), [false, true, true, true]);
    }
}
