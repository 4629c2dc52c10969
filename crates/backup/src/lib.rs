//! What makes bytes a backup: name, codec, encryption, manifest, commit, list, read-back, retention.

pub mod age;
pub mod catalog;
pub mod codec;
pub mod drill;
pub mod manifest;
pub mod name;
pub mod place;
pub mod prune;
pub mod readback;
pub mod restoring;
pub mod retention;
pub mod set;
pub mod settings;
pub mod source;
pub mod verbs;
pub mod writer;
