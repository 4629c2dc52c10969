//! Retention as the program does it: what is removed, what is never touched.

use super::databases::{empty, small};
use super::store::{MANIFEST, Store, expect};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use testkit::Database;

const DATES: &str = "%Y%m%dT%H%M%SZ";

/// Backups of one name, made from one by changing its times, newest first.
struct Shelf {
    store: Store,
    files: Vec<String>,
}

impl Shelf {
    /// So many, one every half day, the newest of half a day ago.
    fn of(database: &Database, name: &str, count: i64) -> Self {
        let store = Store::new();
        let first = store.backup(database, &["--name", name]);
        let files = (1..=count).map(|number| copy(&store, &first, number)).collect();
        for file in [first.clone(), format!("{first}{MANIFEST}")] {
            fs::remove_file(store.file(&file)).unwrap();
        }
        Self { store, files }
    }

    /// Changes what a manifest says.
    fn edit(&self, number: usize, change: impl Fn(&mut Value)) {
        let path = self.store.file(&format!("{}{MANIFEST}", self.files[number]));
        let mut manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        change(&mut manifest);
        fs::write(path, serde_json::to_vec(&manifest).unwrap()).unwrap();
    }

    /// What was removed, by the JSON result.
    #[track_caller]
    fn prune(&self, arguments: &[&str]) -> Vec<String> {
        let arguments = [&["--output", "json"], arguments].concat();
        let json: Value = serde_json::from_str(&self.store.run("prune", &arguments).ok()).unwrap();
        let removed = json["removed"].as_array().unwrap();
        removed.iter().map(|file| file.as_str().unwrap().to_owned()).collect()
    }
}

fn copy(store: &Store, first: &str, number: i64) -> String {
    let started = Timestamp::now() - SignedDuration::from_hours(12 * number);
    let (start, rest) = first.rsplit_once('-').unwrap();
    let format = rest.split_once('.').unwrap().1;
    let file = format!("{start}-{}.{format}", started.strftime(DATES));
    let path = store.file(&format!("{first}{MANIFEST}"));
    let mut manifest: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    manifest["artifact"]["file"] = json!(file);
    manifest["started"] = json!(started.to_string());
    manifest["finished"] = json!(started.to_string());
    let json = serde_json::to_vec(&manifest).unwrap();
    fs::copy(store.file(first), store.file(&file)).unwrap();
    fs::write(store.file(&format!("{file}{MANIFEST}")), json).unwrap();
    file
}

fn sorted(files: &[String]) -> BTreeSet<String> {
    files.iter().cloned().collect()
}

#[test]
fn a_dry_run_says_what_the_real_one_does() {
    let shelf = Shelf::of(&small(), "shop", 40);
    let before = shelf.store.state();
    let mut removed = 0;
    for rules in [
        &["--keep-days=10"][..],
        &["--keep-days=2", "--keep-weekly=2", "--keep-monthly=2"],
        &["--keep-days=0", "--keep-daily=3"],
        &["--keep-days=0", "--keep-last=2"],
    ] {
        let said = shelf.prune(&[&["--dry-run"], rules].concat());
        removed += said.len();
        let listed = sorted(&shelf.store.list().sound);
        assert_eq!(shelf.prune(rules), said, "{rules:?}");
        let left = sorted(&shelf.store.list().sound);
        assert_eq!(listed.difference(&left).cloned().collect::<BTreeSet<_>>(), sorted(&said));
        assert_eq!(shelf.prune(&[&["--dry-run"], rules].concat()), [""; 0]);
    }
    assert_eq!(removed, 38);
    assert_eq!(shelf.store.list().sound, shelf.files[..2]);
    assert_eq!(shelf.store.names().len(), 4);
    let still = shelf.store.state();
    assert!(still.iter().all(|(name, file)| before[name] == *file), "what stays is untouched");
    shelf.store.run("verify", &["latest", "--name", "shop"]).ok();
}

#[test]
fn the_floor_stays_however_old() {
    let shelf = Shelf::of(&small(), "shop", 12);
    let removed = shelf.prune(&["--keep-days=0", "--keep-last=4"]);
    assert_eq!(sorted(&removed), sorted(&shelf.files[4..]));
    assert_eq!(shelf.store.list().sound, shelf.files[..4]);
    expect(&shelf.store.run("prune", &["--keep-last=0"]), 2, &["--keep-last"]);
}

