//! A store of backups of many kinds, names and ages.

use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use testkit::{Postgres, Ran, run};
use tests::program;

pub(crate) struct Shelf {
    pub(crate) folder: tempfile::TempDir,
    artifact: Vec<u8>,
    manifest: Value,
}

impl Shelf {
    /// With the backup that `backup-postgres` makes now of a database called shop.
    pub(crate) fn new() -> Self {
        let database = Postgres::start(15).create_database();
        database.psql("CREATE TABLE visit AS SELECT i FROM generate_series(1, 1000) i");
        let folder = tempfile::tempdir().unwrap();
        let mut backup = program("backup-postgres");
        backup.envs(database.environment()).args(["--name", "shop", "--store"]).arg(folder.path());
        run(&mut backup).ok();
        let files: Vec<_> = list(folder.path()).into_iter().collect();
        let [artifact, manifest] = &*files else { panic!("{files:?}") };
        let read = |file: &str| fs::read(folder.path().join(file)).unwrap();
        let (artifact, manifest) = (read(artifact), read(manifest));
        let manifest = serde_json::from_slice(&manifest).unwrap();
        Self { folder, artifact, manifest }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The same bytes under another kind, name and age. Returns the file.
    pub(crate) fn add(&self, kind: &str, name: &str, days: u32) -> String {
        self.add_with(kind, name, days, |_| ())
    }

    pub(crate) fn add_with(
        &self,
        kind: &str,
        name: &str,
        days: u32,
        change: impl FnOnce(&mut Value),
    ) -> String {
        let ago = |format| date(days, format);
        let file = format!("{kind}-{name}-{}.sql.gz", ago("%Y%m%dT%H%M%SZ"));
        let mut manifest = self.manifest.clone();
        manifest["kind"] = json!(kind);
        manifest["name"] = json!(name);
        manifest["started"] = json!(ago("%Y-%m-%dT%H:%M:%SZ"));
        manifest["finished"] = manifest["started"].clone();
        manifest["artifact"]["file"] = json!(file);
        change(&mut manifest);
        fs::write(self.path().join(&file), &self.artifact).unwrap();
        fs::write(self.path().join(format!("{file}.manifest.json")), manifest.to_string()).unwrap();
        file
    }

    pub(crate) fn files(&self) -> BTreeSet<String> {
        list(self.path())
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program("cleanup-backups");
        command.arg("--store").arg(self.path()).args(arguments);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        run(&mut self.command(arguments))
    }

    /// A file for `--config`, beside the store and not in it.
    pub(crate) fn config(yaml: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.yaml");
        fs::write(&file, yaml).unwrap();
        (folder, file)
    }
}

/// What `--output json` said; one store has one element in the list.
pub(crate) fn said(ran: &Ran, verb: &str) -> Value {
    let said: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {ran:?}"));
    assert_eq!(said[verb].as_array().map(Vec::len), Some(1), "{said}");
    said[verb][0].clone()
}

pub(crate) fn strings(value: &Value) -> BTreeSet<String> {
    value.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
}

/// Artifact and manifest of each.
pub(crate) fn with_manifests(files: &BTreeSet<String>) -> BTreeSet<String> {
    files.iter().flat_map(|file| [file.clone(), format!("{file}.manifest.json")]).collect()
}

pub(crate) fn list(folder: &Path) -> BTreeSet<String> {
    let files = fs::read_dir(folder).unwrap();
    files.map(|file| file.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

/// So many days ago, in UTC, by the stock `date`.
fn date(days: u32, format: &str) -> String {
    let mut command = Command::new("date");
    command.args(["-u", "-d", &format!("{days} days ago"), &format!("+{format}")]);
    let said = command.stderr(Stdio::inherit()).output().unwrap();
    String::from_utf8(said.stdout).unwrap().trim().to_owned()
}
