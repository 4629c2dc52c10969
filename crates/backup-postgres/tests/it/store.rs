//! A folder for backups, the program run on it, and what the program and the folder say of it.

use serde_json::Value;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;
use testkit::{Database, Ran, Running};

pub(crate) const MANIFEST: &str = ".manifest.json";

pub(crate) struct Store {
    /// Held to be removed at the end; none if the folder is somebody else's.
    _folder: Option<TempDir>,
    path: PathBuf,
    /// The second in which the last backup began: the next one of the same second would have the
    /// same name.
    second: Cell<u64>,
}

/// What `list` says.
#[derive(Debug)]
pub(crate) struct Listed {
    pub code: i32,
    pub sound: Vec<String>,
    pub damaged: Vec<String>,
    pub unreadable: Vec<String>,
    pub orphans: Vec<String>,
}

/// The program with an environment of its own, and no waiting for servers.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_backup-postgres"));
    command.env_clear().env("WAIT", "0s").env("USER", "nobody");
    command
}

impl Store {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().to_owned();
        Self { _folder: Some(folder), path, second: Cell::default() }
    }

    pub(crate) fn at(path: &Path) -> Self {
        Self { _folder: None, path: path.to_owned(), second: Cell::default() }
    }

    /// With one backup in it.
    #[track_caller]
    pub(crate) fn of(database: &Database, arguments: &[&str]) -> Self {
        let store = Self::new();
        store.backup(database, arguments);
        store
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Without a server.
    pub(crate) fn command(&self, verb: &str, arguments: &[&str]) -> Command {
        if verb == "backup" {
            self.wait_for_a_name();
        }
        let mut command = program();
        command.arg(verb).args(arguments).env("BACKUP_STORE", &self.path);
        command
    }

    pub(crate) fn command_on(
        &self,
        database: &Database,
        verb: &str,
        arguments: &[&str],
    ) -> Command {
        let mut command = self.command(verb, arguments);
        command.envs(database.environment());
        command
    }

    pub(crate) fn run(&self, verb: &str, arguments: &[&str]) -> Ran {
        testkit::run(&mut self.command(verb, arguments))
    }

    pub(crate) fn run_on(&self, database: &Database, verb: &str, arguments: &[&str]) -> Ran {
        testkit::run(&mut self.command_on(database, verb, arguments))
    }

    pub(crate) fn start(&self, database: &Database, verb: &str, arguments: &[&str]) -> Running {
        Running::start(&mut self.command_on(database, verb, arguments))
    }

    /// A backup that must succeed; its artifact.
    #[track_caller]
    pub(crate) fn backup(&self, database: &Database, arguments: &[&str]) -> String {
        let arguments = [&["--output", "json"], arguments].concat();
        let report: Value =
            serde_json::from_str(&self.run_on(database, "backup", &arguments).ok()).unwrap();
        report["file"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
    }

    /// A restore of this file into a database, whatever that is called.
    pub(crate) fn restore(&self, file: &str, into: &Database) -> Ran {
        self.run_on(into, "restore", &[file])
    }

    pub(crate) fn list(&self) -> Listed {
        let ran = self.run("list", &["--output", "json"]);
        let json: Value = serde_json::from_str(&ran.stdout).unwrap();
        let file = |value: &Value| value["file"].as_str().unwrap().to_owned();
        let all = |key: &str| json[key].as_array().unwrap().clone();
        let (damaged, sound): (Vec<_>, Vec<_>) =
            all("backups").into_iter().partition(|backup| !backup["problem"].is_null());
        Listed {
            code: ran.code,
            sound: sound.iter().map(file).collect(),
            damaged: damaged.iter().map(file).collect(),
            unreadable: all("unreadable").iter().map(file).collect(),
            orphans: all("orphans").iter().map(|name| name.as_str().unwrap().into()).collect(),
        }
    }

    /// All files, hidden ones too.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(&self.path)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    pub(crate) fn partial(&self) -> Vec<String> {
        self.names().into_iter().filter(|name| name.ends_with(".partial")).collect()
    }

    /// The one artifact.
    pub(crate) fn artifact(&self) -> String {
        let names = self.names();
        let [artifact, _] = &names[..] else { panic!("one backup: {names:?}") };
        artifact.clone()
    }

    /// Every file with its content and time, to be compared.
    pub(crate) fn state(&self) -> BTreeMap<String, (SystemTime, Vec<u8>)> {
        let of = |name: String| {
            let path = self.file(&name);
            let time = fs::metadata(&path).unwrap().modified().unwrap();
            (name, (time, fs::read(path).unwrap()))
        };
        self.names().into_iter().map(of).collect()
    }

    fn wait_for_a_name(&self) {
        let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        while now() == self.second.get() {
            std::thread::sleep(Duration::from_millis(2));
        }
        self.second.set(now());
    }
}

/// It ended so, and said all of this.
#[track_caller]
pub(crate) fn expect(ran: &Ran, code: i32, said: &[&str]) {
    assert_eq!(ran.code, code, "{}:\n{}", ran.line, ran.stderr);
    for text in said {
        assert!(ran.stderr.contains(text), "{} does not say {text:?}:\n{}", ran.line, ran.stderr);
    }
}
