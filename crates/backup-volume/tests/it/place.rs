//! A tree, a store and folders to restore into; the program run on them.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;
use testkit::{Ran, run};

pub(crate) struct Place {
    folder: PathBuf,
    /// Held to be removed at the end.
    held: Option<TempDir>,
    /// The second of the last backup: the next of the same would have the same name.
    second: Cell<u64>,
}

impl Place {
    /// With an empty tree.
    pub(crate) fn new() -> Self {
        let held = TempDir::new().unwrap();
        let mut place = Self::at(held.path());
        place.held = Some(held);
        place
    }

    /// In a folder that somebody else removes.
    pub(crate) fn at(folder: &Path) -> Self {
        fs::create_dir(folder.join("tree")).unwrap();
        fs::create_dir(folder.join("store")).unwrap();
        Self { folder: folder.to_owned(), held: None, second: Cell::default() }
    }

    /// With every kind of entry.
    pub(crate) fn full() -> Self {
        let place = Self::new();
        run(judge("make").arg(place.tree())).ok();
        place
    }

    pub(crate) fn path(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn tree(&self) -> PathBuf {
        self.folder.join("tree")
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.folder.join("store")
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.store().join(name)
    }

    pub(crate) fn command(&self, verb: &str, arguments: &[&str]) -> Command {
        if verb == "backup" {
            self.wait_for_a_name();
        }
        let mut command = program();
        command.arg(verb).args(arguments).env("BACKUP_STORE", self.store());
        if verb == "backup" {
            command.env("BACKUP_SOURCE", self.tree());
        }
        command
    }

    pub(crate) fn run(&self, verb: &str, arguments: &[&str]) -> Ran {
        run(&mut self.command(verb, arguments))
    }

    /// A backup that must succeed; its file.
    #[track_caller]
    pub(crate) fn backup(&self, arguments: &[&str]) -> String {
        self.run("backup", arguments).ok();
        self.artifacts().pop().unwrap()
    }

    /// Oldest first.
    pub(crate) fn artifacts(&self) -> Vec<String> {
        let mut names = self.names();
        names.retain(|name| name.starts_with("volume-") && !name.contains(".manifest.json"));
        names
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.store()).unwrap().map(Result::unwrap);
        let mut names: Vec<_> =
            entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// A new empty folder.
    pub(crate) fn target(&self) -> PathBuf {
        tempfile::Builder::new().prefix("to").tempdir_in(&self.folder).unwrap().keep()
    }

    /// Restores into a new folder.
    pub(crate) fn restore(&self, which: &str, arguments: &[&str]) -> (Ran, PathBuf) {
        let to = self.target();
        let mut command = self.command("restore", &[which]);
        let ran = run(command.args(arguments).arg("--to").arg(&to));
        (ran, to)
    }

    /// The name of a backup is its second.
    fn wait_for_a_name(&self) {
        loop {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
            if now > self.second.replace(now) {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_backup-volume"));
    command.env_clear();
    command
}

fn judge(verb: &str) -> Command {
    let mut command = Command::new("python3");
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tree.py")).arg(verb);
    command
}

/// What lies in a tree, as a walk sees it that is none of ours.
pub(crate) fn seen(tree: &Path) -> String {
    run(judge("show").arg(tree)).ok()
}

/// The lines that differ.
#[track_caller]
pub(crate) fn assert_same(found: &str, wanted: &str) {
    let missing: Vec<_> = wanted.lines().filter(|line| !found.contains(line)).collect();
    let added: Vec<_> = found.lines().filter(|line| !wanted.contains(line)).collect();
    assert!(found == wanted, "missing: {missing:#?}\nadded: {added:#?}");
}

#[track_caller]
pub(crate) fn expect(ran: &Ran, code: i32, said: &[&str]) {
    assert_eq!(ran.code, code, "{}", ran.stderr);
    for text in said {
        assert!(ran.stderr.contains(text), "{text:?} is not in:\n{}", ran.stderr);
    }
}
