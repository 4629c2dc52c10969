//! What "the content parses" means for a dump: statements end, rows are counted and summed again.

use crate::script::statements;
use backup::manifest::{Chunk, Tally};
use task::{Error, Result};

/// The part of the rows.
const DATA: &str = "data";

/// Checks one decompressed member and tells which rows it holds.
pub(crate) fn check(chunk: &Chunk, member: &[u8]) -> Result<Tally> {
    let mut tally = Tally::default();
    for statement in statements::split(member) {
        match (statement?.rows, chunk.part == DATA) {
            (Some(rows), true) => tally.add(rows),
            (None, false) => {}
            (Some(_), false) => return Err(Error::integrity("rows where there should be none")),
            (None, true) => {
                return Err(Error::integrity("a statement among rows that is no INSERT"));
            }
        }
    }
    Ok(tally)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(part: &str) -> Chunk {
        Chunk { offset: 0, length: 1, raw: 1, part: part.to_owned(), content: None, rows: 0 }
    }

    #[test]
    fn rows_are_where_they_should_be() {
        let rows = b"INSERT INTO `a` (`b`) VALUES\n(1),\n(2);\n";
        assert_eq!(check(&chunk("data"), rows).unwrap().rows, 2);
        assert!(check(&chunk("views"), rows).is_err());
        assert!(check(&chunk("data"), b"CREATE TABLE a (b int);\n").is_err());
        assert!(check(&chunk("data"), b"INSERT INTO `a` (`b`) VALUES\n(1),\n(2)\n").is_err());
        assert_eq!(
            check(&chunk("views"), b"CREATE VIEW v AS SELECT 1;\n").unwrap(),
            Tally::default()
        );
    }
}
