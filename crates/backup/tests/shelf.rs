//! A store full of backups: listed, found, pruned; and what is not ours is left alone.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use backup::age::Recipients;
use backup::catalog::{find, list, report};
use backup::codec::Codec;
use backup::manifest::{Manifest, Tally};
use backup::name::Name;
use backup::prune::{prune, sweep};
use backup::settings::KeepSettings;
use backup::writer::{Facts, Writer};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};
use storage::Store;
use task::{Exit, Report, Task};
use tempfile::TempDir;

struct Shelf {
    folder: TempDir,
    store: Store,
}

impl Shelf {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let store = Store::directory(folder.path()).await.unwrap();
        Self { folder, store }
    }

    async fn add(&self, name: &str, days: i64) -> Manifest {
        self.add_on(None, name, days).await
    }

    /// One that builds on another.
    async fn add_on(&self, parent: Option<&Manifest>, name: &str, days: i64) -> Manifest {
        let started = Timestamp::now() - SignedDuration::from_hours(24 * days);
        let artifact = Name::new("postgres", name, started, "sql").unwrap();
        let writer = Writer::create(
            std::slice::from_ref(&self.store),
            artifact,
            Codec::default(),
            &Recipients::default(),
        )
        .await
        .unwrap();
        let content = writer.content("public.t".into());
        let mut tally = Tally::default();
        tally.row(b"1");
        writer.member("data", Some(content), tally, b"1\n".to_vec()).await.unwrap();
        let facts = Facts {
            parent: parent.map(|parent| parent.artifact.file.clone()),
            started,
            tool: "test 0".into(),
            server: None,
            verified: true,
            properties: BTreeMap::new(),
        };
        writer.seal().await.unwrap().commit(facts).await.unwrap()
    }

    fn files(&self) -> Vec<String> {
        let mut files: Vec<String> = std::fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        files
    }

    fn write(&self, file: &str, text: &str) {
        std::fs::write(self.folder.path().join(file), text).unwrap();
    }

    fn remove(&self, file: &str) {
        std::fs::remove_file(self.folder.path().join(file)).unwrap();
    }

    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(file)).unwrap()
    }

    async fn prune(&self, dry_run: bool, name: &str, keep_last: u32) -> Report {
        let keep = KeepSettings {
            keep_days: 30,
            keep_last,
            keep_daily: 0,
            keep_weekly: 0,
            keep_monthly: 0,
            keep_yearly: 0,
        };
        prune(&task(dry_run), &self.store, &["postgres"], Some(name), &keep).await.unwrap()
    }
}

fn task(dry_run: bool) -> Task {
    Task::standalone(dry_run, Duration::ZERO)
}

fn removed(report: &Report) -> Vec<String> {
    serde_json::from_value(report.json["removed"].clone()).unwrap()
}

#[tokio::test]
async fn a_list_names_what_is_whole_and_what_is_damaged() {
    let shelf = Shelf::new().await;
    let old = shelf.add("shop", 9).await;
    let cut = shelf.add("shop", 5).await;
    let gone = shelf.add("shop", 4).await;
    let garbled = shelf.add("shop", 3).await;
    let orphan = shelf.add("shop", 2).await;
    let new = shelf.add("shop", 1).await;
    shelf.add("shop-eu", 1).await;
    shelf.write(&cut.artifact.file, "x");
    shelf.remove(&gone.artifact.file);
    shelf.write(&garbled.file(), "{ \"format\": \"nightshift.backup/v1\" }");
    shelf.remove(&orphan.file());
    shelf.write("notes.txt", "not ours");

    let catalog = list(&shelf.store, &["postgres"], Some("shop")).await.unwrap();
    let listed: Vec<_> = catalog
        .backups
        .iter()
        .map(|backup| (backup.summary.artifact.file.clone(), backup.proven()))
        .collect();
    assert_eq!(
        listed,
        [
            (new.artifact.file.clone(), true),
            (gone.artifact.file.clone(), false),
            (cut.artifact.file.clone(), false),
            (old.artifact.file.clone(), true),
        ]
    );
    assert_eq!(catalog.unreadable[0].0, garbled.file());
    assert_eq!(catalog.orphans, [orphan.artifact.file]);

    let report = report(&catalog, Timestamp::now());
    assert_eq!(
        report.incomplete,
        [gone.artifact.file.clone(), cut.artifact.file.clone(), garbled.file()]
    );
    assert_eq!(report.json["backups"][0]["rows"], 1);
    assert!(report.table.contains("verified"), "{}", report.table);
    assert_eq!(list(&shelf.store, &[], None).await.unwrap().backups.len(), 5);
}

