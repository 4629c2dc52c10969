//! What was asked wrongly ends with 2 and removes nothing; a place that holds nothing is told.

use super::shelf::Shelf;
use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use testkit::{Ran, run};
use tests::program;

#[track_caller]
fn refused(ran: &Ran, words: &[&str]) {
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    for word in words {
        assert!(ran.stderr.contains(word), "{word:?} is missing: {}", ran.stderr);
    }
}

#[test]
fn a_mistake_is_named_and_nothing_is_removed() {
    let shelf = Shelf::new();
    shelf.add("postgres", "shop", 40);
    let before = shelf.files();
    let (_folder, config) = Shelf::config("rules:\n  - backups: postgres/shop\n    keep-dais: 7\n");
    let config = config.to_str().unwrap();
    refused(&shelf.run(&["--keep-last=1", "--config", config]), &["line 3", "keep-dais", config]);
    refused(&shelf.run(&["--keep-last=1", "--config=/no/such"]), &["/no/such"]);
    refused(&shelf.run(&["--keep-last=0"]), &["keep-last"]);
    refused(&shelf.run(&["--keep-last=1", "--only=shop"]), &["KIND/NAME", "postgres/shop"]);
    refused(&shelf.run(&["--max-age=0s"]), &["max-age"]);
    let twice = shelf.path().to_str().unwrap();
    refused(&shelf.run(&["--store", twice]), &["twice"]);
    refused(
        &run(program("cleanup-backups").args(["--store", "/no/such/place"])),
        &["/no/such/place"],
    );
    assert_eq!(shelf.files(), before);
}

#[test]
fn a_store_that_holds_nothing_may_be_the_wrong_one() {
    let empty = tempfile::tempdir().unwrap();
    let ran = run(program("cleanup-backups").arg("--store").arg(empty.path()));
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("right place"), "{}", ran.stderr);
}

#[test]
fn a_store_that_may_only_be_read_can_be_planned_but_not_cleaned() {
    let shelf = Shelf::new();
    let old = shelf.add("postgres", "shop", 40);
    set_permissions(shelf.path(), Permissions::from_mode(0o755)).unwrap();
    for file in shelf.files() {
        set_permissions(shelf.path().join(file), Permissions::from_mode(0o644)).unwrap();
    }
    let as_nobody = |arguments: &[&str]| {
        let ours = shelf.command(arguments);
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65532", "--regid=65532", "--clear-groups"]);
        run(command.arg(ours.get_program()).args(ours.get_args()))
    };
    let dry = as_nobody(&["--keep-last=1", "--dry-run"]);
    assert_eq!(dry.code, 0, "{}", dry.stderr);
    assert!(dry.stdout.contains(&old), "{}", dry.stdout);
    let ran = as_nobody(&["--keep-last=1"]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.to_lowercase().contains("permission denied"), "{}", ran.stderr);
    assert!(shelf.files().contains(&old));
}
