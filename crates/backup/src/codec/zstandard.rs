//! zstd frames, each after a skippable frame that holds its length.

use super::{at_least, promised, whole};
use task::{Context, Error, Result};
use zstd::bulk;
use zstd::zstd_safe::{CParameter, get_frame_content_size};

/// The skippable frame's magic number and the length of what it holds.
const HEADER: [u8; 8] = [0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0];
/// The header and the frame's length.
const HEAD: usize = HEADER.len() + 4;
/// A block of up to 128 KiB can be one repeated byte and take four: no frame expands more.
const RATIO: u64 = 1 << 17;

pub(super) struct Compressor(bulk::Compressor<'static>);

impl Compressor {
    pub(super) fn new(level: u8) -> Result<Self> {
        let what = || format!("cannot prepare zstd at level {level}");
        let mut compressor = bulk::Compressor::new(level.into()).failed(what)?;
        compressor.set_parameter(CParameter::ChecksumFlag(true)).failed(what)?;
        compressor.set_parameter(CParameter::ContentSizeFlag(true)).failed(what)?;
        Ok(Self(compressor))
    }

    pub(super) fn compress(
        &mut self,
        raw: &[u8],
        room: &mut Vec<u8>,
        to: &mut Vec<u8>,
    ) -> Result<()> {
        let room = at_least(room, zstd::zstd_safe::compress_bound(raw.len()));
        let body = self
            .0
            .compress_to_buffer(raw, room)
            .failed(|| "cannot compress a member".to_owned())?;
        let length =
            u32::try_from(body).map_err(|_| Error::usage("a member is larger than 4 GiB"))?;
        to.reserve_exact(HEAD + body);
        to.extend_from_slice(&HEADER);
        to.extend_from_slice(&length.to_le_bytes());
        to.extend_from_slice(&room[..body]);
        Ok(())
    }
}

pub(super) fn length(bytes: &[u8]) -> Result<Option<usize>> {
    let known = bytes.len().min(HEADER.len());
    if bytes[..known] != HEADER[..known] {
        return Err(Error::integrity("where a zstd member of ours should start, none does"));
    }
    let body = bytes.get(HEADER.len()..).and_then(<[u8]>::first_chunk);
    Ok(body.map(|body| HEAD + u32::from_le_bytes(*body) as usize))
}

pub(super) struct Decompressor(bulk::Decompressor<'static>);

impl Decompressor {
    pub(super) fn new() -> Result<Self> {
        Ok(Self(bulk::Decompressor::new().failed(|| "cannot prepare zstd".to_owned())?))
    }

    pub(super) fn member(&mut self, bytes: &[u8], most: u64, raw: &mut Vec<u8>) -> Result<usize> {
        let member = whole(bytes, length(bytes)?)?;
        let frame = &member[HEAD..];
        let Ok(Some(size)) = get_frame_content_size(frame) else {
            return Err(Error::integrity("a zstd frame does not say how much it holds"));
        };
        raw.resize(promised(size, frame.len(), most, RATIO)?, 0);
        let made = self
            .0
            .decompress_to_buffer(frame, &mut raw[..])
            .integrity(|| "a zstd frame cannot be decompressed".to_owned())?;
        if made != raw.len() {
            return Err(Error::integrity("a zstd frame holds less than it says"));
        }
        Ok(member.len())
    }
}
