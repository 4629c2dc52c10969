//! Running a tool and looking at all it said.

use crate::cache;
use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// What a program did.
#[derive(Debug)]
pub struct Ran {
    /// The line that was run, for messages.
    pub line: String,
    /// 128 + the signal if one ended it.
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// Its stdout, or a panic that shows what it said.
    #[track_caller]
    pub fn ok(self) -> String {
        assert!(self.code == 0, "{} ended with {}:\n{}", self.line, self.code, self.stderr);
        self.stdout
    }

    pub fn of(line: String, output: &Output) -> Self {
        use std::os::unix::process::ExitStatusExt;
        let signal = || 128 + output.status.signal().unwrap_or_default();
        Self {
            line,
            code: output.status.code().unwrap_or_else(signal),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }
}

/// What is not UTF-8 is taken as Latin-1, so that no byte that differs is lost.
fn text(bytes: &[u8]) -> String {
    match str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

/// Runs it to its end, with nothing on stdin.
pub fn run(command: &mut Command) -> Ran {
    let line = format!("{command:?}");
    let output = command
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("cannot run {line}: {error}"));
    Ran::of(line, &output)
}

/// Puts a copy of a program somewhere else. By another process: a test beside this one may start a child
/// while our own file is open for writing, and then nobody can run the copy until that child has begun.
pub fn copy_program(program: impl AsRef<OsStr>, to: &Path) {
    run(Command::new("cp").arg("--").arg(program).arg(to)).ok();
}

/// The newest `pg_dump`, `pg_restore`, `psql` and `pgbench`, which know servers of every major.
pub fn judge(tool: &str) -> Command {
    Command::new(cache::installed(&format!("judge/bin/{tool}")))
}
