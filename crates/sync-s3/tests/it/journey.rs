//! There, across, and back again.

use crate::place::{Place, arguments_json, noise, on_servers, read, report, sample, text, write};
use std::fs::{self, File};
use std::time::{Duration, SystemTime};
use testkit::run;

on_servers! {
    a_tree_goes_up_across_and_down_and_nothing_is_done_twice
    only_what_changed_is_copied
    a_dry_run_tells_exactly_what_would_be_done
}

const LARGE: usize = (21 << 20) + 7;

fn a_tree_goes_up_across_and_down_and_nothing_is_done_twice(place: &Place) {
    let source = place.path("source");
    let files = sample(&source, LARGE);
    let (up, across) = (place.url("up"), place.url("across/x"));
    let bytes: usize = files.values().map(Vec::len).sum();

    let done = place.done(&[text(&source), &up]);
    assert_eq!(done["uploaded"], files.len(), "{done}");
    assert_eq!(done["bytes"], bytes, "{done}");
    assert_eq!(place.seen("up"), files);
    let done = place.done(&[text(&source), &up]);
    assert_eq!((&done["uploaded"], &done["unchanged"]), (&0.into(), &files.len().into()), "{done}");

    let done = place.done(&["sync", &up, &across]);
    assert_eq!(done["copied"], files.len(), "{done}");
    assert_eq!(place.seen("across/x"), files);
    assert_eq!(place.done(&[&up, &across])["copied"], 0);

    let target = place.folder.path().join("target/below");
    let done = place.done(&[&across, text(&target)]);
    assert_eq!(done["downloaded"], files.len(), "{done}");
    assert_eq!(read(&target), files);
    assert_eq!(place.done(&[&across, text(&target)])["downloaded"], 0);
    // Its time is the object's, so that even the strictest comparison finds it the same.
    let done = place.done(&[&across, text(&target), "--exact-timestamps"]);
    assert_eq!(done["downloaded"], 0, "{done}");
    // The field's own program agrees.
    let mut theirs = place.server.aws();
    theirs.args(["s3", "sync", "--dryrun", &across]).arg(&target);
    assert_eq!(run(&mut theirs).ok(), "");
    let mut theirs = place.server.aws();
    theirs.args(["s3", "sync", "--dryrun"]).arg(&source).arg(&up);
    assert_eq!(run(&mut theirs).ok(), "");
    assert_eq!(place.server.uploads(&place.bucket), [""; 0]);
}

fn only_what_changed_is_copied(place: &Place) {
    let source = place.path("source");
    write(&source, &[("a", b"one"), ("b", b"two"), ("c", b"three")]);
    let url = place.url("x");
    place.done(&[text(&source), &url]);
    write(&source, &[("a", b"other size"), ("d", b"new")]);
    let later = SystemTime::now() + Duration::from_secs(100);
    File::options().write(true).open(source.join("b")).unwrap().set_modified(later).unwrap();
    let done = place.done(&[text(&source), &url]);
    assert_eq!((&done["uploaded"], &done["unchanged"]), (&3.into(), &1.into()), "{done}");
    assert_eq!(place.seen("x"), read(&source));

    // What was changed here since is replaced, unless it only looks so.
    let target = place.path("target");
    place.done(&[&url, text(&target)]);
    File::options().write(true).open(target.join("c")).unwrap().set_modified(later).unwrap();
    write(&target, &[("d", b"longer")]);
    let done = place.done(&[&url, text(&target), "--size-only"]);
    assert_eq!(done["downloaded"], 1, "{done}");
    assert_eq!(place.done(&[&url, text(&target)])["downloaded"], 1);
    assert_eq!(read(&target), read(&source));
}

