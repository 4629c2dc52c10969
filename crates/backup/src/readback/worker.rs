//! What each thread does: decompress members and look at what they hold.

use super::sums::Found;
use super::walk::Batch;
use super::{BLOCK, Check};
use crate::codec::{Codec, Decompressor};
use crate::manifest::Chunk;
use std::sync::{Arc, Mutex, PoisonError};
use task::{Result, While};

/// A decompressor and its buffer, kept from batch to batch.
type Tools = (Decompressor, Vec<u8>);

/// What each worker's thread needs.
pub(super) struct Workers<C> {
    pub(super) codec: Codec,
    pub(super) check: Arc<C>,
    pub(super) chunks: Arc<[Chunk]>,
    pub(super) names: Arc<[String]>,
    pub(super) free: Arc<Mutex<Vec<Tools>>>,
    pub(super) location: Arc<str>,
}

impl<C> Clone for Workers<C> {
    fn clone(&self) -> Self {
        Self {
            codec: self.codec,
            check: Arc::clone(&self.check),
            chunks: Arc::clone(&self.chunks),
            names: Arc::clone(&self.names),
            free: Arc::clone(&self.free),
            location: Arc::clone(&self.location),
        }
    }
}

impl<C: Check> Workers<C> {
    pub(super) fn members(&self, batch: &Batch) -> Result<Vec<Found>> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let (mut decompressor, mut raw) = match free {
            Some(free) => free,
            None => (Decompressor::new(self.codec)?, Vec::new()),
        };
        let mut found: Vec<Found> = Vec::new();
        for piece in &batch.pieces {
            let chunk = &self.chunks[piece.chunk];
            let tally = decompressor
                .member(&batch.bytes[piece.range.clone()], chunk.raw, &mut raw)
                .and_then(|_| {
                    let place = |at: usize| batch.offset + at as u64;
                    let place = place(piece.range.start)..place(piece.range.end);
                    self.check.member(chunk, place, &raw)
                })
                .during(|| {
                    let name = chunk.content.and_then(|content| self.names.get(content));
                    format!(
                        "{} is damaged at byte {}, in part {}{}",
                        self.location,
                        batch.offset + piece.range.start as u64,
                        chunk.part,
                        name.map(|name| format!(", {name}")).unwrap_or_default()
                    )
                })?;
            let raw = raw.len() as u64;
            match found.last_mut().filter(|last| last.chunk == piece.chunk) {
                Some(last) => {
                    last.raw += raw;
                    last.tally.add(tally);
                }
                None => found.push(Found { chunk: piece.chunk, raw, tally }),
            }
        }
        // A member of a huge row must not leave its memory with every worker.
        raw.shrink_to(4 * BLOCK);
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push((decompressor, raw));
        Ok(found)
    }
}
