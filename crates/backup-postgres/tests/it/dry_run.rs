//! A dry run of any verb reads and plans as always, and changes nothing anywhere.

use super::databases::{empty, small};
use super::store::{Store, expect};
use std::fs;
use std::time::{Duration, SystemTime};
use testkit::faults::Target;
use testkit::{Database, Ran};

/// Runs it with `--dry-run` by flag or variable; a panic if store, databases or roles differ after.
#[track_caller]
fn changes_nothing(store: &Store, watched: &[&Database], verb: &str, arguments: &[&str]) -> Ran {
    let server = watched[0].server();
    let of_server = || {
        let ours = format!("'{}%'", watched[0].name());
        server.statement(&format!(
            "SELECT datname FROM pg_database WHERE datname LIKE {ours} UNION ALL
             SELECT rolname FROM pg_roles WHERE rolname LIKE {ours} ORDER BY 1"
        ))
    };
    let look = || {
        // Not even dropped and made again.
        let writes = "SELECT oid, relfilenode FROM pg_class WHERE oid >= 16384 ORDER BY 1";
        let databases: Vec<_> = watched.iter().map(|one| (one.state(), one.psql(writes))).collect();
        (store.state(), databases, of_server())
    };
    let before = look();
    let by_flag = store.run_on(watched[0], verb, &[arguments, &["--dry-run"]].concat());
    let mut by_variable = store.command_on(watched[0], verb, arguments);
    let by_variable = testkit::run(by_variable.env("DRY_RUN", "true"));
    assert!(look() == before, "{verb} {arguments:?} changed something");
    assert_eq!(by_flag.code, by_variable.code);
    by_flag
}

#[test]
fn every_verb() {
    let (source, target) = (small(), empty());
    let store = Store::new();
    for _ in 0..3 {
        store.backup(&source, &["--name", "shop"]);
    }
    // What a real run would sweep.
    let leftover = store.file(".postgres-shop-20200101T000000Z.sql.gz.partial");
    fs::write(&leftover, "x").unwrap();
    let old = SystemTime::now() - Duration::from_hours(48);
    fs::File::options().write(true).open(leftover).unwrap().set_modified(old).unwrap();

    let ran = changes_nothing(
        &store,
        &[&source],
        "backup",
        &["--name", "shop", "--keep-days=0", "--keep-last=1"],
    );
    expect(&ran, 0, &["dry run", "2 tables", "postgres-shop-"]);
    let ran = changes_nothing(&store, &[&target], "restore", &["latest", "--name", "shop"]);
    expect(&ran, 0, &["dry run", target.name()]);
    let new = format!("{}_new", target.name());
    let create = ["latest", "--name", "shop", "--create", "--dbname", &new];
    expect(&changes_nothing(&store, &[&target], "restore", &create), 0, &["create it", &new]);
    let clean = ["latest", "--name", "shop", "--clean"];
    expect(&changes_nothing(&store, &[&source], "restore", &clean), 0, &["drop all it holds"]);
    let url = format!("{}/postgres", target.server().server_url());
    let drill = ["latest", "--name", "shop", "--restore-to", &url];
    expect(&changes_nothing(&store, &[&target], "verify", &drill), 0, &["scratch database"]);
    let prune = ["--name", "shop", "--keep-days=0", "--keep-last=1"];
    let ran = changes_nothing(&store, &[&source], "prune", &prune);
    expect(&ran, 0, &["would remove 2 backups"]);
    assert_eq!(ran.stdout.matches("would remove").count(), 2, "{}", ran.stdout);
    expect(&changes_nothing(&store, &[&source], "list", &[]), 0, &[]);
    expect(&changes_nothing(&store, &[&source], "verify", &["latest", "--name", "shop"]), 0, &[]);
}

/// What a real run would refuse, a dry run refuses.
#[test]
fn refusals_are_the_same() {
    let source = small();
    let store = Store::of(&source, &[]);
    let refused = changes_nothing(&store, &[&source], "restore", &[]);
    expect(&refused, 2, &["is not empty"]);
    let create = ["--create"];
    expect(&changes_nothing(&store, &[&source], "restore", &create), 2, &["exists"]);
    source.psql("CREATE TYPE pg_catalog.strange AS ENUM ('a')");
    expect(&changes_nothing(&store, &[&source], "backup", &[]), 2, &["strange"]);
    expect(
        &store.run_on(&source, "backup", &["--dry-run", "--dbname", "no_such"]),
        2,
        &["no_such"],
    );
}

#[test]
fn a_dry_run_needs_no_right_to_write() {
    let source = small();
    let disk = testkit::Disk::new("1m");
    disk.make_read_only();
    let store = Store::at(disk.path());
    expect(&store.run_on(&source, "backup", &["--dry-run"]), 0, &["dry run"]);
}
