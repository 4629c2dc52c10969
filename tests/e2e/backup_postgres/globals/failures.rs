//! What cannot be saved, is damaged, or may not be read: named, and no harm to the rest.

use super::{artifact, files, ours, server, url};
use std::sync::Arc;
use testkit::{Postgres, judge, run};
use tests::program;

/// Databases that are whole, one that holds what cannot be written, one that lets nobody in.
fn troubled() -> Arc<Postgres> {
    let server = server(15);
    let url = url(&server, "postgres");
    for sql in [
        "CREATE ROLE app LOGIN PASSWORD 'secret'",
        "CREATE DATABASE shop",
        "CREATE DATABASE broken",
        "CREATE DATABASE \"Closed-1\" ALLOW_CONNECTIONS false",
        "\\connect shop\nCREATE TABLE t (a int); INSERT INTO t VALUES (1), (2)",
        "\\connect broken\nCREATE FUNCTION pg_catalog.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sql");
        std::fs::write(&file, format!("{sql};\n")).unwrap();
        run(judge("psql").args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &url, "-f"]).arg(&file))
            .ok();
    }
    server
}

#[test]
fn one_that_fails_does_not_keep_the_others() {
    let source = troubled();
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path();
    let ran = ours(&source, store, "backup", &["--all-databases", "--output", "json"]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("2 failed: broken, Closed-1"), "{}", ran.stderr);
    assert!(ran.stderr.contains("function \"pg_catalog\".\"mine\""), "{}", ran.stderr);
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(json["saved"].as_array().unwrap().len(), 4);
    assert_eq!(json["failed"][0]["name"], "broken");
    assert_eq!(json["failed"][0]["exit_code"], 2);
    let starts =
        ["postgres-postgres-", "postgres-shop-", "postgres-template1-", "postgresglobals-server-"];
    let saved = files(store);
    assert_eq!(saved.len(), starts.len(), "{saved:?}");
    assert!(saved.iter().zip(starts).all(|(file, start)| file.starts_with(start)), "{saved:?}");
    let times: Vec<_> = saved.iter().map(|file| file.rsplit('-').next().unwrap()).collect();
    assert!(times.iter().all(|time| *time == times[0]), "one run, one time: {saved:?}");

    // What is there is told, verified and restored, and what is missing is named.
    let listed = ours(&source, store, "list", &[]).ok();
    assert!(saved.iter().all(|file| listed.contains(file)), "{listed}");
    let one = ours(&source, store, "verify", &[&saved[3]]).ok();
    assert!(one.contains("is whole"), "{one}");
    let all = ours(&source, store, "verify", &["--all-databases"]);
    assert_eq!(all.code, 4, "{}", all.stderr);
    assert!(all.stderr.contains("1 failed: broken"), "{}", all.stderr);
    let target = server(15);
    let dry = ours(&target, store, "restore", &["--all-databases", "--dry-run"]);
    assert!(dry.stdout.contains("would restore postgres-shop-"), "{}", dry.stdout);
    assert_eq!(target.statement("SELECT count(*) FROM pg_database").trim(), "3");
    let ran = ours(&target, store, "restore", &["--all-databases"]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    let rows = |server: &Postgres| {
        let query = ["-X", "-A", "-t", "-c", "SELECT sum(a) FROM t", "-d"];
        run(judge("psql").args(query).arg(url(server, "shop"))).ok()
    };
    assert_eq!(rows(&target), "3\n");

    // Into a server that is in use only if it may be emptied.
    let again = ours(&target, store, "restore", &["--all-databases"]);
    assert_eq!(again.code, 2, "{}", again.stderr);
    assert!(again.stderr.contains("shop is not empty"), "{}", again.stderr);
    target.statement("CREATE TABLE in_the_way (a int)");
    let again = ours(&target, store, "restore", &["--all-databases"]);
    assert!(again.stderr.contains("postgres is not empty"), "{}", again.stderr);
    let cleaned = ours(&target, store, "restore", &["--all-databases", "--clean"]);
    assert_eq!(cleaned.code, 4, "{}", cleaned.stderr);
    assert_eq!(rows(&target), "3\n");
    assert_eq!(target.statement("SELECT to_regclass('in_the_way')").trim(), "");
}

#[test]
fn what_is_left_out_on_purpose_is_no_failure() {
    let source = troubled();
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path();
    let arguments =
        ["--all-databases", "--exclude-database=b*,\"Closed-1\"", "--exclude-database=template?"];
    ours(&source, store, "backup", &arguments).ok();
    let saved = files(store);
    assert_eq!(saved.len(), 3, "{saved:?}");
    // All in one way, and so with that way's own exit code.
    let folder = tempfile::tempdir().unwrap();
    let only = ["--all-databases", "--exclude-database=[a-z]*"];
    let denied = ours(&source, folder.path(), "backup", &[&only[..], &["-U", "app"]].concat());
    assert_eq!(denied.code, 2, "{}", denied.stderr);
}

#[test]
fn damage_to_one_of_them_stays_damage() {
    let source = server(17);
    source.statement("CREATE DATABASE shop");
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path();
    ours(&source, store, "backup", &["--all-databases"]).ok();
    for start in ["postgres-shop", "postgresglobals-server"] {
        let file = artifact(store, start);
        let whole = std::fs::read(&file).unwrap();
        let damage = testkit::Damage::Flip { at: whole.len() / 2, bit: 3 };
        std::fs::write(&file, damage.to(&whole)).unwrap();
        let ran = ours(&source, store, "verify", &["--all-databases"]);
        assert_eq!(ran.code, 3, "{}", ran.stderr);
        assert!(ran.stderr.contains(start), "{}", ran.stderr);
        std::fs::write(&file, whole).unwrap();
    }
    ours(&source, store, "verify", &["--all-databases"]).ok();
}

#[test]
fn passwords_are_for_superusers() {
    let source = server(18);
    source.statement("CREATE ROLE app LOGIN PASSWORD 'secret'");
    let folder = tempfile::tempdir().unwrap();
    let backup = |arguments: &[&str]| {
        let mut command = program("backup-postgres");
        command
            .args(["backup", "--globals-only"])
            .args(arguments)
            .arg("--store")
            .arg(folder.path());
        command.env("PGHOST", "127.0.0.1").env("PGPORT", source.port().to_string());
        run(command.env("PGUSER", "app").env("PGPASSWORD", "secret").env("WAIT", "0s"))
    };
    let denied = backup(&["--role-passwords"]);
    assert_eq!(denied.code, 2, "{}", denied.stderr);
    assert!(denied.stderr.contains("--role-passwords reads pg_authid"), "{}", denied.stderr);
    assert!(files(folder.path()).is_empty());
    backup(&[]).ok();
}

/// The guard over the shared catalogs, by what it cannot know.
#[test]
fn what_is_unknown_in_the_shared_catalogs_is_refused_by_name() {
    for major in [13, 18] {
        for (sql, said) in [
            (
                "ALTER TABLE pg_tablespace ADD COLUMN spcsurprise int",
                "column spcsurprise of pg_tablespace",
            ),
            (
                "INSERT INTO pg_shdescription VALUES (1, 'pg_subscription'::regclass, 'x')",
                "comment or label of object 1 of catalog",
            ),
            ("REVOKE pg_read_all_stats FROM pg_monitor", "pg_monitor in pg_read_all_stats"),
        ] {
            let source = server(major);
            source.statement(&format!("SET allow_system_table_mods = on; {sql}"));
            let folder = tempfile::tempdir().unwrap();
            let ran = ours(&source, folder.path(), "backup", &["--globals-only"]);
            assert_eq!(ran.code, 2, "on {major}, {sql}: {}", ran.stderr);
            assert!(ran.stderr.contains(said), "on {major}, {sql}: {}", ran.stderr);
            assert!(files(folder.path()).is_empty());
        }
    }
}
