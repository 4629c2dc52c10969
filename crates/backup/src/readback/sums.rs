//! Adds up what was found and compares it with what should be.

use crate::manifest::{Chunk, Content, Tally};
use task::{Error, Result};

/// What was found in some members of one chunk.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) chunk: usize,
    pub(super) raw: u64,
    pub(super) tally: Tally,
}

/// What was found in all, against what should be.
pub(super) struct Sums<'a> {
    wanted: (&'a [Content], &'a [Chunk]),
    /// Raw bytes and rows of each chunk.
    chunks: Vec<(u64, u64)>,
    contents: Vec<Tally>,
}

impl<'a> Sums<'a> {
    pub(super) fn new(contents: &'a [Content], chunks: &'a [Chunk]) -> Self {
        Self {
            wanted: (contents, chunks),
            chunks: vec![(0, 0); chunks.len()],
            contents: vec![Tally::default(); contents.len()],
        }
    }

    pub(super) fn add(&mut self, found: Vec<Found>) {
        for Found { chunk, raw, tally } in found {
            self.chunks[chunk].0 += raw;
            self.chunks[chunk].1 += tally.rows;
            if let Some(content) = self.wanted.1[chunk].content {
                self.contents[content].add(tally);
            }
        }
    }

    pub(super) fn compare(&self, location: &str) -> Result<()> {
        for (content, found) in self.wanted.0.iter().zip(&self.contents) {
            let wanted = &content.tally;
            if found != wanted {
                return Err(Error::integrity(format!(
                    "{location} holds {} rows, {} bytes, checksum {:016x} of {}, where {} rows, {} \
                     bytes, checksum {:016x} were written",
                    found.rows,
                    found.bytes,
                    found.checksum,
                    content.name,
                    wanted.rows,
                    wanted.bytes,
                    wanted.checksum
                )));
            }
        }
        for (chunk, found) in self.wanted.1.iter().zip(&self.chunks) {
            if (chunk.raw, chunk.rows) != *found {
                return Err(Error::integrity(format!(
                    "the chunk of {location} at byte {} holds {} bytes and {} rows, where {} and {} \
                     were written",
                    chunk.offset, found.0, found.1, chunk.raw, chunk.rows
                )));
            }
        }
        Ok(())
    }
}
