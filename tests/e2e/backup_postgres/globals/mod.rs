//! A whole server: saved by `--all-databases`, brought back by ours and by stock psql, judged by
//! `pg_dumpall`, and by the catalogs where that forgets something.

mod failures;
mod uses;

use super::corpus;
use super::normaliser::normalise;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use testkit::{Postgres, Ran, Settings, judge, run};
use tests::{assert_same, program};

const HOSTILE: &str = r#"it's "d" $do$ \! %"#;
const DATABASES: [&str; 5] = ["postgres", "template1", "shop", HOSTILE, "without_plpgsql"];

/// What neither `pg_dumpall` nor `pg_dump` says.
const FORGOTTEN: [&str; 5] = [
    "SELECT setconfig FROM pg_db_role_setting WHERE setrole = 0 AND setdatabase = 0",
    "SELECT spcoptions, spcacl FROM pg_tablespace WHERE spcname = 'pg_default'",
    "SELECT shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = 'pg_monitor'",
    "SELECT roleid::regrole::text, member::regrole::text, grantor::regrole::text, admin_option
     FROM pg_auth_members ORDER BY 1, 2, 3",
    "SELECT datname, pg_get_userbyid(datdba), datistemplate, datconnlimit, datacl,
     shobj_description(d.oid, 'pg_database'), spcname,
     (SELECT array_agg((setrole::regrole, setconfig) ORDER BY setrole::regrole::text)
      FROM pg_db_role_setting WHERE setdatabase = d.oid)
     FROM pg_database d JOIN pg_tablespace t ON t.oid = dattablespace ORDER BY 1",
];

/// Passwords are asked for by all but the superuser.
const HBA: &str = "host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n";

fn server(major: u32) -> Arc<Postgres> {
    let hba = if major == 13 { HBA.replace("scram-sha-256", "md5") } else { HBA.to_owned() };
    Postgres::private(major, &Settings { hba: Some(hba), ..Settings::default() })
}

fn filled(major: u32) -> Arc<Postgres> {
    let server = server(major);
    corpus::run_on_server(&server, "server.psql");
    server
}

fn url(server: &Postgres, database: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let name: String = database
        .chars()
        .map(|c| if plain(c) { c.to_string() } else { format!("%{:02X}", c as u32) })
        .collect();
    format!("{}/{name}", server.server_url())
}

/// As a superuser whose settings allow no writing.
fn write(server: &Postgres, sql: &str) {
    let mut psql = judge("psql");
    psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql, "-d", &url(server, "postgres")]);
    run(psql.env("PGOPTIONS", "-c default_transaction_read_only=off")).ok();
}

fn all(server: &Postgres, arguments: &[&str]) -> String {
    let mut judge = judge("pg_dumpall");
    normalise(&run(judge.args(["-d", &url(server, "postgres")]).args(arguments)).ok())
}

fn one(server: &Postgres, database: &str) -> String {
    let mut judge = judge("pg_dump");
    normalise(&run(judge.args(["--create", "-d", &url(server, database)])).ok())
}

/// All that is known of a server, each with its name.
fn state(server: &Postgres, passwords: bool) -> Vec<(String, String)> {
    let passwords: &[&str] = if passwords { &[] } else { &["--no-role-passwords"] };
    let mut state = vec![
        ("globals".to_owned(), all(server, &[&["--globals-only"], passwords].concat())),
        ("everything".to_owned(), all(server, passwords)),
    ];
    state.extend(DATABASES.iter().map(|name| ((*name).to_owned(), one(server, name))));
    state.extend(FORGOTTEN.iter().map(|query| ((*query).to_owned(), server.statement(query))));
    state
}

fn assert_same_state(expected: &[(String, String)], found: &[(String, String)]) {
    for ((what, expected), (_, found)) in expected.iter().zip(found) {
        assert_same(expected, found, &format!("{what} differs"));
    }
}

fn ours(server: &Postgres, store: &Path, verb: &str, arguments: &[&str]) -> Ran {
    let mut command = program("backup-postgres");
    command.arg(verb).args(arguments).arg("--store").arg(store);
    command.env("PGHOST", "127.0.0.1").env("PGPORT", server.port().to_string());
    run(command.env("PGUSER", "postgres").env("WAIT", "0s"))
}

