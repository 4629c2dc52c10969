//! A folder for backups, the program run on it, and what the program and the folder say of it.

use super::{Program, Target};
use crate::{Ran, Running, run};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;

pub const MANIFEST: &str = ".manifest.json";

pub struct Store<P> {
    /// Held to be removed at the end; none if the folder is somebody else's.
    _folder: Option<TempDir>,
    path: PathBuf,
    program: PhantomData<P>,
}

/// What `list` says.
#[derive(Debug)]
pub struct Listed {
    pub code: i32,
    pub sound: Vec<String>,
    pub damaged: Vec<String>,
    pub unreadable: Vec<String>,
    pub orphans: Vec<String>,
}

impl<P: Program> Default for Store<P> {
    fn default() -> Self {
        let folder = TempDir::new().unwrap();
        let store = Self::at(folder.path());
        Self { _folder: Some(folder), ..store }
    }
}

impl<P: Program> Store<P> {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn at(path: &Path) -> Self {
        Self { _folder: None, path: path.to_owned(), program: PhantomData }
    }

    /// With one backup in it.
    #[track_caller]
    pub fn of(database: &P::Target, arguments: &[&str]) -> Self {
        let store = Self::new();
        store.backup(database, arguments);
        store
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Without a server.
    pub fn command(&self, verb: &str, arguments: &[&str]) -> Command {
        if verb == "backup" {
            self.wait_for_a_name();
        }
        let mut command = P::command();
        command.arg(verb).args(arguments).env("BACKUP_STORE", &self.path);
        command
    }

    pub fn command_on(&self, database: &P::Target, verb: &str, arguments: &[&str]) -> Command {
        let mut command = self.command(verb, arguments);
        command.envs(database.environment());
        command
    }

    /// With another server than the database's own at the end of the line: a proxy on this port.
    pub fn command_through(
        &self,
        port: u16,
        database: &P::Target,
        verb: &str,
        arguments: &[&str],
    ) -> Command {
        let mut command = self.command_on(database, verb, arguments);
        command.env(P::Target::PORT, port.to_string());
        command
    }

    /// A restore of this file into a new database of this name.
    pub fn command_into_new(&self, name: &str, database: &P::Target, file: &str) -> Command {
        let mut command = self.command_on(database, "restore", &[file, "--create"]);
        command.env(P::Target::DATABASE, name);
        command
    }

    pub fn run(&self, verb: &str, arguments: &[&str]) -> Ran {
        run(&mut self.command(verb, arguments))
    }

    pub fn run_on(&self, database: &P::Target, verb: &str, arguments: &[&str]) -> Ran {
        run(&mut self.command_on(database, verb, arguments))
    }

    pub fn start(&self, database: &P::Target, verb: &str, arguments: &[&str]) -> Running {
        Running::start(&mut self.command_on(database, verb, arguments))
    }

    /// A backup that must succeed; its artifact.
    #[track_caller]
    pub fn backup(&self, database: &P::Target, arguments: &[&str]) -> String {
        let arguments = [&["--output", "json"], arguments].concat();
        let report: Value =
            serde_json::from_str(&self.run_on(database, "backup", &arguments).ok()).unwrap();
        report["file"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
    }

    /// A restore of this file into a database, whatever that is called.
    pub fn restore(&self, file: &str, into: &P::Target) -> Ran {
        self.run_on(into, "restore", &[file])
    }

    pub fn list(&self) -> Listed {
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
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(&self.path)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    pub fn partial(&self) -> Vec<String> {
        self.names().into_iter().filter(|name| name.ends_with(".partial")).collect()
    }

    /// The one artifact.
    pub fn artifact(&self) -> String {
        let names = self.names();
        let [artifact, _] = &names[..] else { panic!("one backup: {names:?}") };
        artifact.clone()
    }

    /// Every file with its content and time, to be compared.
    pub fn state(&self) -> BTreeMap<String, (SystemTime, Vec<u8>)> {
        let of = |name: String| {
            let path = self.file(&name);
            let time = fs::metadata(&path).unwrap().modified().unwrap();
            (name, (time, fs::read(path).unwrap()))
        };
        self.names().into_iter().map(of).collect()
    }

    /// Until the second that it is now stands in no name: a backup of the same second would have the
    /// same one.
    fn wait_for_a_name(&self) {
        let taken = || {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
            let (hour, minute, second) = (now / 3600 % 24, now / 60 % 60, now % 60);
            let now = format!("T{hour:02}{minute:02}{second:02}Z");
            self.path.is_dir() && self.names().iter().any(|name| name.contains(&now))
        };
        while taken() {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// It ended so, and said all of this.
#[track_caller]
pub fn expect(ran: &Ran, code: i32, said: &[&str]) {
    assert_eq!(ran.code, code, "{}:\n{}", ran.line, ran.stderr);
    for text in said {
        assert!(ran.stderr.contains(text), "{} does not say {text:?}:\n{}", ran.line, ran.stderr);
    }
}
