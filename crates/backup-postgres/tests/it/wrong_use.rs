//! What no retry helps is exit code 2, and says what to do.

use super::databases::{empty, small};
use super::store::{Store, expect, program};
use std::fs;
use std::net::TcpListener;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use testkit::{Postgres, Proxy, Running, Settings};

/// One server that wants a password from one role.
pub(crate) fn locked() -> Arc<Postgres> {
    static SERVER: OnceLock<Arc<Postgres>> = OnceLock::new();
    let start = || {
        let hba = "host all locked 127.0.0.1/32 scram-sha-256
            host all all 127.0.0.1/32 trust
            local all all trust\n";
        let settings = Settings { hba: Some(hba.to_owned()), ..Settings::default() };
        let server = Postgres::private(super::databases::MAJOR, &settings);
        server.statement("CREATE ROLE locked SUPERUSER LOGIN PASSWORD 'right'");
        server
    };
    Arc::clone(SERVER.get_or_init(start))
}

#[test]
fn flags_that_are_none() {
    let store = Store::new();
    for (arguments, said) in [
        (&["--no-such-flag"][..], "--no-such-flag"),
        (&["backups"], "backups"),
        (&["--compress", "gzip:10"], "gzip:10"),
        (&["--compress", "xz"], "xz"),
        (&["--compress", "zstd:20"], "zstd:20"),
        (&["--keep-last", "0"], "--keep-last"),
        (&["--keep-days=-1"], "--keep-days"),
        (&["--jobs", "0"], "--jobs"),
        (&["--port", "0"], "--port"),
        (&["--wait", "soon"], "--wait"),
        (&["--sslmode", "maybe"], "--sslmode"),
        (&["list", "--create"], "--create belongs to restore"),
        (&["backup", "--clean"], "--clean belongs to restore"),
        (&["list", "20261120T020000Z"], "only verify and restore"),
        (&["restore", "--create", "--clean"], "--create"),
        (&["--host", "a,b"], "name one"),
    ] {
        let mut command = program();
        command.args(arguments).env("BACKUP_STORE", store.path());
        let said = if arguments[0] == "restore" { "no postgres backup" } else { said };
        expect(&testkit::run(&mut command), 2, &[said]);
        assert_eq!(store.names().len(), 0);
    }
    for (variable, value) in [("KEEP_LAST", "0"), ("COMPRESS", "best"), ("PGPORT", "tcp://db:1")] {
        let mut command = store.command("backup", &[]);
        expect(&testkit::run(command.env(variable, value)), 2, &[value]);
    }
}

#[test]
fn create_and_clean_exclude_each_other() {
    let database = small();
    let store = Store::of(&database, &[]);
    let ran = store.run_on(&database, "restore", &["--create", "--clean"]);
    expect(&ran, 2, &["--create", "--clean"]);
}

#[test]
fn passwords() {
    let database = locked().create_database();
    let store = Store::new();
    let file = store.file("password");
    let run = |variables: &[(&str, &str)]| {
        let mut command = store.command_on(&database, "backup", &["--user", "locked"]);
        command.env_remove("PGPASSWORD").envs(variables.iter().copied());
        testkit::run(&mut command)
    };
    let path = file.to_str().unwrap().to_owned();
    expect(&run(&[("PGPASSWORD", "wrong")]), 2, &["cannot connect", "password authentication"]);
    expect(&run(&[]), 2, &["cannot connect", "password"]);
    expect(&run(&[("PGPASSWORD_FILE", &path)]), 2, &[&path, "PGPASSWORD_FILE"]);
    fs::write(&file, "\n").unwrap();
    expect(&run(&[("PGPASSWORD_FILE", &path)]), 2, &[&path, "is empty"]);
    fs::write(&file, "right\n").unwrap();
    let both = [("PGPASSWORD_FILE", path.as_str()), ("PGPASSWORD", "right")];
    expect(&run(&both), 2, &["both PGPASSWORD and PGPASSWORD_FILE", "keep one"]);
    assert_eq!(store.names(), ["password"]);
    run(&[("PGPASSWORD_FILE", &path)]).ok();
    assert_eq!(store.list().sound.len(), 1);
}

