//! The folders of these tests, and the program that is run on them.

use std::process::Command;
use testkit::Database;
use testkit::faults::Program;

pub(crate) use testkit::faults::{MANIFEST, expect};

pub(crate) type Store = testkit::faults::Store<BackupPostgres>;

pub(crate) struct BackupPostgres;

impl Program for BackupPostgres {
    type Target = Database;

    const KIND: &'static str = "postgres";
    /// The one that holds the snapshot.
    const WHILE_READING_BACK: u32 = 1;

    fn command() -> Command {
        program()
    }
}

/// The program with an environment of its own, and no waiting for servers.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_backup-postgres"));
    command.env_clear().env("WAIT", "0s").env("USER", "nobody");
    command
}
