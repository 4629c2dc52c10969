//! Where a file has data and where it has holes: the map of GNU's sparse format 1.0, which lies
//! before the data in text.

use super::{BLOCK, padding};
use task::{Error, Result};

/// A map has no more parts than this: beyond, small holes count as data.
const MOST: usize = 8192;

/// Parts that hold data, in order, as offset and length; and the size of the whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Map {
    pub(crate) size: u64,
    pub(crate) parts: Vec<(u64, u64)>,
}

impl Map {
    /// Fewer parts, until they are few enough: the holes between that are smallest go.
    pub(crate) fn bounded(mut self) -> Self {
        let mut smallest = 4096;
        while self.parts.len() > MOST {
            smallest *= 2;
            let mut merged: Vec<(u64, u64)> = Vec::new();
            for (offset, length) in self.parts {
                match merged.last_mut() {
                    Some(last) if offset - (last.0 + last.1) < smallest => {
                        last.1 = offset + length - last.0;
                    }
                    _ => merged.push((offset, length)),
                }
            }
            self.parts = merged;
        }
        self
    }

    /// Bytes of all parts together.
    pub(crate) fn data(&self) -> u64 {
        self.parts.iter().map(|part| part.1).sum()
    }

    /// As it stands before the data, filled up to whole blocks.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut parts = self.parts.clone();
        // The end of the file is told by an empty part.
        if parts.last().is_none_or(|last| last.0 + last.1 < self.size) {
            parts.push((self.size, 0));
        }
        let mut text = format!("{}\n", parts.len());
        for (offset, length) in parts {
            text += &format!("{offset}\n{length}\n");
        }
        let mut bytes = text.into_bytes();
        bytes.resize(bytes.len() + padding(bytes.len() as u64), 0);
        bytes
    }

    /// The map that `bytes` begin with, and how many of them it takes; none while they are too few.
    pub(crate) fn decode(size: u64, bytes: &[u8]) -> Result<Option<(Self, usize)>> {
        let wrong = || Error::integrity("a sparse file has a damaged map");
        let mut at = 0;
        let mut number = || -> Result<Option<u64>> {
            let rest = &bytes[at..];
            let Some(end) = rest.iter().take(21).position(|byte| *byte == b'\n') else {
                return if rest.len() > 20 { Err(wrong()) } else { Ok(None) };
            };
            let text = std::str::from_utf8(&rest[..end]).map_err(|_| wrong())?;
            at += end + 1;
            text.parse().map(Some).map_err(|_| wrong())
        };
        let Some(count) = number()? else { return Ok(None) };
        if count > 2 * MOST as u64 {
            return Err(wrong());
        }
        let mut map = Self { size, parts: Vec::new() };
        let mut end = 0;
        for _ in 0..count {
            let (Some(offset), Some(length)) = (number()?, number()?) else { return Ok(None) };
            let next = offset.checked_add(length).filter(|next| *next <= size && offset >= end);
            end = next.ok_or_else(wrong)?;
            if length > 0 {
                map.parts.push((offset, length));
            }
        }
        let whole = at.next_multiple_of(BLOCK);
        Ok((whole <= bytes.len()).then_some((map, whole)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_comes_back_from_its_text() {
        for (size, parts) in [
            (0, vec![]),
            (1 << 32, vec![]),
            (4096, vec![(0, 4096)]),
            (1 << 40, vec![(4096, 100), (1 << 39, 8192)]),
            (1 << 40, (0..3000).map(|n| (n << 20, 4096)).collect()),
        ] {
            let map = Map { size, parts };
            let mut bytes = map.encode();
            assert!(bytes.len().is_multiple_of(BLOCK));
            let length = bytes.len();
            bytes.extend(b"data");
            assert_eq!(Map::decode(size, &bytes).unwrap(), Some((map, length)));
            assert_eq!(Map::decode(size, &bytes[..length - 1]).unwrap(), None);
        }
    }

    #[test]
    fn a_map_that_lies_is_damage() {
        for text in
            ["x\n", "1\n5\n9\n", "2\n4\n2\n3\n1\n", "99999999\n", "111111111111111111111111"]
        {
            let mut bytes = text.as_bytes().to_vec();
            bytes.resize(BLOCK, 0);
            assert!(Map::decode(10, &bytes).is_err(), "{text}");
        }
    }

    #[test]
    fn a_map_of_many_parts_is_cut_down_and_loses_no_data() {
        let map = Map { size: 1 << 40, parts: (0..100_000).map(|n| (n * 8192, 4096)).collect() };
        let bounded = map.clone().bounded();
        assert!(bounded.parts.len() <= MOST);
        assert!(bounded.data() >= map.data());
        let end = |map: &Map| map.parts.last().map(|part| part.0 + part.1);
        assert_eq!(end(&bounded), end(&map));
    }
}
