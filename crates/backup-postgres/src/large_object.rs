//! The data of large objects: as pages out of a server, as lines in the file, and back in by
//! functions that any owner may call.
//!
//! A line is a page: `OID OFFSET HEX`. Every object has a line for its last page, which alone says
//! how long the object is; of the others, zeros at the end and pages of zeros are left out. So the
//! lines depend on the content alone, not on how a server happens to hold it, and can be counted
//! and hashed as rows are: in the source, in the file, and in what was restored.

use backup::manifest::{Content, Tally};
use std::fmt::Write;

/// What the manifest calls them, all together.
pub(crate) const NAME: &str = "large objects";

/// Around the lines. One statement, so that thousands of small objects are few round trips.
pub(crate) const BEGIN: &str = "SELECT pg_catalog.count(pg_catalog.lo_put(\
    pg_catalog.split_part(page, ' ', 1)::pg_catalog.oid, \
    pg_catalog.split_part(page, ' ', 2)::pg_catalog.int8, \
    pg_catalog.decode(pg_catalog.split_part(page, ' ', 3), 'hex'))) \
    FROM pg_catalog.unnest(pg_catalog.string_to_array('\n";
pub(crate) const END: &str = "', pg_catalog.chr(10))) AS page WHERE page <> '';\n";

/// Bytes of a page, as servers with blocks of the usual size hold them.
const PAGE: u64 = 2048;
const USUAL_BLOCK: u64 = 4 * PAGE;

/// Of a piece of work: what one statement reads.
const PIECE: u64 = 64 * 1024 * 1024;
const OBJECTS: usize = 10_000;

#[derive(Clone, Copy, Debug)]
pub(crate) struct LargeObject {
    pub(crate) oid: u32,
    pub(crate) size: u64,
}

/// The way to the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// From the catalog, which few may read.
    Catalog,
    /// By functions, which anybody may call who may read the object.
    Functions,
}

/// Some objects whole, or some pages of one.
#[derive(Debug)]
pub(crate) struct Piece<'a> {
    objects: &'a [LargeObject],
    from: u64,
    to: u64,
}

impl Access {
    /// A query column: whether the catalog can be read.
    pub(crate) const MAY_READ: &str =
        "pg_catalog.has_table_privilege('pg_catalog.pg_largeobject', 'SELECT')";

    pub(crate) fn new(may_read: bool, block_size: u64) -> Self {
        if may_read && block_size == USUAL_BLOCK { Self::Catalog } else { Self::Functions }
    }

    /// An expression: the length of the object `m.oid`.
    pub(crate) fn size(self) -> String {
        match self {
            Self::Catalog => format!(
                "coalesce((SELECT pageno::int8 * {PAGE} + octet_length(data)
                 FROM pg_catalog.pg_largeobject WHERE loid = m.oid
                 ORDER BY pageno DESC LIMIT 1), 0)"
            ),
            // Opened to be read, then closed: a transaction has not many descriptors.
            Self::Functions => {
                "(SELECT size FROM (SELECT pg_catalog.lo_open(m.oid, 262144) AS fd) o
                 CROSS JOIN LATERAL (SELECT pg_catalog.lo_lseek64(fd, 0, 2) AS size) s
                 CROSS JOIN LATERAL (SELECT pg_catalog.lo_close(fd) + 0 * size AS closed) c
                 WHERE closed = 0)"
                    .to_owned()
            }
        }
    }

    /// `COPY … TO STDOUT` of a piece's lines.
    pub(crate) fn copy_out(self, piece: &Piece) -> String {
        let list = |number: &dyn Fn(&LargeObject) -> u64| {
            piece.objects.iter().fold(String::new(), |mut list, object| {
                let comma = if list.is_empty() { "" } else { "," };
                let _ = write!(list, "{comma}{}", number(object));
                list
            })
        };
        let oids = list(&|object| u64::from(object.oid));
        let sizes = list(&|object| object.size);
        let Piece { from, to, .. } = piece;
        let pages = match self {
            Self::Catalog => format!(
                "(SELECT pageno::int8 AS page, data FROM pg_catalog.pg_largeobject
                  WHERE loid = oid AND pageno >= {from} AND pageno < least({to}, last)
                  ORDER BY pageno)
                 UNION ALL SELECT last, coalesce((SELECT data FROM pg_catalog.pg_largeobject
                    WHERE loid = oid AND pageno = last), '')
                 WHERE last >= {from} AND last < {to}"
            ),
            Self::Functions => format!(
                "SELECT page, pg_catalog.lo_get(oid, page * {PAGE}, {PAGE}) AS data
                 FROM pg_catalog.generate_series({from}, least({to} - 1, last)) AS page"
            ),
        };
        // What is trimmed on both sides begins with something that is none of it.
        format!(
            "COPY (SELECT oid, page * {PAGE}, encode(CASE WHEN page = last
                THEN data || decode(repeat('00', (size - last * {PAGE})::int4 - octet_length(data)), 'hex')
                ELSE trimmed END, 'hex')
             FROM unnest('{{{oids}}}'::oid[], '{{{sizes}}}'::int8[]) AS o (oid, size)
             CROSS JOIN LATERAL (SELECT greatest(size - 1, 0) / {PAGE} AS last) AS l
             CROSS JOIN LATERAL ({pages}) AS p
             CROSS JOIN LATERAL (SELECT substring(btrim('\\x01'::bytea || data, '\\x00'::bytea) FROM 2)
                AS trimmed OFFSET 0) AS t
             WHERE page = last OR octet_length(trimmed) > 0) TO STDOUT WITH (DELIMITER ' ')"
        )
    }
}

