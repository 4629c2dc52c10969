//! Globals and databases used on their own, and the manifests that use them together.

use super::{FORGOTTEN, artifact, files, filled, ours, psql, server, text, url, write};
use crate::manifests::{built, root};
use std::process::Command;
use testkit::run;
use tests::program;

#[test]
fn older_globals_are_pruned_like_any_backup() {
    let source = server(13);
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path();
    ours(&source, store, "backup", &["--globals-only"]).ok();
    let first = files(store);
    assert_eq!(first.len(), 1);
    // The next has the next second in its name.
    while ours(&source, store, "backup", &["--globals-only", "--no-prune"]).code != 0 {}
    assert_eq!(files(store).len(), 2);
    let prune = |more: &[&str]| {
        let arguments = [&["--keep-days=0", "--keep-last=1"], more].concat();
        ours(&source, store, "prune", &arguments).ok()
    };
    assert!(prune(&["--dbname=shop"]).lines().all(|line| line.starts_with("keep")));
    assert!(prune(&["--globals-only"]).contains(&format!("removed  {}", first[0])));
    assert_eq!(files(store).len(), 1);
}

/// A label needs a module that gives labels, so it is only looked at, as is a tablespace's place,
/// which two servers of one machine cannot share.
#[test]
fn labels_and_places_stand_in_the_file() {
    let source = server(16);
    let place = tempfile::tempdir().unwrap();
    run(Command::new("chmod").arg("777").arg(place.path())).ok();
    let path = place.path().join("over here").display().to_string();
    source.statement(&format!("COPY (SELECT 1) TO PROGRAM 'mkdir \"{path}\"'"));
    source.statement(&format!("CREATE TABLESPACE away LOCATION '{path}'"));
    source.statement(
        "SET allow_system_table_mods = on;
         INSERT INTO pg_shseclabel SELECT oid, 'pg_tablespace'::regclass, 'some one', 'it''s secret'
             FROM pg_tablespace WHERE spcname = 'away';
         INSERT INTO pg_shseclabel VALUES (10, 'pg_authid'::regclass, 'some one', 'top \\')",
    );
    let folder = tempfile::tempdir().unwrap();
    ours(&source, folder.path(), "backup", &["--globals-only"]).ok();
    let sql = text(&artifact(folder.path(), "postgresglobals-server"));
    for line in [
        &format!("CREATE TABLESPACE \"away\" OWNER \"postgres\" LOCATION '{path}';"),
        "SECURITY LABEL FOR \"some one\" ON TABLESPACE \"away\" IS 'it''s secret';",
        "SECURITY LABEL FOR \"some one\" ON ROLE \"postgres\" IS E'top \\\\';",
    ] {
        assert!(sql.lines().any(|found| found == line), "{line} is not in\n{sql}");
    }
}

#[test]
fn a_label_of_the_database_itself_comes_back() {
    let source = server(18);
    source.statement("CREATE DATABASE shop");
    source.statement("ALTER ROLE postgres SET session_preload_libraries = 'nightshift_label'");
    source.statement("SECURITY LABEL FOR nightshift ON DATABASE shop IS 'it''s ours'");
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path();
    ours(&source, store, "backup", &["--dbname=shop"]).ok();
    ours(&source, store, "restore", &["latest", "--name=shop", "--dbname=copy", "--create"]).ok();
    let label = source.statement(
        "SELECT label FROM pg_shseclabel JOIN pg_database d ON d.oid = objoid WHERE datname = 'copy'",
    );
    assert_eq!(label.trim(), "it's ours");
}

/// A backup of one database says the same of it, and whoever restores it into another decides.
#[test]
fn what_a_database_is_itself_comes_back_only_if_wanted() {
    let source = filled(17);
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path();
    ours(&source, store, "backup", &["--dbname=shop"]).ok();
    let itself = |name: &str| {
        let query = FORGOTTEN[4].replace("ORDER BY 1", &format!("WHERE datname = '{name}'"));
        source.statement(&query).replacen(name, "", 1)
    };
    let wanted = itself("shop");
    assert!(wanted.contains("44") && wanted.contains("search_path"), "{wanted}");

    ours(&source, store, "restore", &["latest", "--name=shop", "--dbname=copy", "--create"]).ok();
    assert_eq!(itself("copy"), wanted);
    write(&source, "CREATE DATABASE other TEMPLATE template0");
    write(&source, "ALTER ROLE postgres SET default_transaction_read_only = off");
    let before = itself("other");
    ours(&source, store, "restore", &["latest", "--name=shop", "--dbname=other"]).ok();
    assert_eq!(itself("other"), before);
    write(&source, "CREATE DATABASE third TEMPLATE template0");
    psql(&artifact(store, "postgres-shop"), &url(&source, "third"), &["-1"], "");
    assert_eq!(itself("third"), before);

    let options = ["latest", "--name=shop", "--dbname=fourth", "--create"];
    let less = ["--no-owner", "--no-privileges", "--no-tablespaces"];
    ours(&source, store, "restore", &[&options[..], &less].concat()).ok();
    let fourth = itself("fourth");
    assert!(fourth.contains("44") && fourth.contains("search_path"), "{fourth}");
    assert!(fourth.contains("|postgres|") && fourth.contains("|pg_default|"), "{fourth}");
}

/// The overlay as it is applied: its backup, and its drill on a server that lacks every role.
#[test]
fn the_overlay_saves_and_drills_all_databases() {
    let folder = root().join("manifests/overlays/all-databases");
    let jobs = built(&folder);
    let source = server(15);
    source.statement("CREATE ROLE app");
    source.statement("CREATE DATABASE shop OWNER app");
    let drilled_on = server(18);
    let store = tempfile::tempdir().unwrap();
    let task = |name: &str| {
        let job =
            jobs.iter().find(|one| one["kind"] == "CronJob" && one["metadata"]["name"] == name);
        let container = job.unwrap().pointer("/spec/jobTemplate/spec/template/spec/containers/0");
        let container = container.unwrap();
        let mut command = program("backup-postgres");
        let texts = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        command.args(container["args"].as_array().unwrap().iter().map(texts));
        for variable in container["env"].as_array().unwrap() {
            let value = match variable["name"].as_str().unwrap() {
                "BACKUP_STORE" => store.path().display().to_string(),
                "VERIFY_RESTORE_TO" => url(&drilled_on, "postgres"),
                _ => texts(&variable["value"]),
            };
            command.env(texts(&variable["name"]), value);
        }
        command
    };
    let mut backup = task("backup-postgres");
    backup
        .env("PGHOST", "127.0.0.1")
        .env("PGPORT", source.port().to_string())
        .env("PGUSER", "postgres");
    let saved = run(&mut backup).ok();
    assert!(saved.contains("saved") && files(store.path()).len() == 4, "{saved}");
    let drilled = run(&mut task("backup-postgres-drill")).ok();
    assert_eq!(drilled.matches("passed the drill").count(), 3, "{drilled}");
    assert_eq!(drilled_on.statement("SELECT count(*) FROM pg_database").trim(), "3");
}
