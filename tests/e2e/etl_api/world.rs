//! A database, a file that maps, a folder for rejects, and the program between them.

use super::server::Server;
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::Command;
use testkit::{Database, Postgres, Ran, run};
use tests::program;

pub(crate) struct World {
    pub(crate) database: Database,
    pub(crate) rejects: tempfile::TempDir,
    config: tempfile::NamedTempFile,
}

/// A number, a text and a time: most tests need no more.
pub(crate) const SIMPLE: &str = "
table: {name: items, key: [id], synced: synced_at}
columns:
  id: {type: integer}
  name: {trim: true}
  value: {type: number}
";

impl World {
    pub(crate) fn new(major: u32, config: &str) -> Self {
        Self::in_database(Postgres::start(major).create_database(), config)
    }

    pub(crate) fn in_database(database: Database, config: &str) -> Self {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), config).unwrap();
        Self { database, rejects: tempfile::tempdir().unwrap(), config: file }
    }

    /// Another file for the same database.
    pub(crate) fn configure(&self, config: &str) {
        std::fs::write(self.config.path(), config).unwrap();
    }

    pub(crate) fn command(&self, url: &str, arguments: &[&str]) -> Command {
        let mut command = program("etl-api");
        command
            .envs(self.database.environment())
            .env("API_URL", url)
            .env("CONFIG", self.config.path())
            .env("REJECTS", self.rejects.path())
            .env("OUTPUT", "json")
            .env("WAIT", "20s");
        command.args(arguments);
        command
    }

    pub(crate) fn run(&self, server: &Server, arguments: &[&str]) -> Ran {
        run(&mut self.command(&server.url, arguments))
    }

    /// Its report on stdout, after it ended well.
    #[track_caller]
    pub(crate) fn report(&self, server: &Server, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.run(server, arguments).ok()).unwrap()
    }

    pub(crate) fn rows(&self) -> String {
        self.database.psql("SELECT id, name, value FROM items ORDER BY id")
    }

    /// Which transaction wrote each row, or touched it.
    pub(crate) fn versions(&self) -> String {
        self.database.psql("SELECT id, xmin, xmax, ctid, synced_at FROM items ORDER BY id")
    }

    pub(crate) fn has(&self, table: &str) -> bool {
        let sql = format!("SELECT to_regclass('{table}') IS NOT NULL");
        self.database.psql(&sql).trim() == "t"
    }

    pub(crate) fn files(&self) -> BTreeSet<String> {
        let entries = std::fs::read_dir(self.rejects.path()).unwrap().map(Result::unwrap);
        entries.map(|entry| entry.file_name().into_string().unwrap()).collect()
    }

    /// The lines of the one file of rejects, without the records: of those some are such that not every reader
    /// takes them.
    #[track_caller]
    pub(crate) fn rejected(&self) -> Vec<Value> {
        let files = self.files();
        assert_eq!(files.len(), 1, "{files:?}");
        let path = self.rejects.path().join(files.first().unwrap());
        let text = std::fs::read_to_string(path).unwrap();
        let about = |line: &str| format!("{}}}", line.split_once(",\"record\":").unwrap().0);
        text.lines().map(|line| serde_json::from_str(&about(line)).unwrap()).collect()
    }
}

/// It ended so, and said these words.
#[track_caller]
pub(crate) fn ended(ran: &Ran, code: i32, words: &[&str]) {
    assert_eq!(ran.code, code, "{}\n{}", ran.stderr, ran.stdout);
    for word in words {
        assert!(ran.stderr.contains(word), "{word:?} is missing: {}", ran.stderr);
    }
}

/// `[counts] of a report`: inserted, updated, unchanged.
pub(crate) fn counts(report: &Value) -> [u64; 3] {
    ["inserted", "updated", "unchanged"].map(|what| report[what].as_u64().unwrap())
}

/// Records 1 to `count`.
pub(crate) fn items(from: u64, to: u64) -> String {
    let all: Vec<_> = (from..=to).map(item).collect();
    format!("[{}]", all.join(","))
}

pub(crate) fn item(number: u64) -> String {
    format!(r#"{{"id": {number}, "name": " item {number} ", "value": {number}.50}}"#)
}

/// What the table holds then.
pub(crate) fn expected(count: u64) -> String {
    let rows: Vec<_> =
        (1..=count).map(|number| format!("{number}|item {number}|{number}.50\n")).collect();
    rows.concat()
}
