//! The list of chunks, kept short however large the file grows.

use super::gather::Run;
use crate::codec::Codec;
use crate::manifest::Chunk;

/// A chunk is read, checked and restored at once by one worker.
const LENGTH: u64 = 4 << 20;
/// Beyond this many, chunks become longer instead of more.
const MOST: usize = 16_384;

#[derive(Debug)]
pub(super) struct Chunks {
    list: Vec<Item>,
    length: u64,
    /// When to merge next: later than `MOST` where neighbours could not be merged.
    limit: usize,
    /// Where members have no borders of their own, a chunk is one member.
    merging: bool,
}

#[derive(Clone, Copy, Debug)]
struct Item {
    length: u64,
    raw: u64,
    rows: u64,
    part: &'static str,
    content: Option<usize>,
}

impl Chunks {
    pub(super) fn new(codec: Codec) -> Self {
        Self { list: Vec::new(), length: LENGTH, limit: MOST, merging: codec.framed() }
    }

    pub(super) fn add(&mut self, run: &Run) {
        self.push(Item {
            length: run.length,
            raw: run.raw,
            rows: run.rows,
            part: run.part,
            content: run.content,
        });
        if self.merging && self.list.len() > self.limit {
            self.length *= 2;
            for item in std::mem::take(&mut self.list) {
                self.push(item);
            }
            self.limit = MOST.max(self.list.len() * 2);
        }
    }

    pub(super) fn finish(self) -> Vec<Chunk> {
        let mut offset = 0;
        self.list
            .into_iter()
            .map(|item| {
                let chunk = Chunk {
                    offset,
                    length: item.length,
                    raw: item.raw,
                    part: item.part.to_owned(),
                    content: item.content,
                    rows: item.rows,
                };
                offset += item.length;
                chunk
            })
            .collect()
    }

    fn push(&mut self, item: Item) {
        if let Some(last) = self.list.last_mut()
            && self.merging
            && (last.part, last.content) == (item.part, item.content)
            && last.length + item.length <= self.length
        {
            last.length += item.length;
            last.raw += item.raw;
            last.rows += item.rows;
        } else {
            self.list.push(item);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(chunks: &mut Chunks, content: usize, length: u64) {
        chunks.add(&Run {
            part: "data",
            content: Some(content),
            raw: 10,
            rows: 1,
            length,
            members: Vec::new(),
        });
    }

    #[test]
    fn neighbours_are_one_chunk_up_to_a_length() {
        let mut chunks = Chunks::new(Codec::Gzip(6));
        for content in [0, 0, 0, 1, 0] {
            add(&mut chunks, content, 3 << 19);
        }
        let found: Vec<_> = chunks
            .finish()
            .iter()
            .map(|c| (c.content, c.offset >> 19, c.length >> 19, c.rows))
            .collect();
        assert_eq!(
            found,
            [(Some(0), 0, 6, 2), (Some(0), 6, 3, 1), (Some(1), 9, 3, 1), (Some(0), 12, 3, 1)]
        );
    }

    #[test]
    fn many_chunks_become_longer_ones_and_nothing_is_lost() {
        let mut chunks = Chunks::new(Codec::Gzip(6));
        chunks.length = 8;
        for _ in 0..200_000 {
            add(&mut chunks, 0, 5);
        }
        let list = chunks.finish();
        assert!(list.len() <= MOST, "{}", list.len());
        assert_eq!(crate::manifest::tiled(&list, 1).unwrap(), (1_000_000, 2_000_000));
        assert_eq!(list.iter().map(|chunk| chunk.rows).sum::<u64>(), 200_000);
    }

    #[test]
    fn chunks_that_cannot_be_merged_are_not_tried_again_for_each_member() {
        let mut chunks = Chunks::new(Codec::Gzip(6));
        for member in 0..100_000 {
            add(&mut chunks, member, 1);
        }
        assert!(chunks.length <= LENGTH * 16);
        assert_eq!(chunks.finish().len(), 100_000);
    }

    #[test]
    fn without_a_codec_each_member_is_a_chunk() {
        let mut chunks = Chunks::new(Codec::None);
        add(&mut chunks, 0, 1);
        add(&mut chunks, 0, 1);
        assert_eq!(chunks.finish().len(), 2);
    }
}
