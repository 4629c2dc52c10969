//! What no manifest of ours names is not touched, however it is called.

use super::shelf::{Shelf, with_manifests};
use serde_json::json;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;

#[test]
fn what_it_does_not_know_it_leaves_alone() {
    let shelf = Shelf::new();
    let outside = tempfile::tempdir().unwrap();
    let precious = outside.path().join("precious");
    fs::write(&precious, "all we have").unwrap();
    let gone = BTreeSet::from([shelf.add("postgres", "shop", 40)]);
    let place = |file: &str| shelf.path().join(file);
    let old = |kind: &str, rest: &str| format!("{kind}-shop-20200101T000000Z.sql.gz{rest}");

    for file in
        ["-rf", "$(rm -rf .)", "a\nb.manifest.json", "notes.txt", ".manifest.json", "lost+found"]
    {
        fs::write(place(file), "not ours").unwrap();
    }
    // No manifest, no backup.
    fs::write(place(&old("postgres", "")), "an orphan").unwrap();
    // A manifest that names another file: a path, or someone else's backup.
    let names = |file: String| {
        move |manifest: &mut serde_json::Value| manifest["artifact"]["file"] = json!(file)
    };
    shelf.add_with("evil", "path", 40, names(precious.display().to_string()));
    shelf.add_with("evil", "up", 41, names("../precious".to_owned()));
    shelf.add_with("evil", "other", 42, names("notes.txt".to_owned()));
    // Not JSON; cut off; of another version of the format.
    fs::write(place(&old("cut", ".manifest.json")), "{\"format\": \"nightshift.ba").unwrap();
    shelf.add_with("newer", "x", 43, |manifest| manifest["format"] = json!("nightshift.backup/v9"));
    // A folder and a link where a manifest could be.
    fs::create_dir(place(&old("folder", ".manifest.json"))).unwrap();
    symlink(&precious, place(&old("link", ""))).unwrap();
    symlink("/etc", place("etc")).unwrap();

    let before = shelf.files();
    let ran = shelf.run(&["--keep-last=1", "--keep-days=1"]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert_eq!(shelf.files(), &before - &with_manifests(&gone));
    assert_eq!(fs::read_to_string(&precious).unwrap(), "all we have");
    let last = ran.stderr.lines().last().unwrap();
    for name in ["evil-path", "evil-up", "evil-other", "cut-shop", "newer-x"] {
        assert!(last.contains(name), "{name} is named: {last}");
    }
    assert!(!last.contains("postgres-shop"), "an orphan is a warning: {last}");
    assert!(ran.stderr.contains(&old("postgres", " has no manifest")), "{}", ran.stderr);
}

#[test]
fn a_removal_that_was_begun_is_brought_to_its_end() {
    let shelf = Shelf::new();
    let old = shelf.add("postgres", "shop", 40);
    let manifest = format!("{old}.manifest.json");
    fs::rename(shelf.path().join(&manifest), shelf.path().join(format!("{manifest}.pruned")))
        .unwrap();
    shelf.run(&["--keep-days=90"]).ok();
    assert_eq!(shelf.files().len(), 2, "{:?}", shelf.files());
}