impl Piece<'_> {
    pub(crate) fn bytes(&self) -> u64 {
        let size: u64 = self.objects.iter().map(|object| object.size).sum();
        size.min(self.to * PAGE).saturating_sub(self.from * PAGE)
    }
}

/// Small objects many at once, large ones by ranges of pages.
pub(crate) fn pieces(objects: &[LargeObject]) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = objects;
    while let Some(first) = rest.first() {
        let mut bytes = 0;
        let fits = |object: &&LargeObject| {
            bytes += object.size;
            bytes <= PIECE
        };
        let many = rest.iter().take(OBJECTS).take_while(fits).count();
        let (now, later) = rest.split_at(many.max(1));
        rest = later;
        let pages = if many == 0 { first.size.div_ceil(PAGE) } else { u64::from(u32::MAX) };
        let step = if many == 0 { PIECE / PAGE } else { pages };
        let mut from = 0;
        while from < pages {
            pieces.push(Piece { objects: now, from, to: from + step });
            from += step;
        }
    }
    pieces
}

/// How many tables and rows there are: large objects are neither.
pub(crate) fn tables_and_rows(contents: &[Content]) -> (u64, u64) {
    let tables = contents.iter().filter(|content| content.name != NAME);
    tables.fold((0, 0), |(tables, rows), table| (tables + 1, rows + table.tally.rows))
}

/// Counts the lines of a statement; none if it is no such statement.
pub(crate) fn tally(statement: &[u8]) -> Option<Tally> {
    let lines = statement.strip_prefix(BEGIN.as_bytes())?;
    let end = END.trim_end().as_bytes();
    let lines = lines.strip_suffix(b"\n").unwrap_or(lines).strip_suffix(end)?;
    let mut tally = Tally::default();
    for line in lines.strip_suffix(b"\n")?.split(|byte| *byte == b'\n') {
        tally.row(line);
    }
    Some(tally)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_counted_with_and_without_its_line_end() {
        let text = format!("{BEGIN}1 0 00ff\n2 0 \n{END}");
        let mut wanted = Tally::default();
        wanted.row(b"1 0 00ff");
        wanted.row(b"2 0 ");
        assert_eq!(tally(text.as_bytes()), Some(wanted));
        assert_eq!(tally(text.trim_end().as_bytes()), Some(wanted));
        for other in ["SELECT 1;", BEGIN, &text[..text.len() - 9], &text[1..]] {
            assert_eq!(tally(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn pieces_hold_every_page_once() {
        let object = |oid, size| LargeObject { oid, size };
        let small = [object(1, 0), object(2, 5), object(3, PIECE - 6)];
        let pieces_of = |objects: &[LargeObject]| -> Vec<(Vec<u32>, u64, u64)> {
            let oids = |piece: &Piece| piece.objects.iter().map(|object| object.oid).collect();
            pieces(objects).iter().map(|piece| (oids(piece), piece.from, piece.to)).collect()
        };
        assert_eq!(pieces_of(&small), [(vec![1, 2, 3], 0, u64::from(u32::MAX))]);
        let large = [object(1, 1), object(2, 2 * PIECE + 1), object(3, 1)];
        let step = PIECE / PAGE;
        assert_eq!(
            pieces_of(&large),
            [
                (vec![1], 0, u64::from(u32::MAX)),
                (vec![2], 0, step),
                (vec![2], step, 2 * step),
                (vec![2], 2 * step, 3 * step),
                (vec![3], 0, u64::from(u32::MAX)),
            ]
        );
        assert_eq!(pieces(&large).iter().map(Piece::bytes).sum::<u64>(), 2 * PIECE + 3);
    }
}
