//! What makes bytes a backup: name, codec, manifest, commit, list, read-back, retention.

pub mod codec;
pub mod manifest;
pub mod name;
pub mod readback;
pub mod writer;
