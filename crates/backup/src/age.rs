//! Encryption with age: to whom, by what, and how to read a piece from the middle.
//!
//! An age file is a head, which holds the file's key wrapped for each recipient, and then pieces of
//! 64 KiB, each sealed alone. What is compressed goes through it as it is, so offsets in a manifest
//! mean the stream inside, and whoever wants some bytes of it opens the pieces that hold them.
//!
//! A run that writes has no identity. It keeps the key of the one file that it makes, in memory, and
//! reads back with that; the key is gone with the run.

mod head;
mod key;
mod plain;
mod recipients;
mod sealing;
mod unsealing;

pub use head::Opener;
pub use plain::Plain;
pub use recipients::Recipients;
pub(crate) use sealing::Sealing;
pub(crate) use unsealing::Unsealing;

/// Bytes of a piece before it is sealed.
const PIECE: u64 = 64 << 10;
/// And sealed.
const SEALED: u64 = PIECE + 16;

/// What a file's name ends in, behind the codec's.
pub const EXTENSION: &str = ".age";
