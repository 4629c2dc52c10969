//! A backup by the program, and the two ways back into a server.

use super::corpus;
use super::normaliser::normalise;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use testkit::{Database, Ran};
use tests::program;

/// A folder with the one backup that a test made.
pub(crate) struct Store(tempfile::TempDir);

impl Store {
    /// Backs the database up with these arguments more; a panic if it does not work.
    #[track_caller]
    pub(crate) fn backup(database: &Database, arguments: &[&str]) -> Self {
        let store = Self(tempfile::tempdir().unwrap());
        store.program("backup", database, arguments).ok();
        store
    }

    /// An attempt to back up, and what it left in the store.
    pub(crate) fn try_backup(database: &Database) -> (Ran, usize) {
        let store = Self(tempfile::tempdir().unwrap());
        let ran = store.program("backup", database, &[]);
        let left = std::fs::read_dir(store.0.path()).unwrap().count();
        (ran, left)
    }

    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn program(&self, verb: &str, database: &Database, arguments: &[&str]) -> Ran {
        let mut command = program("backup-postgres");
        command.arg(verb).args(arguments).arg("--store").arg(self.0.path());
        command.envs(database.environment());
        testkit::run(&mut command)
    }

    /// The artifact: the one file beside its manifest.
    pub(crate) fn artifact(&self) -> PathBuf {
        let mut files: Vec<_> = std::fs::read_dir(self.0.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "gz"))
            .collect();
        assert_eq!(files.len(), 1, "one artifact: {files:?}");
        files.remove(0)
    }

    /// `gunzip -c FILE | psql -v ON_ERROR_STOP=1 -1 -d newdb`, as the README says, into a new
    /// database.
    #[track_caller]
    pub(crate) fn restore_by_psql(&self, like: &Database, corpus: &str) -> Database {
        let database = corpus::empty(like.server(), corpus);
        let mut gunzip = Command::new("gunzip")
            .arg("-c")
            .arg(self.artifact())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let text = gunzip.stdout.take().unwrap();
        feed(&database, text.into());
        assert!(gunzip.wait().unwrap().success(), "gunzip finds no fault");
        database
    }

    #[track_caller]
    pub(crate) fn restore_by_ours(&self, like: &Database, corpus: &str) -> Database {
        let database = corpus::empty(like.server(), corpus);
        self.restore_into(like, &database, &[]);
        database
    }

    #[track_caller]
    pub(crate) fn restore_into(&self, like: &Database, target: &Database, arguments: &[&str]) {
        // It refuses a target that is not named like the backup, unless it is told which.
        let latest = ["latest", "--name", like.name()];
        self.program("restore", target, &[&latest, arguments].concat()).ok();
    }
}

/// Stock psql, in one transaction, in a folder where a file made by `\!` would be seen.
#[track_caller]
pub(crate) fn feed(database: &Database, text: Stdio) {
    let folder = tempfile::tempdir().unwrap();
    let mut psql = testkit::judge("psql");
    psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-1", "-d", &database.url()]);
    let output = psql.current_dir(&folder).stdin(text).output().unwrap();
    Ran::of(format!("{psql:?}"), &output).ok();
    let made = std::fs::read_dir(&folder).unwrap().count();
    assert_eq!(made, 0, "psql was made to run a command");
}

/// What `pg_dump` says of a database, made comparable.
pub(crate) fn judged(database: &Database, corpus: &str, arguments: &[&str]) -> String {
    // Bytes of no encoding cannot be converted.
    let encoding: &[&str] = if corpus == "encoding_none" { &[] } else { &["--encoding=UTF8"] };
    normalise(&database.pg_dump(&[encoding, arguments].concat()))
}