fn a_dry_run_tells_exactly_what_would_be_done(place: &Place) {
    let source = place.path("source");
    write(&source, &[("a", b"one"), ("b/c", b"two"), ("d", b"three"), ("e", b"four")]);
    let url = place.url("x");
    place.done(&[text(&source), &url]);
    let before = place.seen("x");
    write(&source, &[("a", b"other size"), ("b/new", b"new")]);
    fs::remove_file(source.join("d")).unwrap();
    let line = [text(&source), &url, "--delete"];
    let dry = place.run(&[&line[..], &["--dry-run"]].concat()).ok();
    let lines: Vec<&str> = dry.lines().take_while(|line| !line.contains("->")).collect();
    assert_eq!(
        lines,
        [
            format!("upload: {} to {url}/a", source.join("a").display()),
            format!("upload: {} to {url}/b/new", source.join("b/new").display()),
            format!("delete: {url}/d"),
        ]
    );
    assert_eq!(place.seen("x"), before);
    let planned = report(&place.run(&arguments_json(&[&line[..], &["--dry-run"]].concat())).ok());
    assert_eq!(planned["changes"].as_array().unwrap().len(), 3, "{planned}");
    assert_eq!((&planned["uploaded"], &planned["deleted"]), (&2.into(), &1.into()));
    let done = place.done(&line);
    assert_eq!((&done["uploaded"], &done["deleted"]), (&2.into(), &1.into()), "{done}");
    assert_eq!(place.seen("x"), read(&source));
    // A destination that is not there is not made.
    let target = place.folder.path().join("nowhere");
    let planned = place.done(&[&url, text(&target), "--dry-run"]);
    assert_eq!(planned["downloaded"], 4, "{planned}");
    assert!(!target.exists());
}

#[test]
fn class_and_content_type_are_those_asked_for() {
    let place = Place::moto();
    let source = place.path("source");
    write(&source, &[("page.html", b"<p>"), ("big.json", &noise(1, 9 << 20))]);
    place.done(&[text(&source), &place.url(""), "--storage-class", "GLACIER"]);
    for (key, kind) in [("page.html", "text/html"), ("big.json", "application/json")] {
        let mut head = place.server.aws();
        head.args(["s3api", "head-object", "--bucket", &place.bucket, "--key", key]);
        let head = report(&run(&mut head).ok());
        assert_eq!(
            (&head["StorageClass"], &head["ContentType"]),
            (&"GLACIER".into(), &kind.into())
        );
    }
    // What lies in the ice is named, and the rest comes.
    place.put("", &[("warm", b"warm")]);
    let target = place.path("target");
    let ran = place.run(&[&place.url(""), text(&target)]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("restore it first"), "{}", ran.stderr);
    assert_eq!(read(&target).len(), 1);
}

/// What aws' job did: some of a folder into a class of its own, and then a list.
#[test]
fn rules_may_come_from_the_environment() {
    let place = Place::moto();
    let source = place.path("source");
    write(
        &source,
        &[("a.sql.gz", b"a"), ("b.tar.gz", b"b"), ("c.tmp", b"c"), ("d/e.sql.gz", b"e")],
    );
    let mut command = place.command(&[]);
    command.env("SYNC_SOURCE", &source).env("SYNC_DEST", place.url("kept"));
    command.env("EXCLUDE", "*").env("INCLUDE", "*.sql.gz,*.tar.gz");
    run(&mut command).ok();
    assert_eq!(place.keys(""), ["kept/a.sql.gz", "kept/b.tar.gz", "kept/d/e.sql.gz"]);
    let mut command = place.command(&["ls"]);
    command.env("SYNC_DEST", place.url("kept")).env("HUMAN_READABLE", "true");
    let listed = run(&mut command).ok();
    assert!(listed.contains("1 B a.sql.gz") && listed.contains("PRE d/"), "{listed}");
    let mut command = place.command(&[text(&source), &place.url("other")]);
    run(command.env("FILTERS", "- *.tmp\n+ c*\n- d/*\n")).ok();
    assert_eq!(place.keys("other"), ["other/a.sql.gz", "other/b.tar.gz", "other/c.tmp"]);
}
