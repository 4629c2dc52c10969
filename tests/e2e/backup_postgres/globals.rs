//! A whole server: saved by `--all-databases`, brought back by ours and by stock psql, judged by
//! `pg_dumpall`, and by the catalogs where that forgets something.

use super::corpus;
use super::normaliser::normalise;
use crate::manifests::{built, root};
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
        .filter(|path| name(path).starts_with(&format!("{start}-")) && name(path).ends_with(".gz"))
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

fn files(store: &Path) -> Vec<String> {
    let files = std::fs::read_dir(store).unwrap();
    let mut files: Vec<_> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".gz"))
        .collect();
    files.sort();
    files
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
