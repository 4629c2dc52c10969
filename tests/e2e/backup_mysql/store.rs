//! A folder with backups of one database.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;
use testkit::{Ran, Schema, run};
use tests::program;

pub(super) const TASK: &str = "backup-mysql";

pub(super) struct Store(TempDir);

impl Store {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// One with a backup of this database in it.
    #[track_caller]
    pub(super) fn backup(source: &Schema, arguments: &[&str]) -> Self {
        let store = Self::new();
        store.run(source, "backup", arguments).ok();
        store
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    /// The program with a verb, in this database.
    pub(super) fn command(&self, schema: &Schema, verb: &str) -> Command {
        let mut command = program(TASK);
        command.envs(schema.environment()).env("BACKUP_STORE", self.0.path()).arg(verb);
        command
    }

    pub(super) fn run(&self, schema: &Schema, verb: &str, arguments: &[&str]) -> Ran {
        run(self.command(schema, verb).args(arguments))
    }

    /// The only backup there is.
    pub(super) fn file(&self) -> PathBuf {
        let mut files = fs::read_dir(self.0.path()).unwrap().map(|entry| entry.unwrap().path());
        files.find(|path| path.extension().is_some_and(|end| end == "gz")).unwrap()
    }

    pub(super) fn manifest(&self) -> serde_json::Value {
        let file = format!("{}.manifest.json", self.file().display());
        serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
    }

    /// What `gunzip` makes of it.
    pub(super) fn text(&self) -> Vec<u8> {
        let gunzip = Command::new("gunzip").arg("-c").arg(self.file()).output().unwrap();
        assert!(gunzip.status.success());
        gunzip.stdout
    }

    /// Into an empty database, by a stock client: `gunzip -c FILE | mysql newdb`.
    #[track_caller]
    pub(super) fn restore_by(&self, mut client: Command) {
        client.args(["--comments", "--binary-mode"]).stdin(Stdio::piped());
        let mut client = client.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (text, mut stdin) = (self.text(), client.stdin.take().unwrap());
        let feeding = std::thread::spawn(move || {
            let _ = stdin.write_all(&text);
        });
        let output = client.wait_with_output().unwrap();
        feeding.join().unwrap();
        Ran::of("the stock client".to_owned(), &output).ok();
    }
}