/// The artifacts of these backups, by the beginning of their names.
fn artifact(store: &Path, start: &str) -> PathBuf {
    let files = std::fs::read_dir(store).unwrap().map(|file| file.unwrap().path());
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let mut found: Vec<_> = files
        .filter(|path| {
            name(path).starts_with(&format!("{start}-")) && name(path).ends_with(".sql.gz")
        })
        .collect();
    assert_eq!(found.len(), 1, "{start}: {found:?}");
    found.remove(0)
}

fn text(file: &Path) -> String {
    run(Command::new("gunzip").arg("-c").arg(file)).ok()
}

/// `gunzip -c FILE | psql -v ON_ERROR_STOP=1 …`, as the README says.
fn psql(file: &Path, url: &str, arguments: &[&str], options: &str) {
    let mut gunzip =
        Command::new("gunzip").arg("-c").arg(file).stdout(Stdio::piped()).spawn().unwrap();
    let mut psql = judge("psql");
    psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url]).args(arguments);
    psql.env("PGOPTIONS", options).stdin(gunzip.stdout.take().unwrap());
    let output = psql.output().unwrap();
    Ran::of(format!("{psql:?}"), &output).ok();
    assert!(gunzip.wait().unwrap().success());
}

fn files(store: &Path) -> Vec<String> {
    let files = std::fs::read_dir(store).unwrap();
    let mut files: Vec<_> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".sql.gz"))
        .collect();
    files.sort();
    files
}

fn comes_back(major: u32) {
    let source = filled(major);
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path();
    ours(&source, store, "backup", &["--all-databases", "--role-passwords"]).ok();
    ours(&source, store, "verify", &["--all-databases"]).ok();

    let target = server(major);
    ours(&target, store, "restore", &["--all-databases"]).ok();
    assert_same_state(&state(&source, true), &state(&target, true));
    let login = url(&target, "shop").replace("postgres@", "app@");
    let mut psql_as_app = judge("psql");
    psql_as_app.args(["-X", "-A", "-t", "-c", "SELECT current_user", "-d", &login]);
    let said = run(psql_as_app.env("PGPASSWORD", r#"it's \ "secret""#));
    // It has no right to connect to this one, which the server says after the password.
    assert!(said.stderr.contains("permission denied for database"), "{}", said.stderr);
    let said = run(psql_as_app.env("PGPASSWORD", "wrong"));
    assert!(said.stderr.contains("password authentication failed"), "{}", said.stderr);
    drop(target);

    // Without passwords, and by stock tools alone.
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path();
    ours(&source, store, "backup", &["--all-databases"]).ok();
    let globals = artifact(store, "postgresglobals-server");
    let sql = text(&globals);
    assert!(!sql.contains("SCRAM-SHA-256") && !sql.contains("'md5"), "{sql}");
    let target = server(major);
    psql(&globals, &url(&target, "postgres"), &[], "");
    // A second time changes nothing, but for tablespaces, which no SQL makes only where they lack.
    ours(&target, store, "restore", &["--globals-only"]).ok();
    for create in [
        "CREATE DATABASE shop TEMPLATE template0 TABLESPACE fast",
        "CREATE DATABASE \"it's \"\"d\"\" $do$ \\! %\" ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0",
        "CREATE DATABASE without_plpgsql TEMPLATE template0",
    ] {
        write(&target, create);
    }
    for (name, start) in [
        ("postgres", "postgres-postgres"),
        ("template1", "postgres-template1"),
        ("shop", "postgres-shop"),
        (HOSTILE, "postgres-it%27s%20%22d%22%20%24do%24%20%5C%21%20%25"),
        ("without_plpgsql", "postgres-without_plpgsql"),
    ] {
        let options = "-c default_transaction_read_only=off \
                       -c nightshift.database=settings,owner,privileges";
        psql(&artifact(store, start), &url(&target, name), &["-1"], options);
    }
    assert_same_state(&state(&source, false), &state(&target, false));
}

#[test]
fn a_server_of_13_comes_back_the_same() {
    comes_back(13);
}

#[test]
fn a_server_of_14_comes_back_the_same() {
    comes_back(14);
}

#[test]
fn a_server_of_15_comes_back_the_same() {
    comes_back(15);
}

#[test]
fn a_server_of_16_comes_back_the_same() {
    comes_back(16);
}

#[test]
fn a_server_of_17_comes_back_the_same() {
    comes_back(17);
}

#[test]
fn a_server_of_18_comes_back_the_same() {
    comes_back(18);
}
