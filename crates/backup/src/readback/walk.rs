//! Finds members in the stream of an artifact's bytes and sorts them by chunk.

use crate::codec::Codec;
use crate::manifest::Chunk;
use std::ops::Range;
use task::{Error, Result};

/// Handed to a worker at once, unless one member is longer: enough to make the hand-over cheap.
const BATCH: usize = 512 << 10;

/// Whole members that lie one behind the other.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// Where in the file it starts.
    pub(super) offset: u64,
    pub(super) bytes: Vec<u8>,
    pub(super) pieces: Vec<Piece>,
}

/// One member within a batch.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) chunk: usize,
    pub(super) range: Range<usize>,
}

#[derive(Debug)]
pub(super) struct Walk<'a> {
    codec: Codec,
    chunks: &'a [Chunk],
    /// The chunk of the next member.
    chunk: usize,
    batch: Batch,
    /// Where the member begins that is not whole yet, within the batch.
    start: usize,
    /// Its length, once known.
    length: Option<usize>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(codec: Codec, chunks: &'a [Chunk]) -> Self {
        Self { codec, chunks, chunk: 0, batch: Batch::default(), start: 0, length: None }
    }

    /// The place in the file where the next member begins.
    pub(super) fn at(&self) -> u64 {
        self.batch.offset + self.start as u64
    }

    /// Takes bytes until a batch is full, or all are taken and `None` comes back.
    pub(super) fn next(&mut self, bytes: &mut &[u8]) -> Result<Option<Batch>> {
        loop {
            if self.start >= BATCH {
                return Ok(Some(self.cut()));
            }
            if self.length.is_none() {
                self.length = self.measure()?;
            }
            match self.length {
                Some(length) if self.batch.bytes.len() - self.start >= length => {
                    self.batch
                        .pieces
                        .push(Piece { chunk: self.chunk, range: self.start..self.start + length });
                    self.start += length;
                    self.length = None;
                    if self.at() == self.chunks[self.chunk].offset + self.chunks[self.chunk].length
                    {
                        self.chunk += 1;
                    }
                }
                _ if bytes.is_empty() => {
                    // Work is not kept waiting for the next block.
                    return Ok((!self.batch.pieces.is_empty()).then(|| self.cut()));
                }
                length => {
                    // Up to the member's end; or as much as tells its length.
                    let have = self.batch.bytes.len() - self.start;
                    let need = length.map_or(1, |length| length - have).min(bytes.len());
                    let (taken, rest) = bytes.split_at(need);
                    self.batch.bytes.extend_from_slice(taken);
                    *bytes = rest;
                }
            }
        }
    }

    /// Refuses a file that ends within a member.
    pub(super) fn end(&self) -> Result<()> {
        if self.batch.bytes.len() > self.start || self.chunk < self.chunks.len() {
            return Err(Error::integrity("the file ends within a member"));
        }
        Ok(())
    }

    fn measure(&self) -> Result<Option<usize>> {
        let Some(chunk) = self.chunks.get(self.chunk) else { return Ok(None) };
        let left = chunk.offset + chunk.length - self.at();
        let length = if self.codec.framed() {
            let head = &self.batch.bytes[self.start..];
            if head.is_empty() {
                return Ok(None);
            }
            self.codec.member_length(head)?
        } else {
            // Without borders of its own, the member is the chunk.
            usize::try_from(left).ok()
        };
        if length.is_some_and(|length| length as u64 > left) {
            return Err(Error::integrity(format!(
                "a member goes beyond the end of its chunk at byte {}",
                chunk.offset + chunk.length
            )));
        }
        Ok(length)
    }

    /// Gives the whole members away and keeps what is left.
    fn cut(&mut self) -> Batch {
        let rest = self.batch.bytes.split_off(self.start);
        let next = Batch { offset: self.at(), bytes: rest, pieces: Vec::new() };
        self.start = 0;
        std::mem::replace(&mut self.batch, next)
    }
}
