//! What makes bytes a backup: name, codec, manifest, commit, list, read-back, retention.

pub mod manifest;
