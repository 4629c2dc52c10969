//! What "the content parses" means for a dump: statements end, rows are counted and summed again.

use crate::large_object;
use crate::object::Part;
use crate::script::statements;
use backup::manifest::{Chunk, Tally};
use task::{Error, Result};

/// Checks one decompressed member and tells which rows it holds.
pub(crate) fn check(chunk: &Chunk, member: &[u8]) -> Result<Tally> {
    if [Part::Data.name(), Part::Configuration.name()].contains(&chunk.part.as_str()) {
        return large_object::tally(member).map_or_else(|| rows(member), Ok);
    }
    for statement in statements::split(member) {
        statement?;
    }
    Ok(Tally::default())
}

/// `COPY … FROM stdin;`, rows, `\.`: nothing else is in a member of the data part, unless it is of
/// large objects.
fn rows(member: &[u8]) -> Result<Tally> {
    let mut tally = Tally::default();
    let header = statements::first(member, true)?;
    let rest = header.and_then(|statement| member[statement.end..].strip_prefix(b"\n"));
    let mut rest = rest.ok_or_else(|| Error::integrity("rows without a COPY before them"))?;
    loop {
        let Some(end) = memchr::memchr(b'\n', rest) else {
            return Err(Error::integrity("rows without an end"));
        };
        let (line, next) = (&rest[..end], &rest[end + 1..]);
        if line == b"\\." {
            break if next.is_empty() {
                Ok(tally)
            } else {
                Err(Error::integrity("rows go on behind their end"))
            };
        }
        tally.row(line);
        rest = next;
    }
}