#[test]
fn what_is_not_proven_does_not_count_for_the_floor() {
    let shelf = Shelf::of(&small(), "shop", 8);
    // Not read back, cut short, gone: none of these is a backup to rely on.
    shelf.edit(0, |manifest| manifest["verified"] = json!(false));
    let cut = shelf.store.file(&shelf.files[1]);
    fs::write(&cut, &fs::read(&cut).unwrap()[1..]).unwrap();
    fs::remove_file(shelf.store.file(&shelf.files[2])).unwrap();
    shelf.prune(&["--keep-days=0", "--keep-last=3"]);
    let sound = sorted(&shelf.store.list().sound);
    assert!(sorted(&shelf.files[3..6]).is_subset(&sound), "{sound:?}");
    assert!(!sound.contains(&shelf.files[6]) && !sound.contains(&shelf.files[7]), "{sound:?}");
}

#[test]
fn a_backup_that_was_not_read_back_does_not_count() {
    let database = small();
    let shelf = Shelf::of(&database, "shop", 3);
    let rules = ["--keep-days=0", "--keep-last=2", "--name", "shop"];
    shelf.store.backup(&database, &[&rules[..], &["--no-verify"]].concat());
    let sound = sorted(&shelf.store.list().sound);
    assert!(sorted(&shelf.files[..2]).is_subset(&sound), "{sound:?}");
}

#[test]
fn nothing_that_is_not_its_own_is_touched() {
    let database = small();
    let shelf = Shelf::of(&database, "shop", 6);
    let other = Shelf::of(&database, "shop-eu", 6);
    let store = &shelf.store;
    for name in other.store.names() {
        fs::copy(other.store.file(&name), store.file(&name)).unwrap();
    }
    let mut strangers = vec![
        "notes.txt".to_owned(),
        ".hidden".to_owned(),
        "postgres-shop-20200101T000000Z.sql.gz".to_owned(),
        "postgres-shop-20200101T000000Z.sql.gz.bak".to_owned(),
        "mysql-shop-20200101T000000Z.sql.gz".to_owned(),
        "dump.sql.gz".to_owned(),
        "x.manifest.json".to_owned(),
    ];
    for name in &strangers {
        fs::write(store.file(name), "mine").unwrap();
    }
    // A manifest that claims another's file, and one that claims a path.
    for (claimer, claimed) in [
        ("postgres-shop-20200102T000000Z.sql.gz.manifest.json", "notes.txt"),
        ("postgres-shop-20200103T000000Z.sql.gz.manifest.json", "../notes.txt"),
        ("postgres-shop-20200104T000000Z.sql.gz.manifest.json", other.files[0].as_str()),
    ] {
        let path = store.file(&format!("{}{MANIFEST}", shelf.files[0]));
        let mut manifest: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        manifest["artifact"]["file"] = json!(claimed);
        manifest["started"] = json!("2020-01-02T00:00:00Z");
        fs::write(store.file(claimer), serde_json::to_vec(&manifest).unwrap()).unwrap();
        strangers.push(claimer.to_owned());
    }
    fs::create_dir(store.file("folder")).unwrap();
    let removed = sorted(&shelf.prune(&["--keep-days=0", "--keep-last=1", "--name", "shop"]));
    assert_eq!(removed, sorted(&shelf.files[1..]));
    let left: BTreeSet<String> = store.names().into_iter().collect();
    let kept = other.files.iter().chain(&shelf.files[..1]);
    let expected = kept.flat_map(|file| [file.clone(), format!("{file}{MANIFEST}")]);
    let expected: BTreeSet<String> =
        expected.chain(strangers.clone()).chain(["folder".to_owned()]).collect();
    assert_eq!(left, expected);
    assert_eq!(fs::read_to_string(store.file("notes.txt")).unwrap(), "mine");
}

#[test]
fn a_backup_that_fails_removes_nothing() {
    let database = small();
    let shelf = Shelf::of(&database, "shop", 6);
    let before = shelf.store.state();
    let rules = ["--keep-days=0", "--keep-last=1", "--name", "shop"];
    let run = |database: &Database, more: &[&str]| {
        shelf.store.run_on(database, "backup", &[&rules[..], more].concat()).code
    };
    assert_eq!(run(&database, &["--dbname", "no_such"]), 2);
    assert_eq!(run(&database, &["--host", "127.0.0.1", "--port", "1"]), 1);
    assert_eq!(run(&database, &["--dry-run"]), 0);
    let refused = empty();
    refused.psql("CREATE TYPE pg_catalog.strange AS ENUM ('a')");
    assert_eq!(run(&refused, &[]), 2);
    assert_eq!(shelf.store.state(), before);
    assert_eq!(run(&database, &["--no-prune"]), 0);
    assert_eq!(shelf.store.list().sound.len(), 7);
    assert_eq!(run(&database, &[]), 0);
    assert_eq!(shelf.store.list().sound.len(), 1);
}
