//! Cuts the rows into pieces of work: most tables whole, large ones by ranges of their primary key.

use crate::names::shown;
use crate::rows::Columns;
use crate::schema::{Rows, Table};
use backup::writer::Writer;
use mysql::quote::ident;
use mysql::{Client, explain};
use mysql_async::prelude::Queryable;
use task::Result;

/// How much of a table one piece reads: enough to make its statement's cost vanish.
const PIECE: u64 = 64 << 20;
/// Smaller tables stand in the order of their names, so that backups can be compared.
const LARGE: u64 = 16 << 20;

/// A table, or a range of its rows.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) table: String,
    pub(super) content: usize,
    /// With its WHERE; empty for all rows.
    pub(super) range: String,
    /// On the source's disk, for the progress.
    pub(super) bytes: u64,
    /// It may be cut.
    pub(super) whole: bool,
    /// Rows come in the order of the primary key without being sorted.
    pub(super) in_order: bool,
}

/// The tables in the order of work: the largest first, so that no worker ends alone.
pub(super) fn pieces(tables: &[Table], writer: &Writer) -> Vec<Piece> {
    let mut tables: Vec<&Table> = tables.iter().filter(|table| table.rows != Rows::None).collect();
    let weight = |table: &Table| if table.bytes < LARGE { 0 } else { table.bytes };
    tables.sort_by(|a, b| weight(b).cmp(&weight(a)).then_with(|| a.name.cmp(&b.name)));
    let piece = |table: &&Table| {
        let transactional = table.rows == Rows::Snapshot;
        Piece {
            content: writer.content(shown(&table.name)),
            table: table.name.clone(),
            range: String::new(),
            bytes: table.bytes,
            // One statement sees one state, where the engine knows no transactions.
            whole: transactional,
            in_order: transactional && !table.partitioned,
        }
    };
    tables.iter().map(piece).collect()
}

/// The ranges that a large table is read by; none where it is better read whole.
pub(super) async fn ranges(
    client: &mut Client,
    piece: &Piece,
    columns: &Columns,
) -> Result<Vec<Piece>> {
    let count = piece.bytes / PIECE;
    let Some(key) = columns.key.first().filter(|_| columns.by_number && piece.whole && count > 1)
    else {
        return Ok(Vec::new());
    };
    let (key, table) = (ident(key), ident(&piece.table));
    // As text: signed and unsigned 64-bit numbers alike.
    let ends: Option<(Option<String>, Option<String>)> = client
        .query_first(format!(
            "SELECT CAST(MIN({key}) AS CHAR), CAST(MAX({key}) AS CHAR) FROM {table}"
        ))
        .await
        .map_err(|error| {
            explain(error, format!("cannot read the table {}", shown(&piece.table)))
        })?;
    let number = |text: Option<String>| text?.parse::<i128>().ok();
    let Some((Some(first), Some(last))) = ends.map(|(first, last)| (number(first), number(last)))
    else {
        return Ok(Vec::new());
    };
    let step = (last - first) / i128::from(count) + 1;
    let cut = |at: u64| first + step * i128::from(at);
    let range = |at: u64| {
        let from = (at > 0).then(|| format!("{key} >= {}", cut(at)));
        let to = (at + 1 < count).then(|| format!("{key} < {}", cut(at + 1)));
        let range: Vec<String> = from.into_iter().chain(to).collect();
        Piece {
            range: format!(" WHERE {}", range.join(" AND ")),
            bytes: piece.bytes / count,
            whole: false,
            ..piece.clone()
        }
    };
    Ok((0..count).map(range).collect())
}
