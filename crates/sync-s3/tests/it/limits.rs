//! A disk that is full, or read-only. Mounts small file systems, so it wants root.

use crate::place::{Place, noise, read, text, write};
use std::fs;
use testkit::Disk;

#[test]
fn a_full_disk_is_named_and_leaves_nothing_half() {
    let place = Place::moto();
    let source = place.path("source");
    write(
        &source,
        &[("a", b"a"), ("b", &noise(1, 2 << 20)), ("c", b"c"), ("d", &noise(2, 12 << 20))],
    );
    place.done(&[text(&source), &place.url("x")]);
    let disk = Disk::new("1m");
    write(disk.path(), &[("b", b"as it was")]);
    let ran = place.run(&[&place.url("x"), text(disk.path())]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("no space left"), "{}", ran.stderr);
    assert_eq!(fs::read(disk.path().join("b")).unwrap(), b"as it was");
    // The others come if there is room for them at their moment, and come whole.
    let (files, wanted) = (read(disk.path()), read(&source));
    assert!(!files.is_empty());
    for (name, bytes) in files.iter().filter(|(name, _)| *name != "b") {
        assert!(wanted.get(name) == Some(bytes), "{name}");
    }
    for name in wanted.keys().filter(|name| !files.contains_key(*name)) {
        assert!(ran.stdout.contains(&format!("{name} FAILED")), "{}", ran.stdout);
    }
}

#[test]
fn a_disk_that_cannot_be_written_ends_with_2() {
    let place = Place::moto();
    place.put("x", &[("a", b"a"), ("b", b"b")]);
    let disk = Disk::new("1m");
    disk.make_read_only();
    let ran = place.run(&[&place.url("x"), text(disk.path())]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("read-only"), "{}", ran.stderr);
}
