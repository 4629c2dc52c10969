//! The members of an archive, one after the other, each with the part it belongs to.

use backup::manifest::Chunk;
use backup::source::{Pieces, Source};
use bytes::Bytes;
use std::collections::VecDeque;
use task::{Error, Progress, Result};

pub(super) struct Members {
    pieces: Pieces,
    chunks: VecDeque<Chunk>,
    file: String,
}

impl Members {
    pub(super) fn open(source: &Source, progress: Progress) -> Self {
        let chunks = source.manifest().chunks.clone();
        let file = source.manifest().artifact.file.clone();
        Self { pieces: source.open(chunks.clone(), Some(progress)), chunks: chunks.into(), file }
    }

    /// On a thread where waiting does no harm; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<(String, Bytes)>> {
        let Some(piece) = self.pieces.blocking_recv().transpose()? else { return Ok(None) };
        while self.chunks.front().is_some_and(|chunk| chunk.raw == 0) {
            self.chunks.pop_front();
        }
        let size = piece.len() as u64;
        match self.chunks.front_mut().filter(|chunk| chunk.raw >= size) {
            Some(chunk) => {
                chunk.raw -= size;
                Ok(Some((chunk.part.clone(), piece)))
            }
            None => {
                Err(Error::integrity(format!("{} holds more than its manifest says", self.file)))
            }
        }
    }
}
