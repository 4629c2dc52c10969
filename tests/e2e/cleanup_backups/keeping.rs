//! What goes and what stays, for every kind and name on its own.

use super::shelf::{Shelf, list, said, strings, with_manifests};
use std::collections::BTreeSet;
use testkit::run;
use tests::program;

#[test]
fn every_kind_and_name_is_kept_by_its_own_rules_and_a_dry_run_tells_which() {
    let shelf = Shelf::new();
    let old: BTreeSet<_> = [
        ("postgres", "shop", 40),
        ("postgres", "shop", 50),
        ("postgresglobals", "server", 41),
        ("volume", "media", 31),
        ("mysql", "blog", 8),
    ]
    .into_iter()
    .map(|(kind, name, days)| shelf.add(kind, name, days))
    .collect();
    for (kind, name, days) in [
        ("postgres", "shop", 29),
        // The floor of its name, whatever its age.
        ("postgresglobals", "server", 40),
        ("volume", "media", 1),
        ("volume", "media", 30 - 1),
        ("mysql", "blog", 6),
        // A name that begins like another.
        ("postgres", "shop-test", 400),
    ] {
        shelf.add(kind, name, days);
    }
    let (_folder, config) = Shelf::config("rules:\n  - backups: mysql/*\n    keep-days: 7\n");
    let config = config.to_str().unwrap();
    let arguments = ["--keep-last", "1", "--config", config, "--output", "json"];
    let before = shelf.files();

    let dry = shelf.run(&[&arguments[..], &["--dry-run"]].concat());
    assert_eq!(dry.code, 0, "{}", dry.stderr);
    let planned = said(&dry, "planned");
    assert_eq!(planned["dry_run"], true);
    assert_eq!(strings(&planned["removed"]), old);
    assert_eq!(shelf.files(), before, "a dry run removes nothing");

    let ran = shelf.run(&arguments);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let cleaned = said(&ran, "cleaned");
    assert_eq!(cleaned["removed"], planned["removed"], "the list of the dry run");
    assert_eq!(cleaned["kept"], planned["kept"]);
    assert_eq!(shelf.files(), &before - &with_manifests(&old));

    let again = shelf.run(&arguments);
    assert_eq!(said(&again, "cleaned")["removed"].as_array().map(Vec::len), Some(0));
    // The real one is as good as it was.
    let mut verify = program("backup-postgres");
    run(verify.args(["verify", "--name", "shop", "--store"]).arg(shelf.path())).ok();
}

#[test]
fn where_no_new_backup_comes_the_old_ones_stay_and_the_run_says_so() {
    let shelf = Shelf::new();
    for days in [40, 50] {
        shelf.add("postgres", "shop", days);
        shelf.add("volume", "media", days);
        shelf.add_with("mysql", "blog", days, |manifest| manifest["verified"] = false.into());
    }
    let arguments = ["--keep-last=1", "--max-age=26h", "--expect=mysql/blog,mongodb/*"];
    let ran = shelf.run(&[&arguments[..], &["--output", "json"]].concat());
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    let cleaned = said(&ran, "cleaned");
    let gone = strings(&cleaned["removed"]);
    assert_eq!(gone.len(), 2, "{gone:?}");
    assert!(gone.iter().all(|file| file.starts_with("postgres-shop-")), "{gone:?}");
    assert_eq!(strings(&cleaned["missing"]), BTreeSet::from(["mongodb/*".to_owned()]));
    let state = |kind: &str| {
        let backups = cleaned["backups"].as_array().unwrap();
        backups.iter().find(|one| one["kind"] == kind).unwrap()["state"].clone()
    };
    assert_eq!(state("postgres"), "ok");
    assert_eq!(state("volume"), "too old");
    assert_eq!(state("mysql"), "none proven");
    assert_eq!(list(shelf.path()).len(), 2 + 4 + 4);
    let last = ran.stderr.lines().last().unwrap();
    for name in ["volume/media", "mysql/blog", "mongodb/*"] {
        assert!(last.contains(name), "{last}");
    }
}

#[test]
fn several_stores_are_cleaned_each_by_itself_and_one_that_fails_keeps_no_other() {
    let (one, two) = (Shelf::new(), Shelf::new());
    let old = [one.add("postgres", "shop", 40), two.add("postgres", "shop", 50)];
    let stores = format!("/no/such/place,{}", two.path().display());
    let ran = run(one.command(&["--keep-last=1", "--store", &stores]).env("LOG_LEVEL", "info"));
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(!one.files().contains(&old[0]) && !two.files().contains(&old[1]));
    assert!(ran.stdout.contains("/no/such/place FAILED"), "{}", ran.stdout);
}

#[test]
fn only_what_is_asked_for_is_touched() {
    let shelf = Shelf::new();
    let (old, other) = (shelf.add("postgres", "shop", 40), shelf.add("volume", "shop", 40));
    shelf.add("volume", "shop", 1);
    // Nor is what is damaged there, or half removed.
    let damaged = format!("{}.manifest.json", shelf.add("mysql", "blog", 40));
    std::fs::write(shelf.path().join(&damaged), "{").unwrap();
    let begun = format!("{}.manifest.json", shelf.add("mysql", "blog", 50));
    let pruned = format!("{begun}.pruned");
    std::fs::rename(shelf.path().join(&begun), shelf.path().join(&pruned)).unwrap();
    let ran = shelf.run(&["--keep-last=1", "--only=postgres/*,postgres/shp"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(shelf.files().contains(&pruned), "{:?}", shelf.files());
    assert!(ran.stderr.contains("postgres/shp"), "a slip of the pen is told: {}", ran.stderr);
    assert!(!shelf.files().contains(&old) && shelf.files().contains(&other));
    assert!(ran.stderr.contains("removed 1 backups"), "{}", ran.stderr);
}
