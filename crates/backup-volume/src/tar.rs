//! The archive's format: POSIX pax, with the extensions that GNU tar and bsdtar share.
//!
//! Written by hand, because the crates there are write from one stream to one stream: here headers
//! and pieces of content are made on several threads, holes are left out of files, and names and
//! attributes are bytes that need not be text.

mod acl;
mod header;
mod pax;
mod read;
mod sparse;

pub(crate) use header::{Writer, global, trailer};

pub(crate) use read::{Item, Reader};
pub(crate) use sparse::Map;

/// All in a tar is a multiple of this.
pub(crate) const BLOCK: usize = 512;

/// How many bytes fill up the last block.
pub(crate) fn padding(length: u64) -> usize {
    let rest = usize::try_from(length % BLOCK as u64).unwrap_or_default();
    if rest == 0 { 0 } else { BLOCK - rest }
}
