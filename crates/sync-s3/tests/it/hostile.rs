//! Keys and names that mean harm, or only look like it.

use crate::place::{Place, read, text, write};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use testkit::run;

/// Straight into the server: the aws command would make a plain path of some.
fn put(place: &Place, keys: &[&str]) {
    for key in keys {
        place.server.put(&place.bucket, key, key.as_bytes());
    }
}

#[test]
fn no_key_leads_out_of_the_target() {
    let place = Place::moto();
    let long = format!("x/{}", "n".repeat(256));
    let bad =
        ["x/../out", "x//abs", "x/a//b", "x/a/./b", "x/sub/../../out", "x/f/g", long.as_str()];
    put(&place, &bad);
    put(&place, &["x/f", "x/good/one", "x/link/x", "x/link-to-file", "x/dir"]);
    let (target, outside) = (place.path("target"), place.path("outside"));
    write(&outside, &[("precious", b"precious")]);
    write(&target, &[("dir/there", b"there")]);
    symlink(&outside, target.join("link")).unwrap();
    symlink(outside.join("precious"), target.join("link-to-file")).unwrap();
    let line = [&place.url("x"), text(&target)];
    let dry = place.run(&[&line[..], &["--dry-run"]].concat());
    assert_eq!(dry.code, 4, "{}", dry.stderr);
    let ran = place.run(&line);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    for key in bad.iter().map(|key| &key[2..]).chain(["link/x", "link-to-file", "dir"]) {
        let said = ran.stdout.lines().any(|line| line.starts_with(&format!("{key} FAILED")));
        assert!(said, "{key}: {}", ran.stdout);
    }
    let files = read(&target);
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(names, ["dir/there", "f", "good/one"]);
    assert_eq!(read(&outside).len(), 1);
    assert_eq!(fs::read(outside.join("precious")).unwrap(), b"precious");
    let names: Vec<_> = fs::read_dir(place.folder.path()).unwrap().collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[test]
fn a_name_that_is_no_key_is_named_and_the_others_go() {
    let place = Place::moto();
    let source = place.path("source");
    write(&source, &[("good", b"good")]);
    fs::write(source.join(std::ffi::OsStr::from_bytes(b"bad-\xff")), "x").unwrap();
    run(std::process::Command::new("mkfifo").arg(source.join("pipe"))).ok();
    let ran = place.run(&[text(&source), &place.url("x")]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stdout.contains("bad-\u{fffd} FAILED"), "{}", ran.stdout);
    assert!(ran.stdout.contains("pipe FAILED"), "{}", ran.stdout);
    assert_eq!(place.server.object(&place.bucket, "x/good"), b"good");
    // What is left out is no trouble.
    let ran = place.run(&[text(&source), &place.url("x"), "--exclude", "pipe"]);
    assert!(!ran.stdout.contains("pipe"), "{}", ran.stdout);
}

#[test]
fn links_are_followed_or_left_out_and_a_circle_ends() {
    let place = Place::moto();
    let (source, other) = (place.path("source"), place.path("other"));
    write(&source, &[("a", b"a")]);
    write(&other, &[("b", b"b")]);
    symlink(&other, source.join("folder")).unwrap();
    symlink(other.join("b"), source.join("file")).unwrap();
    let done = place.done(&[text(&source), &place.url("x")]);
    assert_eq!(done["uploaded"], 3, "{done}");
    assert_eq!(place.keys("x"), ["x/a", "x/file", "x/folder/b"]);
    let done = place.done(&[text(&source), &place.url("y"), "--no-follow-symlinks"]);
    assert_eq!(done["uploaded"], 1, "{done}");
    symlink(&source, source.join("circle")).unwrap();
    let ran = place.run(&[text(&source), &place.url("z")]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("circle"), "{}", ran.stderr);
    assert_eq!(place.keys("z").len(), 3);
}

/// Objects that only make folders seen are no files.
#[test]
fn folder_markers_are_left_alone() {
    let place = Place::moto();
    let mut marker = place.server.aws();
    marker.args(["s3api", "put-object", "--bucket", &place.bucket, "--key", "x/folder/"]);
    run(&mut marker).ok();
    put(&place, &["x/folder/file"]);
    let target = place.path("target");
    assert_eq!(place.done(&[&place.url("x"), text(&target), "--delete"])["downloaded"], 1);
    assert_eq!(read(&target).len(), 1);
    let done = place.done(&[text(&target), &place.url("x"), "--delete"]);
    assert_eq!((&done["deleted"], &done["unchanged"]), (&0.into(), &1.into()), "{done}");
    assert_eq!(place.keys("x").len(), 2);
}
