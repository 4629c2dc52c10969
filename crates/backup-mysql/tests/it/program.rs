//! The program that these tests run.

use std::process::Command;
use testkit::Schema;
use testkit::faults::Program;

pub(crate) struct BackupMysql;

impl Program for BackupMysql {
    type Target = Schema;

    const KIND: &'static str = "mysql";
    /// What they held weighs on the server.
    const WHILE_READING_BACK: u32 = 0;

    fn command() -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_backup-mysql"));
        command.env_clear().env("WAIT", "0s").env("USER", "nobody");
        command
    }
}
