//! A file that is read in pieces, several at a time: one that is large, or has holes.

use crate::attributes::Attributer;
use crate::batch::{line, read_at, same};
use crate::entry::{Entry, shown};
use crate::tar::{Map, Writer, padding};
use crate::walk::{Trouble, ctime};
use rustix::fs::{FileType, Stat, fstat};
use rustix::io::Errno;
use std::os::fd::{AsFd, OwnedFd};
use xxhash_rust::xxh3::{Xxh3Default, xxh3_128};

/// So much of what is stored goes into one member.
pub(crate) const PIECE: u64 = 1 << 20;

pub(crate) struct Large {
    pub(crate) group: usize,
    entry: Entry,
    stat: Stat,
    file: OwnedFd,
    map: Option<Map>,
    /// The map as it is stored, before the data.
    encoded: Vec<u8>,
    /// Bytes of content in the archive.
    stored: u64,
}

/// The hash of a content that lies in several members: that of their hashes.
#[derive(Default)]
pub(crate) struct Hashes(Xxh3Default);

pub(crate) struct Piece {
    pub(crate) bytes: Vec<u8>,
    pub(crate) hash: u128,
    pub(crate) trouble: Option<Trouble>,
}

impl Hashes {
    pub(crate) fn add(&mut self, piece: u128) {
        self.0.update(&piece.to_le_bytes());
    }

    pub(crate) fn finish(&self) -> u128 {
        self.0.digest128()
    }
}

impl Large {
    pub(crate) fn new(
        entry: Entry,
        stat: &Stat,
        file: OwnedFd,
        map: Option<Map>,
        group: usize,
    ) -> Self {
        let encoded = map.as_ref().map(Map::encode).unwrap_or_default();
        let data = map.as_ref().map_or(entry.size, Map::data);
        let stored = data + encoded.len() as u64;
        Self { group, entry, stat: *stat, file, map, encoded, stored }
    }

    pub(crate) fn pieces(&self) -> u64 {
        self.stored.div_ceil(PIECE)
    }

    pub(crate) fn size(&self) -> u64 {
        self.entry.size
    }

    /// Reads the attributes and makes the header.
    pub(crate) fn head(&mut self, tool: &mut Attributer) -> Result<Vec<u8>, Trouble> {
        let attributes = fstat(&self.file).and_then(|stat| {
            if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
                return Err(Errno::LOOP);
            }
            tool.of(self.file.as_fd())
        });
        match attributes {
            Ok(attributes) => self.entry.attributes = attributes,
            Err(cause) => {
                return Err(Trouble::Unreadable(format!("{}: {cause}", shown(&self.entry.path))));
            }
        }
        let mut head = Vec::new();
        Writer(&mut head).entry(&self.entry, self.stored, self.map.as_ref());
        Ok(head)
    }

    /// One piece of what is stored; the last is filled up to a whole block, and the hash is of that.
    pub(crate) fn piece(&self, number: u64, mut bytes: Vec<u8>) -> Piece {
        let start = number * PIECE;
        let length = PIECE.min(self.stored - start);
        bytes.clear();
        let mut trouble = None;
        let mut at = start;
        let end = start + length;
        while at < end {
            let (from, most) = match self.place(at) {
                Place::Map(from) => {
                    let taken = &self.encoded[from..];
                    let taken = &taken[..taken.len().min(to_usize(end - at))];
                    bytes.extend_from_slice(taken);
                    at += taken.len() as u64;
                    continue;
                }
                Place::File(from, most) => (from, most.min(end - at)),
            };
            let filled = bytes.len();
            bytes.resize(filled + to_usize(most), 0);
            let path = || shown(&self.entry.path);
            match read_at(&self.file, &mut bytes[filled..], from) {
                Ok(count) if count as u64 == most => {}
                Ok(_) => {
                    let why = format!(
                        "{}: it shrank while it was read, and was filled up with zeros",
                        path()
                    );
                    trouble = Some(Trouble::Changed(why));
                }
                Err(cause) => {
                    bytes[filled..].fill(0);
                    let why =
                        format!("{}: {cause} at byte {from}: zeros stand in its place", path());
                    trouble = Some(Trouble::Unreadable(why));
                }
            }
            at += most;
        }
        if end == self.stored {
            bytes.resize(bytes.len() + padding(self.stored), 0);
            if trouble.is_none() && !fstat(&self.file).is_ok_and(|now| same(&self.stat, &now)) {
                let path = shown(&self.entry.path);
                trouble = Some(Trouble::Changed(format!("{path}: it changed while it was read")));
            }
        }
        Piece { hash: xxh3_128(&bytes), bytes, trouble }
    }

    /// Its line in the index.
    pub(crate) fn line(&self, hash: u128) -> Vec<u8> {
        let mut lines = Vec::new();
        line(&self.entry, ctime(&self.stat), self.stat.st_ino, Some(hash), &mut lines);
        lines
    }

    /// Where the stored byte `at` comes from.
    fn place(&self, at: u64) -> Place {
        let head = self.encoded.len() as u64;
        if at < head {
            return Place::Map(to_usize(at));
        }
        let Some(map) = &self.map else { return Place::File(at, u64::MAX) };
        let mut left = at - head;
        for (offset, length) in &map.parts {
            if left < *length {
                return Place::File(offset + left, length - left);
            }
            left -= length;
        }
        Place::File(map.size, u64::MAX)
    }
}

enum Place {
    /// This byte of the map.
    Map(usize),
    /// This byte of the file, and so many after it.
    File(u64, u64),
}

fn to_usize(length: u64) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}