#[test]
fn what_is_not_on_the_server() {
    let database = small();
    let store = Store::new();
    let run = |arguments: &[&str]| store.run_on(&database, "backup", arguments);
    expect(&run(&["--dbname", "no_such"]), 2, &["no_such", "does not exist"]);
    expect(&run(&["--user", "no_such"]), 2, &["no_such", "does not exist"]);
    // A pattern that matches nothing is a mistake that silence would hide.
    expect(&run(&["--schema", "no_such"]), 2, &["no_such"]);
    expect(&run(&["--exclude-schema", "x;y\n"]), 0, &[]);
}

#[test]
fn a_table_that_may_not_be_read_is_named() {
    let database = small();
    let role = format!("blind_{}", database.name());
    database.psql(&format!(
        "CREATE ROLE {role} LOGIN; GRANT SELECT ON customers TO {role}; CREATE SCHEMA hidden;
         CREATE TABLE hidden.treasure (n int)"
    ));
    let store = Store::new();
    let ran = store.run_on(&database, "backup", &["--user", &role]);
    expect(&ran, 2, &["cannot be read", "\"orders\"", "orders_id_seq", "hidden", "treasure"]);
    database.psql(&format!(
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role};
         GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO {role};
         GRANT USAGE ON SCHEMA hidden TO {role}"
    ));
    expect(&store.run_on(&database, "backup", &["--user", &role]), 2, &["treasure"]);
    assert_eq!(store.names().len(), 0);
    database.psql(&format!("GRANT SELECT ON hidden.treasure TO {role}"));
    store.run_on(&database, "backup", &["--user", &role]).ok();
    // Rows that a policy hides would be missing without a word.
    database.psql("ALTER TABLE customers ENABLE ROW LEVEL SECURITY");
    let ran = store.run_on(&database, "backup", &["--user", &role, "--name", "other"]);
    assert!([1, 2].contains(&ran.code), "{}", ran.stderr);
    assert!(ran.stderr.contains("row-level security"), "{}", ran.stderr);
    assert_eq!(store.names().len(), 2, "the one from before");
    database.psql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

/// The owner of a database needs to be no more than that, neither to save it nor to restore it.
#[test]
fn the_owner_of_a_database_can_save_and_restore_it() {
    for major in [13, 18] {
        let server = testkit::Postgres::start(major);
        let (source, target) = (server.create_database(), server.create_database());
        let role = format!("mere_{}", source.name());
        server.statement(&format!("CREATE ROLE {role} LOGIN"));
        for database in [&source, &target] {
            server.statement(&format!("ALTER DATABASE {} OWNER TO {role}", database.name()));
            database.psql(&format!("GRANT ALL ON SCHEMA public TO {role}"));
        }
        source.psql(&format!("SET ROLE {role}; {}", super::databases::SMALL));
        let store = Store::new();
        store.run_on(&source, "backup", &["--user", &role]).ok();
        let arguments = ["latest", "--name", source.name(), "--user", &role];
        // The rights on the schema are not its own to give.
        let ran = store.run_on(&target, "restore", &arguments);
        let without = [&arguments[..], &["--no-owner", "--no-privileges"]].concat();
        if ran.code != 0 {
            expect(&ran, 2, &["restore as a role that may, or with --no-"]);
            let clean = [&without[..], &["--clean"]].concat();
            store.run_on(&target, "restore", &clean).ok();
        }
        let rows = "SELECT count(*) FROM customers, orders";
        assert_eq!(target.psql(rows), source.psql(rows));
        for database in [&source, &target] {
            server.statement(&format!("ALTER DATABASE {} OWNER TO postgres", database.name()));
            database.psql(&format!("DROP OWNED BY {role}"));
        }
        server.statement(&format!("DROP ROLE {role}"));
    }
}