#[tokio::test]
async fn a_backup_is_found_by_age_name_or_time() {
    let shelf = Shelf::new().await;
    let old = shelf.add("shop", 9).await;
    let new = shelf.add("shop", 1).await;
    let time = Name::parse(&old.file()).unwrap().time();
    for (which, wanted) in [
        ("latest", &new),
        (old.artifact.file.as_str(), &old),
        (&old.file(), &old),
        (&time.to_string(), &old),
        (&time.strftime("%Y%m%dT%H%M%SZ").to_string(), &old),
    ] {
        assert_eq!(&find(&shelf.store, "postgres", Some("shop"), which).await.unwrap(), wanted);
    }
    for which in ["oldest", "", "../../etc/passwd", "20200101T000000Z"] {
        let error = find(&shelf.store, "postgres", None, which).await.unwrap_err();
        assert_eq!(error.exit(), Exit::Usage);
        assert!(error.to_string().contains(&new.artifact.file), "{error}");
    }
    find(&shelf.store, "postgres", Some("other"), "latest").await.unwrap_err();

    shelf.add("shop-eu", 0).await;
    let error = find(&shelf.store, "postgres", None, "latest").await.unwrap_err();
    assert_eq!(error.exit(), Exit::Usage, "which name, it cannot know");
}

#[tokio::test]
async fn latest_is_never_an_older_one_in_place_of_a_damaged_one() {
    let shelf = Shelf::new().await;
    let old = shelf.add("shop", 9).await;
    let new = shelf.add("shop", 1).await;
    shelf.write(&new.artifact.file, "x");
    let error = find(&shelf.store, "postgres", Some("shop"), "latest").await.unwrap_err();
    assert_eq!(error.exit(), Exit::Integrity);
    assert!(error.to_string().contains(&old.artifact.file), "it says what could be used: {error}");
    shelf.write(&new.file(), "{");
    let error = find(&shelf.store, "postgres", Some("shop"), "latest").await.unwrap_err();
    assert_eq!(error.exit(), Exit::Integrity);
}

#[tokio::test]
async fn a_dry_run_shows_the_list_that_is_then_removed() {
    let shelf = Shelf::new().await;
    for day in [1, 40, 50, 60] {
        shelf.add("shop", day).await;
        shelf.add("shop-eu", day).await;
    }
    shelf.write("notes.txt", "not ours");
    shelf.write("postgres-shop-20200101T000000Z.sql.gz", "no manifest names it");
    let before = shelf.files();

    let dry = shelf.prune(true, "shop", 2).await;
    assert_eq!(shelf.files(), before);
    let done = shelf.prune(false, "shop", 2).await;
    assert_eq!(removed(&dry), removed(&done));
    assert_eq!((done.items, done.incomplete.len()), (2, 0));
    let after: Vec<String> = before
        .into_iter()
        .filter(|file| !removed(&done).iter().any(|gone| file.starts_with(gone)))
        .collect();
    assert_eq!(shelf.files(), after);
    assert!(removed(&shelf.prune(false, "shop", 2).await).is_empty());
}

#[tokio::test]
async fn a_manifest_that_names_another_file_removes_nothing() {
    let shelf = Shelf::new().await;
    shelf.add("shop", 1).await;
    let old = shelf.add("shop", 90).await;
    let older = shelf.add("shop", 99).await;
    let outside = shelf.folder.path().parent().unwrap().join("x").display().to_string();
    for other in ["notes.txt", "../notes.txt", &outside, &older.artifact.file] {
        shelf.write("notes.txt", "not ours");
        let mut forged = old.clone();
        forged.artifact.file = other.to_owned();
        shelf.write(&old.file(), &String::from_utf8(forged.to_json().unwrap()).unwrap());
        let plan = shelf.prune(true, "shop", 2).await;
        assert!(removed(&plan).is_empty(), "{other}");
    }
    shelf.prune(false, "shop", 1).await;
    assert_eq!(shelf.read("notes.txt"), "not ours");
    assert!(shelf.files().contains(&old.artifact.file), "an unreadable manifest is left alone");
    assert!(!shelf.files().contains(&older.artifact.file));
}

#[tokio::test]
async fn a_prune_that_was_killed_lists_nothing_half_and_is_finished_by_the_next() {
    // What is left after each step: renamed; artifact gone; and, where renaming is copy and
    // delete, a copy beside the manifest.
    for step in ["renamed", "artifact gone", "copied"] {
        let shelf = Shelf::new().await;
        shelf.add("shop", 1).await;
        let old = shelf.add("shop", 90).await;
        let pruned = format!("{}.pruned", old.file());
        shelf.write(&pruned, &shelf.read(&old.file()));
        if step != "copied" {
            shelf.remove(&old.file());
            let catalog = list(&shelf.store, &["postgres"], Some("shop")).await.unwrap();
            assert_eq!(catalog.backups.len(), 1, "{step}");
            assert!(catalog.backups[0].proven() && catalog.orphans.is_empty());
        }
        if step == "artifact gone" {
            shelf.remove(&old.artifact.file);
        }
        let dry = shelf.prune(true, "shop", 1).await;
        let done = shelf.prune(false, "shop", 1).await;
        assert_eq!(removed(&dry), removed(&done), "{step}");
        assert_eq!(shelf.files().len(), 2, "{step}: {:?}", shelf.files());
    }
}

