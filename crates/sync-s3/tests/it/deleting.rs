//! What must not be deleted, and what is.

use crate::place::{Place, on_servers, read, text, write};
use std::fs;
use std::os::unix::fs::symlink;

on_servers! {
    an_empty_source_deletes_nothing_unless_told
    no_more_is_deleted_than_was_agreed_to
    what_rules_leave_out_is_not_deleted
    nothing_is_deleted_when_something_could_not_be_read
    files_are_deleted_here_too_and_nothing_through_a_link
}

const TEN: [(&str, &[u8]); 10] = [
    ("0", b"0"),
    ("1", b"1"),
    ("2", b"2"),
    ("3", b"3"),
    ("4", b"4"),
    ("5", b"5"),
    ("6", b"6"),
    ("7", b"7"),
    ("8/8", b"8"),
    ("9.log", b"9"),
];

fn an_empty_source_deletes_nothing_unless_told(place: &Place) {
    place.put("x", &TEN[..3]);
    let (source, url) = (place.path("source"), place.url("x"));
    let line = [text(&source), &url, "--delete", "--max-delete", "100%"];
    for more in [&[][..], &["--dry-run"]] {
        let ran = place.run(&[&line[..], more].concat());
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        assert!(ran.stderr.contains("--allow-empty-source"), "{}", ran.stderr);
        assert!(!ran.stdout.contains("delete:"), "{}", ran.stdout);
    }
    assert_eq!(place.keys("x").len(), 3);
    // Nor does a prefix where nothing lies, or a source that is not there.
    let target = place.path("target");
    write(&target, &TEN[..2]);
    let ran = place.run(&[&place.url("mistyped"), text(&target), "--delete"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    let missing = source.join("missing");
    let ran = place.run(&[text(&missing), &url, "--delete", "--allow-empty-source"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert_eq!((place.keys("x").len(), read(&target).len()), (3, 2));
    let done = place.done(&[&line[..], &["--allow-empty-source"]].concat());
    assert_eq!(done["deleted"], 3, "{done}");
    assert!(place.keys("x").is_empty());
}

fn no_more_is_deleted_than_was_agreed_to(place: &Place) {
    place.put("x", &TEN);
    let (source, url) = (place.path("source"), place.url("x"));
    write(&source, &TEN[..4]);
    write(&source, &[("new", b"new")]);
    // Six of ten, and half is the most unless told.
    for most in [&[][..], &["--max-delete", "5"], &["--max-delete", "54%"]] {
        let ran = place.run(&[&[text(&source), &url, "--delete"], most].concat());
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        assert!(ran.stderr.contains("6 of 1"), "{}", ran.stderr);
    }
    assert_eq!(place.keys("x").len(), 11);
    let done = place.done(&[text(&source), &url, "--delete", "--max-delete", "6"]);
    assert_eq!(done["deleted"], 6, "{done}");
    assert_eq!(place.seen("x"), read(&source));
}

fn what_rules_leave_out_is_not_deleted(place: &Place) {
    place.put("x", &TEN);
    let source = place.path("source");
    write(&source, &TEN[..8]);
    let line = [text(&source), &place.url("x"), "--delete", "--exclude", "*.log"];
    let done = place.done(&line);
    assert_eq!(done["deleted"], 1, "{done}");
    assert!(place.keys("x").contains(&"x/9.log".to_owned()));
    // Without --delete nothing ever goes.
    fs::remove_file(source.join("0")).unwrap();
    assert_eq!(place.done(&line[..2])["deleted"], 0);
}

fn nothing_is_deleted_when_something_could_not_be_read(place: &Place) {
    place.put("x", &TEN);
    let source = place.path("source");
    write(&source, &TEN[..8]);
    symlink("nowhere", source.join("broken")).unwrap();
    let ran = place.run(&[text(&source), &place.url("x"), "--delete"]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("broken"), "{}", ran.stderr);
    assert!(ran.stdout.contains("deletes withheld  2"), "{}", ran.stdout);
    assert_eq!(place.keys("x").len(), 10);
    let done = place.done(&[text(&source), &place.url("x"), "--delete", "--exclude", "broken"]);
    assert_eq!(done["deleted"], 2, "{done}");
}

fn files_are_deleted_here_too_and_nothing_through_a_link(place: &Place) {
    place.put("x", &TEN[..8]);
    let (target, outside) = (place.path("target"), place.path("outside"));
    write(&target, &TEN);
    write(&outside, &[("precious", b"precious")]);
    symlink(&outside, target.join("link")).unwrap();
    symlink(outside.join("precious"), target.join("link-to-file")).unwrap();
    let done = place.done(&[&place.url("x"), text(&target), "--delete", "--size-only"]);
    assert_eq!((&done["deleted"], &done["unchanged"]), (&2.into(), &8.into()), "{done}");
    assert!(!target.join("9.log").exists());
    assert_eq!(read(&outside).len(), 1);
    assert!(target.join("link").is_symlink() && target.join("link-to-file").is_symlink());
}
