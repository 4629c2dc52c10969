//! What no retry helps is exit code 2, and says what to do.

use super::place::{Place, expect, program};
use std::fs;
use testkit::run;

#[test]
fn what_is_wrong_is_said_before_anything_is_done() {
    let place = Place::new();
    fs::write(place.tree().join("file"), "x").unwrap();
    for (verb, arguments, said) in [
        ("backup", &["--source", "/no/such/folder"][..], "mount the volume"),
        ("backup", &["--source", "/"], "--name"),
        ("backup", &["--exclude", "["], "no pattern"),
        ("backup", &["--overwrite"], "belongs to restore"),
        ("backup", &["--full-every", "0"], "--full-every"),
        ("list", &["latest", "path"], "only restore takes paths"),
        ("restore", &[], "--to"),
        ("verify", &[], "no volume backup"),
    ] {
        expect(&place.run(verb, arguments), 2, &[said]);
    }
    assert!(place.names().is_empty(), "{:?}", place.names());
    place.backup(&[]);
    let file = place.tree().join("file");
    let mut command = place.command("restore", &["latest", "--to", file.to_str().unwrap()]);
    expect(&run(&mut command), 2, &["to restore into"]);
}

#[test]
fn an_empty_directory_is_not_what_a_full_one_became() {
    let place = Place::new();
    expect(&place.run("backup", &[]), 0, &["is empty"]);
    fs::write(place.tree().join("file"), "x").unwrap();
    place.backup(&[]);
    fs::remove_file(place.tree().join("file")).unwrap();
    let before = place.names();
    expect(&place.run("backup", &[]), 2, &["is empty", "--allow-empty"]);
    assert_eq!(place.names(), before);
    place.backup(&["--allow-empty"]);
}

#[test]
fn a_dry_run_writes_nothing() {
    let place = Place::full();
    let said = place.run("backup", &["--dry-run"]).ok();
    assert!(said.contains("would save 121 entries"), "{said}");
    assert!(place.names().is_empty());
    place.backup(&[]);
    let (ran, to) = place.restore("latest", &["--dry-run"]);
    assert!(ran.ok().contains("would restore 121 entries"));
    assert_eq!(fs::read_dir(to).unwrap().count(), 0);
}

#[test]
fn every_setting_has_an_environment_variable() {
    let help = run(program().arg("--help")).ok();
    for line in help.lines().filter(|line| line.trim_start().starts_with("--")) {
        let flag = line.trim().split([' ', ',']).next().unwrap();
        let after = &help[help.find(line).unwrap()..];
        let next = after[line.len()..].find("\n      --").unwrap_or(after.len() - line.len());
        let own = &after[..line.len() + next];
        assert!(["--help", "--version"].contains(&flag) || own.contains("[env: "), "{own}");
    }
}