#[tokio::test]
async fn a_copy_left_beside_a_manifest_that_is_to_stay_removes_no_backup() {
    let shelf = Shelf::new().await;
    let backup = shelf.add("shop", 90).await;
    shelf.write(&format!("{}.pruned", backup.file()), &shelf.read(&backup.file()));
    shelf.prune(false, "shop", 1).await;
    assert_eq!(shelf.files(), [backup.artifact.file.clone(), backup.file()]);
}

#[tokio::test]
async fn a_stopped_task_removes_no_more() {
    let shelf = Shelf::new().await;
    shelf.add("shop", 1).await;
    shelf.add("shop", 90).await;
    let task = task(false);
    task.stopping().cancel();
    let keep = KeepSettings {
        keep_days: 30,
        keep_last: 1,
        keep_daily: 0,
        keep_weekly: 0,
        keep_monthly: 0,
        keep_yearly: 0,
    };
    let error = prune(&task, &shelf.store, &["postgres"], None, &keep).await.unwrap_err();
    assert_eq!(error.exit(), Exit::Stopped);
    assert_eq!(shelf.files().len(), 4);
}

const DAY: Duration = Duration::from_hours(24);

#[tokio::test]
async fn leftovers_of_the_same_name_go_after_a_day() {
    let shelf = Shelf::new().await;
    let leftover = |name: &str| format!(".postgres-{name}-20261101T000000Z.sql.gz.partial");
    for file in [
        leftover("shop"),
        leftover("shop%2Deu"),
        ".postgres-shop-20261101T000000Z.sql.gz.manifest.json.partial".to_owned(),
        ".notes.partial".to_owned(),
    ] {
        shelf.write(&file, "x");
        let open = std::fs::File::options().write(true).open(shelf.folder.path().join(file));
        open.unwrap().set_modified(SystemTime::now() - Duration::from_hours(25)).unwrap();
    }
    assert!(sweep(&task(true), &shelf.store, ("postgres", "shop"), DAY).await.unwrap().is_empty());
    assert_eq!(shelf.files().len(), 4);
    assert_eq!(
        sweep(&task(false), &shelf.store, ("postgres", "shop"), DAY).await.unwrap().len(),
        2
    );
    assert_eq!(shelf.files(), [".notes.partial".to_owned(), leftover("shop%2Deu")]);
}

#[tokio::test]
async fn what_builds_on_a_damaged_or_missing_backup_is_damaged_too() {
    let shelf = Shelf::new().await;
    let first = shelf.add("shop", 9).await;
    let second = shelf.add_on(Some(&first), "shop", 8).await;
    let third = shelf.add_on(Some(&second), "shop", 7).await;
    let alone = shelf.add("shop", 6).await;
    let problems = async || -> Vec<Option<String>> {
        let catalog = list(&shelf.store, &["postgres"], Some("shop")).await.unwrap();
        catalog.backups.into_iter().map(|backup| backup.problem).collect()
    };
    assert_eq!(problems().await, [None, None, None, None]);
    std::fs::remove_file(shelf.folder.path().join(&second.artifact.file)).unwrap();
    let found = problems().await;
    assert!(found[0].is_none() && found[3].is_none(), "{found:?}");
    let builds = format!("it builds on {}, which is damaged", second.artifact.file);
    assert_eq!(found[1].as_ref(), Some(&builds));
    std::fs::remove_file(shelf.folder.path().join(second.file())).unwrap();
    let found = problems().await;
    assert!(found[1].as_ref().unwrap().ends_with("which is missing"), "{found:?}");
    assert_eq!((third.parent.as_ref(), alone.parent), (Some(&second.artifact.file), None));
}

#[tokio::test]
async fn a_prune_keeps_what_the_newest_builds_on() {
    let shelf = Shelf::new().await;
    let first = shelf.add("shop", 90).await;
    let second = shelf.add_on(Some(&first), "shop", 80).await;
    let gone = shelf.add("shop", 70).await;
    let third = shelf.add_on(Some(&second), "shop", 60).await;
    let report = shelf.prune(false, "shop", 1).await;
    assert_eq!(report.items, 1, "{}", report.table);
    let files = shelf.files();
    for kept in [&first, &second, &third] {
        assert!(files.contains(&kept.artifact.file) && files.contains(&kept.file()));
    }
    assert!(!files.contains(&gone.artifact.file), "{files:?}");
}

#[tokio::test]
async fn a_circle_of_backups_is_damage_and_a_list_of_it_ends() {
    let shelf = Shelf::new().await;
    let full = shelf.add("shop", 2).await;
    let changed = shelf.add_on(Some(&full), "shop", 1).await;
    let circle = shelf.read(&changed.file()).replace(&full.artifact.file, &changed.artifact.file);
    shelf.write(&changed.file(), &circle);
    let catalog = list(&shelf.store, &["postgres"], Some("shop")).await.unwrap();
    assert_eq!(catalog.backups.len(), 1);
    assert_eq!(catalog.unreadable[0].0, changed.file());
    assert!(catalog.unreadable[0].1.contains("no earlier backup"), "{:?}", catalog.unreadable);
}
