//! The tree that the judge makes, with every kind of entry, and what it sees in another.

use crate::manifests::root;
use std::path::Path;
use std::process::Command;
use testkit::run;

fn judge(verb: &str, tree: &Path) -> Command {
    let mut command = Command::new("python3");
    command.arg(root().join("crates/backup-volume/tests/tree.py")).arg(verb).arg(tree);
    command
}

pub(super) fn make(tree: &Path) {
    run(&mut judge("make", tree)).ok();
}

pub(super) fn seen(tree: &Path) -> String {
    run(&mut judge("show", tree)).ok()
}