#[test]
fn a_restore_that_would_fail_late_is_refused_early() {
    let source = small();
    let role = format!("owner_{}", source.name());
    source.psql(&format!("CREATE ROLE {role}; ALTER TABLE orders OWNER TO {role}"));
    let store = Store::of(&source, &[]);
    let file = store.artifact();
    source.psql(&format!("ALTER TABLE orders OWNER TO postgres; DROP ROLE {role}"));
    let target = empty();
    expect(&store.restore(&file, &target), 2, &[&role, "--no-owner"]);
    assert_eq!(target.psql("SELECT count(*) FROM pg_class WHERE oid >= 16384").trim(), "0");
    store.run_on(&target, "restore", &[&file, "--no-owner", "--no-privileges"]).ok();
    // Now it holds something.
    let arguments = [&file, "--no-owner", "--no-privileges"];
    let ran = store.run_on(&target, "restore", &arguments);
    expect(&ran, 2, &["is not empty", "--create", "--clean"]);
    let arguments = [&file, "--create", "--dbname", target.name(), "--no-owner", "--no-privileges"];
    expect(&store.run_on(&target, "restore", &arguments), 2, &["exists", "without --create"]);
    // A drill lends the role, and takes it back.
    let url = format!("{}/postgres", source.server().server_url());
    store.run("verify", &[&file, "--restore-to", &url]).ok();
    let left = format!("SELECT count(*) FROM pg_roles WHERE rolname = '{role}'");
    assert_eq!(source.psql(&left).trim(), "0");
    expect(&store.run("verify", &[&file, "--restore-to", "mysql://x"]), 2, &["PostgreSQL URL"]);
}

#[test]
fn stores_that_are_none() {
    let database = small();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    for (store, said) in [
        (folder.path().join("missing"), "is not there"),
        (file, "is not a directory"),
        ("s3://".into(), "names no bucket"),
        ("ftp://ann:hunter2@host".into(), "ftp://…"),
        ("".into(), "the store is empty"),
    ] {
        for verb in ["backup", "list", "verify", "restore", "prune"] {
            let mut command = program();
            command.arg(verb).envs(database.environment()).env("BACKUP_STORE", &store);
            let ran = testkit::run(&mut command);
            expect(&ran, 2, &[said]);
            assert!(!ran.stderr.contains("hunter2"));
        }
    }
    let store = Store::new();
    for verb in ["verify", "restore"] {
        expect(&store.run_on(&database, verb, &[]), 2, &["no postgres backup"]);
        expect(&store.run_on(&database, verb, &["yesterday"]), 2, &["no postgres backup"]);
    }
    assert_eq!(store.list().code, 0);
}

#[test]
fn a_server_that_is_away_is_a_failure_after_the_wait() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let store = Store::new();
    let port = nobody.to_string();
    let started = Instant::now();
    let arguments = ["--host", "127.0.0.1", "--port", &port, "--wait", "1s"];
    let ran = store.run("backup", &arguments);
    let place = format!("127.0.0.1:{port}");
    expect(&ran, 1, &["cannot connect", &place, "tries", "refused"]);
    let took = started.elapsed();
    assert!(took >= Duration::from_secs(1) && took < Duration::from_secs(5), "{took:?}");
    let ran = store.run("backup", &["--host", "no-such-host.invalid", "--wait", "0"]);
    expect(&ran, 1, &["no-such-host.invalid"]);
    assert_eq!(store.names().len(), 0);
}

#[test]
fn a_server_that_comes_up_within_the_wait_is_backed_up() {
    let database = small();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let store = Store::new();
    let text = port.to_string();
    let mut run: Running = store.start(&database, "backup", &["--wait", "60s", "--port", &text]);
    run.says("yet");
    let _proxy = Proxy::listen(port, database.server().port());
    expect(&run.ends_within(Duration::from_secs(30)), 0, &[]);
    assert_eq!(store.list().sound.len(), 1);
}
