//! How an artifact is compressed: as members that are compressed and read independently.
//!
//! Every member says how long it is, so that a reader finds the next without decompressing, and
//! any stock tool reads the members in a row as one stream:
//! - gzip: an extra field (RFC 1952, 2.3.1.1) named `NS` holds the member's length, as BGZF does;
//! - zstd: a skippable frame before each frame holds the frame's length, as pzstd does.

mod effort;
mod gzip;
mod zstandard;

pub(crate) use effort::{Effort, Efforts};

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use task::{Error, Result};

/// No more than this comes out of one member, whatever its header says: a row of a database can
/// have 1 GiB, and a member holds whole rows.
const LARGEST: u64 = 2 << 30;

/// A codec and its level; as text `gzip:6`, `zstd:3` or `none`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Codec {
    Gzip(u8),
    Zstd(u8),
    None,
}

impl Default for Codec {
    fn default() -> Self {
        Self::Gzip(6)
    }
}

impl Codec {
    /// What a file name ends in.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Gzip(_) => "gz",
            Self::Zstd(_) => "zst",
            Self::None => "",
        }
    }

    /// Whether a reader finds the borders of members in the bytes alone.
    pub(crate) fn framed(self) -> bool {
        self != Self::None
    }

    /// The length of the member that `bytes` start with; `None` when they are too few to tell.
    pub fn member_length(self, bytes: &[u8]) -> Result<Option<usize>> {
        match self {
            Self::Gzip(_) => gzip::length(bytes),
            Self::Zstd(_) => zstandard::length(bytes),
            Self::None => Ok((!bytes.is_empty()).then_some(bytes.len())),
        }
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gzip(level) => write!(f, "gzip:{level}"),
            Self::Zstd(level) => write!(f, "zstd:{level}"),
            Self::None => f.write_str("none"),
        }
    }
}

impl FromStr for Codec {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (name, level) = match text.split_once(':') {
            Some((name, level)) => (name, Some(level)),
            None => (text, None),
        };
        // "+6" and "06" would parse, but not come out as they went in.
        let level = match level.map(|level| (level, level.parse::<u8>())) {
            None => None,
            Some((text, Ok(level))) if level.to_string() == text => Some(level),
            Some(_) => Some(0),
        };
        match (name, level) {
            ("gzip", None) => Ok(Self::Gzip(6)),
            ("gzip", Some(level @ 1..=9)) => Ok(Self::Gzip(level)),
            ("zstd", None) => Ok(Self::Zstd(3)),
            ("zstd", Some(level @ 1..=19)) => Ok(Self::Zstd(level)),
            ("none", None) => Ok(Self::None),
            _ => Err(Error::usage(format!(
                "{text:?} is no compression: use gzip:1 to gzip:9, zstd:1 to zstd:19, or none"
            ))),
        }
    }
}

impl TryFrom<String> for Codec {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Codec> for String {
    fn from(codec: Codec) -> Self {
        codec.to_string()
    }
}

/// Kept by each compressor; a member of one huge row needs more for a moment.
const KEPT: usize = 4 << 20;

/// Makes members. One for each worker, kept: it holds hundreds of kilobytes of tables.
pub struct Compressor {
    how: Compress,
    /// Where the compressed bytes go before their number is known.
    room: Vec<u8>,
}

enum Compress {
    Gzip(gzip::Compressor),
    Zstd(zstandard::Compressor),
    None,
}

impl Compressor {
    pub fn new(codec: Codec) -> Result<Self> {
        let how = match codec {
            Codec::Gzip(level) => Compress::Gzip(gzip::Compressor::new(level)?),
            Codec::Zstd(level) => Compress::Zstd(zstandard::Compressor::new(level)?),
            Codec::None => Compress::None,
        };
        Ok(Self { how, room: Vec::new() })
    }

    /// Appends one member that holds `raw`.
    pub fn compress(&mut self, raw: &[u8], to: &mut Vec<u8>) -> Result<()> {
        self.compress_with(&Effort::FULL, raw, to)
    }

    /// Appends one member of many whose size matters together, not each by itself.
    pub(crate) fn compress_with(
        &mut self,
        effort: &Effort,
        raw: &[u8],
        to: &mut Vec<u8>,
    ) -> Result<()> {
        if raw.len() as u64 > LARGEST {
            return Err(Error::usage(format!(
                "{} bytes are more than one member can hold: {LARGEST}",
                raw.len()
            )));
        }
        match &mut self.how {
            Compress::Gzip(gzip) => gzip.compress(effort, raw, &mut self.room, to)?,
            Compress::Zstd(zstd) => zstd.compress(raw, &mut self.room, to)?,
            Compress::None => to.extend_from_slice(raw),
        }
        self.room.truncate(KEPT);
        self.room.shrink_to(KEPT);
        Ok(())
    }
}

/// At least `length` bytes to write into: what was there before need not be wiped.
fn at_least(room: &mut Vec<u8>, length: usize) -> &mut [u8] {
    if room.len() < length {
        room.resize(length, 0);
    }
    room
}

/// Takes members apart. One for each worker, kept.
pub struct Decompressor(Decompress);

enum Decompress {
    Gzip(gzip::Decompressor),
    Zstd(zstandard::Decompressor),
    None,
}

impl Decompressor {
    pub fn new(codec: Codec) -> Result<Self> {
        Ok(Self(match codec {
            Codec::Gzip(_) => Decompress::Gzip(gzip::Decompressor::new()),
            Codec::Zstd(_) => Decompress::Zstd(zstandard::Decompressor::new()?),
            Codec::None => Decompress::None,
        }))
    }

    /// Puts what the first member of `bytes` holds into `raw`, in place of what was there, and
    /// returns the member's length. More than `most` bytes are refused before memory is taken.
    pub fn member(&mut self, bytes: &[u8], most: u64, raw: &mut Vec<u8>) -> Result<usize> {
        let most = most.min(LARGEST);
        match &mut self.0 {
            Decompress::Gzip(gzip) => gzip.member(bytes, most, raw),
            Decompress::Zstd(zstd) => zstd.member(bytes, most, raw),
            Decompress::None => {
                raw.clear();
                raw.extend_from_slice(bytes);
                Ok(bytes.len())
            }
        }
    }

    /// All members of `bytes` in turn: `raw` holds one at a time.
    pub fn members(
        &mut self,
        mut bytes: &[u8],
        raw: &mut Vec<u8>,
        mut each: impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        while !bytes.is_empty() {
            let length = self.member(bytes, LARGEST, raw)?;
            each(raw)?;
            bytes = &bytes[length..];
        }
        Ok(())
    }
}

/// The bytes of a member whose length is known: cut short, it is damaged.
fn whole(bytes: &[u8], length: Option<usize>) -> Result<&[u8]> {
    length
        .and_then(|length| bytes.get(..length))
        .ok_or_else(|| Error::integrity("a compressed member is cut short"))
}

/// Takes memory for what a header promises only if that can be true.
fn promised(raw: u64, compressed: usize, most: u64, ratio: u64) -> Result<usize> {
    if raw > most || raw > (compressed as u64).saturating_mul(ratio) {
        return Err(Error::integrity(format!(
            "a compressed member of {compressed} bytes claims to hold {raw}, where at most {most} \
             can be"
        )));
    }
    usize::try_from(raw).map_err(|cause| Error::integrity("a member is too large").because(cause))
}

impl fmt::Debug for Compressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Compressor")
    }
}

impl fmt::Debug for Decompressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Decompressor")
    }
}

#[cfg(test)]
mod tests;
