//! What can go wrong around a backup program, done to it on purpose, and what must hold afterwards:
//! nothing false is ever listed, nothing is left behind, and the exit code tells the truth.
//!
//! Written once, over a [`Program`] and a [`Target`]; each program's own tests say on which servers
//! and with which rows.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod connection;
mod damage;
mod full_disk;
mod killing;
mod stopping;
mod store;
mod target;

pub use connection::*;
pub use damage::*;
pub use full_disk::*;
pub use killing::*;
pub use stopping::*;
pub use store::{Listed, MANIFEST, Store, expect};
pub use target::Target;

use std::process::Command;
use std::time::Duration;

/// A backup program under test.
pub trait Program: 'static {
    type Target: Target;

    /// What its files begin with.
    const KIND: &'static str;
    /// Connections that a backup still has while it reads the file back.
    const WHILE_READING_BACK: u32;

    /// The program with an environment of its own, and no waiting for servers.
    fn command() -> Command;
}

/// From a signal to the end.
const LIMIT: Duration = Duration::from_secs(5);
/// Older backups would be removed by a run that succeeds.
const KEEP_ONE: [&str; 2] = ["--keep-days=0", "--keep-last=1"];
/// What the backups are called where two databases take turns.
const SHOP: [&str; 2] = ["--name", "shop"];
