//! Statements kept in little memory: those of many tables are much alike, so they lie compressed
//! until they are written.

use std::collections::VecDeque;
use task::{Context, Error, Result};

/// Text that is compressed at once.
const CHUNK: usize = 64 * 1024;
/// Chunks that a reader keeps unpacked: what is written together was mostly read together.
const UNPACKED: usize = 16;
/// Of zstd, the fastest.
const LEVEL: i32 = 1;

#[derive(Debug, Default)]
pub(crate) struct Shelf {
    packed: Vec<Packed>,
    /// Not packed yet.
    open: String,
    /// Where a chunk is packed: memory that grows and shrinks with each would end in holes.
    work: Vec<u8>,
}

#[derive(Debug)]
struct Packed {
    bytes: Box<[u8]>,
    length: usize,
}

/// Where a text lies.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Text {
    chunk: u32,
    start: u32,
    length: u32,
}

impl Shelf {
    pub(crate) fn put(&mut self, text: &str) -> Text {
        // No server sends a text of 4 GiB; if one did, reading it would say so.
        let small = |size: usize| u32::try_from(size).unwrap_or(u32::MAX);
        let place = Text {
            chunk: small(self.packed.len()),
            start: small(self.open.len()),
            length: small(text.len()),
        };
        self.open.push_str(text);
        // What cannot be packed for want of memory stays open.
        if self.open.len() >= CHUNK {
            let length = self.open.len();
            self.work.resize(zstd::zstd_safe::compress_bound(length), 0);
            if let Ok(size) =
                zstd::bulk::compress_to_buffer(self.open.as_bytes(), &mut self.work, LEVEL)
            {
                self.packed.push(Packed { bytes: self.work[..size].into(), length });
                self.open.clear();
            }
        }
        place
    }

    pub(crate) fn reader(&self) -> Reader<'_> {
        Reader { shelf: self, unpacked: VecDeque::new() }
    }
}

pub(crate) struct Reader<'a> {
    shelf: &'a Shelf,
    /// The one used last is the first.
    unpacked: VecDeque<(u32, String)>,
}

impl Reader<'_> {
    pub(crate) fn text(&mut self, text: Text) -> Result<&str> {
        let chunk = match self.shelf.packed.get(text.chunk as usize) {
            Some(packed) => self.unpack(text.chunk, packed)?,
            None => &self.shelf.open,
        };
        let (start, length) = (text.start as usize, text.length as usize);
        let found = chunk.get(start..start + length);
        found.ok_or_else(|| Error::failed("cannot find a statement again"))
    }

    fn unpack(&mut self, number: u32, packed: &Packed) -> Result<&str> {
        let known = self.unpacked.iter().position(|chunk| chunk.0 == number);
        let chunk = if let Some(chunk) = known.and_then(|index| self.unpacked.remove(index)) {
            chunk
        } else {
            self.unpacked.truncate(UNPACKED - 1);
            let cannot = || "cannot unpack statements".to_owned();
            let bytes = zstd::bulk::decompress(&packed.bytes, packed.length).failed(cannot)?;
            (number, String::from_utf8(bytes).failed(cannot)?)
        };
        self.unpacked.push_front(chunk);
        Ok(self.unpacked.front().map_or("", |chunk| &chunk.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_can_be_read_in_any_order() {
        let mut shelf = Shelf::default();
        let text = |n: usize| format!("CREATE TABLE t{n} ();\n").repeat(n % 90);
        let places: Vec<Text> = (0..5000).map(|n| shelf.put(&text(n))).collect();
        let long = "x".repeat(5 * CHUNK);
        let place = shelf.put(&long);
        let last = shelf.put("last");
        let mut reader = shelf.reader();
        assert_eq!(reader.text(place).unwrap(), long);
        assert_eq!(reader.text(last).unwrap(), "last");
        for step in [1, 7, 1999] {
            for index in (0..5000).map(|n| n * step % 5000) {
                assert_eq!(reader.text(places[index]).unwrap(), text(index));
            }
        }
        let size: usize = shelf.packed.iter().map(|packed| packed.bytes.len()).sum();
        assert!(size < 500_000, "{size} bytes of 5 million are not packed");
    }
}
