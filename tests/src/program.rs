//! The programs as they are delivered: real binaries, not functions called.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use testkit::run;

static BUILT: Mutex<Option<HashMap<String, PathBuf>>> = Mutex::new(None);

/// A command that runs the program of this name as it is in the checkout now, with an environment
/// of its own: nothing of ours but `PATH`.
pub fn program(name: &str) -> Command {
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    let path =
        built.get_or_insert_default().entry(name.to_owned()).or_insert_with(|| build(name)).clone();
    let mut command = Command::new(path);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

/// A command that builds, without what cargo tells a test of the package it belongs to: some build
/// scripts watch that, and they, and all that needs them, would be built anew.
pub fn outside(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

/// `cargo test` builds the programs of its own package only, and these tests have none.
fn build(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test has a path");
    let folder = test.ancestors().nth(2).expect("target/PROFILE/deps/test").to_owned();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let mut cargo = outside(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // Of the workspace: a package by itself would have other features, and its dependencies built anew.
    cargo.current_dir(root).args(["build", "--quiet", "--workspace", "--bin", name]);
    cargo.env("CARGO_TARGET_DIR", folder.parent().expect("target"));
    if folder.ends_with("release") {
        cargo.arg("--release");
    }
    run(&mut cargo).ok();
    folder.join(name)
}
