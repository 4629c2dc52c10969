//! What came of all files, for the report and the exit code.

use serde_json::{Value, json};
use std::fmt::Write;
use task::{Error, Exit, Report, Result, show};

/// More names than this help nobody, and take room.
const NAMED: usize = 1000;
/// In the last line of the log, and in notices.
const IN_A_LINE: usize = 20;
/// So many in a row are the server's failure, and not each file's.
const IN_A_ROW: u32 = 100;

#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) uploaded: u64,
    pub(crate) downloaded: u64,
    pub(crate) copied: u64,
    pub(crate) deleted: u64,
    pub(crate) unchanged: u64,
    pub(crate) bytes: u64,
    /// Of `--checksum`, where the time had to decide.
    pub(crate) by_time: u64,
    pub(crate) withheld: u64,
    failures: u64,
    failed: Vec<Failed>,
    in_a_row: u32,
    /// How all that failed did, if in one way.
    exit: Option<Exit>,
    mixed: bool,
    damaged: bool,
}

#[derive(Debug)]
struct Failed {
    name: String,
    error: String,
    exit: Exit,
}

impl Tally {
    pub(crate) fn failures(&self) -> u64 {
        self.failures
    }

    pub(crate) fn transferred(&self) -> u64 {
        self.uploaded + self.downloaded + self.copied
    }

    pub(crate) fn succeeded(&mut self) {
        self.in_a_row = 0;
    }

    /// One file does not keep the others; a signal does, and a server that is gone.
    pub(crate) fn failed(&mut self, name: &str, error: Error) -> Result<()> {
        if error.exit() == Exit::Stopped {
            return Err(error);
        }
        tracing::error!(exit_code = error.exit() as u8, "{name}: {error:#}");
        self.failures += 1;
        self.in_a_row += 1;
        self.damaged |= error.exit() == Exit::Integrity;
        self.mixed |= self.exit.is_some_and(|exit| exit != error.exit());
        self.exit = Some(error.exit());
        if self.failed.len() < NAMED {
            let (name, text) = (name.to_owned(), format!("{error:#}"));
            self.failed.push(Failed { name, error: text, exit: error.exit() });
        }
        if self.in_a_row >= IN_A_ROW {
            let said =
                format!("gave up: {IN_A_ROW} files in a row failed, the last of them {name}");
            return Err(Error::new(error.exit(), said).because(error));
        }
        Ok(())
    }

    pub(crate) fn report(self, source: &str, dest: &str, dry_run: bool) -> Result<Report> {
        let done = self.transferred() + self.deleted + self.unchanged;
        let exit = if self.damaged {
            Some(Exit::Integrity)
        } else if done == 0 && !self.mixed {
            self.exit
        } else {
            None
        };
        if let Some(exit) = exit {
            let shown = self.failed.iter().take(IN_A_LINE);
            let all: Vec<String> =
                shown.map(|one| format!("{}: {}", one.name, one.error)).collect();
            let rest = self.failures - all.len() as u64;
            let more = if rest > 0 { format!("; and {rest} more") } else { String::new() };
            let said = format!("{} files failed: {}{more}", self.failures, all.join("; "));
            return Err(Error::new(exit, said));
        }
        Ok(Report {
            items: self.transferred() + self.deleted,
            bytes: self.bytes,
            summary: self.summary(dry_run),
            json: self.json(source, dest, dry_run),
            table: self.table(source, dest, dry_run),
            incomplete: self.names(),
        })
    }

    fn summary(&self, dry_run: bool) -> String {
        let moved = [
            (self.uploaded, "uploaded"),
            (self.downloaded, "downloaded"),
            (self.copied, "copied"),
            (self.deleted, "deleted"),
        ];
        let mut text = if dry_run { "would have " } else { "" }.to_owned();
        for (count, what) in moved.into_iter().filter(|(count, _)| *count > 0) {
            let _ = write!(text, "{what} {count}, ");
        }
        if self.transferred() + self.deleted == 0 {
            text += "changed nothing, ";
        }
        let _ = write!(text, "{} unchanged, {}", self.unchanged, show::bytes(self.bytes));
        text
    }

    fn json(&self, source: &str, dest: &str, dry_run: bool) -> Value {
        let failed: Vec<Value> = self
            .failed
            .iter()
            .map(|one| json!({ "name": one.name, "error": one.error, "exit_code": one.exit as u8 }))
            .collect();
        json!({
            "source": source,
            "dest": dest,
            "dry_run": dry_run,
            "uploaded": self.uploaded,
            "downloaded": self.downloaded,
            "copied": self.copied,
            "deleted": self.deleted,
            "deletes_withheld": self.withheld,
            "unchanged": self.unchanged,
            "compared_by_time": self.by_time,
            "bytes": self.bytes,
            "failures": self.failures,
            "failed": failed,
        })
    }

    fn table(&self, source: &str, dest: &str, dry_run: bool) -> String {
        let to = if dry_run { " (dry run)" } else { "" };
        let mut table = format!("{source} -> {dest}{to}\n");
        let counts = [
            ("uploaded", self.uploaded),
            ("downloaded", self.downloaded),
            ("copied", self.copied),
            ("deleted", self.deleted),
            ("deletes withheld", self.withheld),
            ("unchanged", self.unchanged),
            ("compared by time", self.by_time),
        ];
        for (what, count) in counts {
            if count > 0 || what == "unchanged" {
                let _ = writeln!(table, "{what:16}  {count}");
            }
        }
        let _ = writeln!(table, "{:16}  {}", "bytes", show::bytes(self.bytes));
        for one in &self.failed {
            let _ = writeln!(table, "{} FAILED: {}", one.name.escape_debug(), one.error);
        }
        table
    }

    fn names(&self) -> Vec<String> {
        let first = self.failed.iter().take(IN_A_LINE);
        let names: Vec<String> = first.map(|one| one.name.clone()).collect();
        let rest = self.failures - names.len() as u64;
        names.into_iter().chain((rest > 0).then(|| format!("and {rest} more"))).collect()
    }
}
