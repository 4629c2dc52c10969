//! gzip members by libdeflate, which takes whole blocks and is twice as fast as zlib at that.

use super::effort::{self, Effort};
use super::{at_least, promised, whole};
use libdeflater::{CompressionLvl, Crc};
use task::{Error, Result};

/// Flags: an extra field follows. No time and no system, so that the same input makes the same
/// bytes. Then the extra field: its length, our two letters, four bytes of content.
const HEADER: [u8; 16] = [0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 8, 0, b'N', b'S', 4, 0];
/// The header and the member's length.
const HEAD: usize = HEADER.len() + 4;
/// CRC-32 and the length of what is inside.
const TAIL: usize = 8;
/// Deflate never makes more than this of one byte.
const RATIO: u64 = 1032;

/// libdeflate's levels that give GNU gzip's sizes within 3 % (or smaller), at the least CPU, for
/// members of 1 MiB. Millions of bytes from three texts: 141.9 of wide order rows, 69.4 of pgbench
/// accounts, 88.7 of log lines.
///
/// | gzip | orders | accounts | log   |   | libdeflate | orders | accounts | log   |
/// |------|--------|----------|-------|---|------------|--------|----------|-------|
/// | 1    | 53.35  | 4.81     | 12.61 |   | 1          | 50.13  | 4.84     | 11.03 |
/// | 2    | 51.91  | 4.73     | 11.95 |   | 1          | 50.13  | 4.84     | 11.03 |
/// | 3    | 51.01  | 4.66     | 11.49 |   | 2          | 49.27  | 4.26     | 10.99 |
/// | 4    | 49.36  | 4.83     | 10.64 |   | 3          | 48.53  | 4.20     | 10.65 |
/// | 5    | 48.02  | 4.23     | 9.95  |   | 4          | 47.82  | 4.20     | 10.20 |
/// | 6    | 47.61  | 4.16     | 9.65  |   | 5          | 46.42  | 4.18     | 9.52  |
/// | 7    | 47.06  | 4.15     | 9.36  |   | 5          | 46.42  | 4.18     | 9.52  |
/// | 8    | 46.83  | 4.01     | 9.08  |   | 7          | 45.68  | 3.89     | 8.92  |
/// | 9    | 46.83  | 4.01     | 9.08  |   | 7          | 45.68  | 3.89     | 8.92  |
///
/// libdeflate's 4 would do for 6 on rows (0.4 % larger, 7 % less CPU), but not on logs (5.7 %).
///
/// These are for members of which nothing is known. Where many come, [`Effort`] lets some of them
/// be made fast.
const LEVELS: [i32; 9] = [1, 1, 2, 3, 4, 5, 5, 7, 7];

/// What makes the rest of them.
const FAST: i32 = 1;

/// The size that a level promises, against GNU gzip's: below the 1.03 that are allowed, for it is
/// measured on a sample.
const PROMISED: f64 = 1.02;
/// The beginning of a member, enough to tell sizes from.
const SAMPLE: usize = 256 << 10;

pub(super) struct Compressor {
    level: u8,
    hard: libdeflater::Compressor,
    fast: libdeflater::Compressor,
}

impl Compressor {
    pub(super) fn new(level: u8) -> Result<Self> {
        let hard = level
            .checked_sub(1)
            .and_then(|index| LEVELS.get(usize::from(index)))
            .ok_or_else(|| Error::usage(format!("gzip has levels 1 to 9, not {level}")))?;
        Ok(Self { level, hard: compressor(*hard)?, fast: compressor(FAST)? })
    }

    pub(super) fn compress(
        &mut self,
        effort: &Effort,
        raw: &[u8],
        room: &mut Vec<u8>,
        to: &mut Vec<u8>,
    ) -> Result<()> {
        let room = at_least(room, self.hard.deflate_compress_bound(raw.len()));
        let hard = effort.is_hard(|| self.share(raw, room));
        let body = deflate(if hard { &mut self.hard } else { &mut self.fast }, raw, room)?;
        let too_large = |_| Error::usage("a member is larger than 4 GiB");
        let length = u32::try_from(HEAD + body + TAIL).map_err(too_large)?;
        let raw_length = u32::try_from(raw.len()).map_err(too_large)?;
        to.reserve_exact(HEAD + body + TAIL);
        to.extend_from_slice(&HEADER);
        to.extend_from_slice(&length.to_le_bytes());
        to.extend_from_slice(&room[..body]);
        to.extend_from_slice(&crc(raw).to_le_bytes());
        to.extend_from_slice(&raw_length.to_le_bytes());
        Ok(())
    }

    /// The part of the members like this one that has to be compressed hard. What gzip would make
    /// of it is told by a compressor with zlib's method and levels.
    fn share(&mut self, raw: &[u8], room: &mut [u8]) -> f64 {
        let sample = &raw[..raw.len().min(SAMPLE)];
        let gzip = miniz_oxide::deflate::compress_to_vec(sample, self.level).len();
        let fast = deflate(&mut self.fast, sample, room);
        let hard = deflate(&mut self.hard, sample, room);
        // Where a sample cannot be compressed, its member will say so.
        let (Ok(fast), Ok(hard)) = (fast, hard) else { return 1.0 };
        effort::share(fast, hard, gzip as f64 * PROMISED)
    }
}

fn compressor(level: i32) -> Result<libdeflater::Compressor> {
    CompressionLvl::new(level)
        .map(libdeflater::Compressor::new)
        .map_err(|_| Error::failed(format!("libdeflate has no level {level}")))
}

fn deflate(compressor: &mut libdeflater::Compressor, raw: &[u8], room: &mut [u8]) -> Result<usize> {
    compressor
        .deflate_compress(raw, room)
        .map_err(|cause| Error::failed("cannot compress a member").because(cause))
}

pub(super) fn length(bytes: &[u8]) -> Result<Option<usize>> {
    let known = bytes.len().min(HEADER.len());
    if bytes[..known] != HEADER[..known] {
        return Err(Error::integrity("where a gzip member of ours should start, none does"));
    }
    let Some(length) = number(bytes, HEADER.len()) else { return Ok(None) };
    if (length as usize) < HEAD + TAIL {
        return Err(Error::integrity(format!("a gzip member claims to be {length} bytes long")));
    }
    Ok(Some(length as usize))
}

pub(super) struct Decompressor(libdeflater::Decompressor);

impl Decompressor {
    pub(super) fn new() -> Self {
        Self(libdeflater::Decompressor::new())
    }

    pub(super) fn member(&mut self, bytes: &[u8], most: u64, raw: &mut Vec<u8>) -> Result<usize> {
        let member = whole(bytes, length(bytes)?)?;
        let tail = member.len() - TAIL;
        let (Some(sum), Some(size)) = (number(member, tail), number(member, tail + 4)) else {
            return Err(Error::integrity("a gzip member has no end"));
        };
        raw.resize(promised(size.into(), member.len(), most, RATIO)?, 0);
        let made = self.0.deflate_decompress(&member[HEAD..tail], raw).map_err(|cause| {
            Error::integrity("a gzip member cannot be decompressed").because(cause)
        })?;
        if made != raw.len() || crc(raw) != sum {
            return Err(Error::integrity("a gzip member holds other bytes than its end says"));
        }
        Ok(member.len())
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|four| u32::from_le_bytes(*four))
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}
