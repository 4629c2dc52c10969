//! `sync-s3` against real servers, judged by the aws command and by the file system.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod changing;
mod contents;
mod deleting;
mod faults;
mod hostile;
mod journey;
mod killing;
mod limits;
mod listing;
mod memory;
mod oracle;
mod place;
mod shards;
mod wrong_use;
