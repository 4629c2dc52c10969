//! Two long texts that should be the same, and what is different if they are not.

use std::fs;
use std::process::Command;
use testkit::run;

/// More would bury what matters.
const LINES: usize = 60;

/// Panics with the beginning of a unified diff.
#[track_caller]
pub fn assert_same(expected: &str, found: &str, what: &str) {
    if expected == found {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("it can be written");
        path
    };
    let mut diff = Command::new("diff");
    diff.arg("-u").arg(file("expected", expected)).arg(file("found", found));
    let all = run(&mut diff).stdout;
    let lines: Vec<_> = all.lines().take(LINES).collect();
    let rest = all.lines().count() - lines.len();
    panic!("{what}:\n{}\n… and {rest} lines more", lines.join("\n"));
}
