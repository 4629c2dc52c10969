//! `--all-databases`: accounts, rights and every database, onto another server.

use super::judge::judged;
use super::store::{Store, TASK};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use testkit::{Mysql, Ran, run};
use tests::{assert_same, program};

const DATABASES: [&str; 3] = ["Äpfel & \"Bir`nen", "empty", "shop"];

/// What each family has beside what both have.
const MYSQL: &str = "
SET GLOBAL partial_revokes = ON;
CREATE ROLE reader, 'wri''ter'@'%', 'outer';
GRANT SELECT ON shop.* TO reader;
GRANT reader, 'wri''ter'@'%' TO 'outer';
GRANT 'outer' TO 'plain'@'%' WITH ADMIN OPTION;
GRANT reader TO 'locked'@'%';
SET DEFAULT ROLE reader TO 'locked'@'%';
REVOKE SELECT ON shop.* FROM 'plain'@'%';
GRANT BACKUP_ADMIN, SYSTEM_VARIABLES_ADMIN ON *.* TO 'locked'@'%';
GRANT PROXY ON 'kept'@'%' TO 'locked'@'%';
CREATE USER 'sha'@'%' IDENTIFIED WITH sha256_password BY 'x' FAILED_LOGIN_ATTEMPTS 3 PASSWORD_LOCK_TIME 2
    ATTRIBUTE '{\"a\": \"it''s; \\\\\"odd\\\\\"\"}';
CREATE TABLESPACE apart ADD DATAFILE 'apart.ibd';
CREATE TABLE shop.lies_apart (id INT PRIMARY KEY) TABLESPACE apart;
INSERT INTO shop.lies_apart VALUES (1);
";
const MARIADB: &str = "
CREATE ROLE reader; CREATE ROLE `wri'ter` WITH ADMIN 'plain'@'%'; CREATE ROLE `outer`;
GRANT SELECT ON shop.* TO reader;
GRANT reader TO `outer`;
GRANT `outer` TO 'plain'@'%' WITH ADMIN OPTION;
GRANT reader TO 'locked'@'%';
SET DEFAULT ROLE reader FOR 'locked'@'%';
GRANT SELECT ON shop.orders TO PUBLIC;
CREATE USER 'two ways'@'%' IDENTIFIED VIA mysql_native_password USING PASSWORD('x') OR unix_socket;
GRANT PROXY ON 'kept'@'%' TO 'locked'@'%';
";

fn sql(server: &Mysql, database: Option<&str>, file: Stdio, arguments: &[&str]) -> Ran {
    let mut client = server.client();
    client.args(["--comments", "--binary-mode"]).args(arguments).stdin(file);
    client.args(database.map(|name| format!("--database={name}")));
    let line = format!("{client:?}");
    Ran::of(line, &client.output().unwrap())
}

fn filled(release: &'static str) -> Arc<Mysql> {
    let server = Mysql::private(release, &[]);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("e2e/backup_mysql/server.sql");
    sql(&server, None, fs::File::open(file).unwrap().into(), &[]).ok();
    server.statement(if server.is_mariadb() { MARIADB } else { MYSQL });
    server
}

/// Where something is there already.
fn used(release: &'static str) -> Arc<Mysql> {
    let server = Mysql::private(release, &[]);
    server.statement("CREATE USER 'kept'@'%' IDENTIFIED BY 'its own'");
    if !server.is_mariadb() {
        server.statement("SET GLOBAL partial_revokes = ON");
    }
    server
}

fn command(server: &Mysql, store: &Store, arguments: &[&str]) -> Command {
    let mut command = program(TASK);
    command.env("MYSQL_HOST", "127.0.0.1").env("MYSQL_TCP_PORT", server.port().to_string());
    command.env("MYSQL_USER", "root").env("BACKUP_STORE", store.path()).args(arguments);
    command
}

/// MariaDB's own tool stops at an account that its server passes over.
fn without_host_names(server: &Mysql) {
    if server.is_mariadb() {
        server.statement("DELETE FROM mysql.global_priv WHERE Host = @@hostname; FLUSH PRIVILEGES");
    }
}

/// Accounts and rights by the server's own word, but for the password of the account that was there.
fn accounts(server: &Mysql) -> String {
    if server.is_mariadb() {
        let mut dump = server.dump_command();
        let dump =
            run(dump.args(["--system=users,servers", "--skip-dump-date", "--insert-ignore"])).ok();
        let password = |line: &str| line.contains("CREATE USER") || line.contains("IDENTIFIED");
        // Who makes a role may give it to others.
        let made =
            |line: &str| line.contains("ter") && line.contains("root") && line.contains("ADMIN");
        let wanted = |line: &&str| !(line.contains("kept") && password(line) || made(line));
        let mut lines: Vec<_> = dump.lines().filter(wanted).collect();
        lines.sort_unstable();
        // A right to be anybody is kept in two spellings, and printed in one.
        lines.dedup();
        return lines.join("\n");
    }
    let names = server.statement(
        "SELECT CONCAT(QUOTE(User), '@', QUOTE(Host)) FROM mysql.user WHERE User NOT LIKE 'mysql.%' ORDER BY 1",
    );
    let mut all = server.statement("SELECT * FROM mysql.servers ORDER BY 1");
    all += &server.statement("SELECT * FROM mysql.default_roles ORDER BY 1, 2, 3, 4");
    for name in names.lines() {
        if !name.starts_with("'kept'") {
            let shown = format!("SET print_identified_with_as_hex = 1; SHOW CREATE USER {name}");
            all += &server.statement(&shown);
        }
        let grants = server.statement(&format!("SHOW GRANTS FOR {name}"));
        let mut grants: Vec<_> = grants.lines().collect();
        grants.sort_unstable();
        all += &format!("\n{}\n", grants.join("\n"));
    }
    all
}

fn assert_equal(source: &Arc<Mysql>, target: &Arc<Mysql>, how: &str) {
    without_host_names(source);
    without_host_names(target);
    let release = source.release();
    assert_same(&accounts(source), &accounts(target), &format!("{release}, accounts by {how}"));
    for name in DATABASES {
        let (wanted, found) = (judged(&source.schema(name)), judged(&target.schema(name)));
        assert_same(&wanted, &found, &format!("{release}, {name} by {how}"));
    }
    let as_kept = |password: &str| {
        let mut client = target.client();
        run(client.args(["--user=kept", &format!("--password={password}"), "-e", "SELECT 1"])).code
    };
    assert_eq!(as_kept("its own"), 0, "{release}: an account that is there stays as it is");
    assert_ne!(as_kept("of the source"), 0);
}

/// The file of a database, or of the globals, by what its name begins with.
fn file(store: &Store, start: &str) -> std::path::PathBuf {
    let files = fs::read_dir(store.path()).unwrap().map(|entry| entry.unwrap().path());
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let mut found =
        files.filter(|path| name(path).starts_with(start) && name(path).ends_with(".gz"));
    found.next().unwrap_or_else(|| panic!("no {start}"))
}

#[test]
fn a_whole_server_comes_back_on_another() {
    for release in Mysql::RELEASES {
        let source = filled(release);
        let store = Store::new();
        let saved = run(&mut command(&source, &store, &["backup", "--all-databases"]));
        assert_eq!(saved.code, 0, "{}", saved.stderr);
        assert_eq!(source.is_mariadb(), saved.stderr.contains("skip_name_resolve"));
        for secret in ["it's; secret", "0x24", "*"] {
            assert!(!saved.stderr.contains(secret), "{secret} in {}", saved.stderr);
        }
        let verified = run(&mut command(&source, &store, &["verify", "--all-databases"]));
        assert_eq!(verified.code, 0, "{}", verified.stderr);
        let url = source.server_url();
        let drilled =
            run(&mut command(&source, &store, &["verify", "--all-databases", "--restore-to", url]));
        assert_eq!(drilled.code, 0, "{}", drilled.stderr);

        let target = used(release);
        let dry =
            run(&mut command(&target, &store, &["restore", "--all-databases", "--dry-run"])).ok();
        assert!(dry.contains("mysqlglobals-server-"), "{dry}");
        assert!(!target.statement("SHOW DATABASES").contains("shop"));
        let restored = run(&mut command(&target, &store, &["restore", "--all-databases"]));
        assert_eq!(restored.code, 0, "{}", restored.stderr);
        assert_equal(&source, &target, "restore");
        // Nothing is put over what is there.
        let refused = run(&mut command(&target, &store, &["restore", "--all-databases"]));
        assert_eq!(refused.code, 2, "{}", refused.stderr);
        assert!(refused.stderr.contains("is not empty"), "{}", refused.stderr);
        let again = run(&mut command(&target, &store, &["restore", "--all-databases", "--clean"]));
        assert_eq!(again.code, 0, "{}", again.stderr);
        assert_equal(&source, &target, "restore --clean");
    }
}

#[test]
fn the_stock_client_brings_back_a_whole_server() {
    for release in Mysql::RELEASES {
        let source = filled(release);
        let store = Store::new();
        run(&mut command(&source, &store, &["--all-databases"])).ok();
        let target = used(release);
        let pipe = |start: &str| {
            let mut gunzip = Command::new("gunzip");
            let gunzip = gunzip.arg("-c").arg(file(&store, start)).stdout(Stdio::piped());
            Stdio::from(gunzip.spawn().unwrap().stdout.unwrap())
        };
        sql(&target, None, pipe("mysqlglobals-"), &["--force"]);
        for (name, start) in
            [(DATABASES[0], "mysql-%"), ("empty", "mysql-empty-"), ("shop", "mysql-shop-")]
        {
            let manifest = format!("{}.manifest.json", file(&store, start).display());
            let manifest: serde_json::Value =
                serde_json::from_slice(&fs::read(manifest).unwrap()).unwrap();
            let of = |what: &str| manifest["properties"][what].as_str().unwrap().to_owned();
            target.statement(&format!(
                "CREATE DATABASE `{}` CHARACTER SET {} COLLATE {}",
                name.replace('`', "``"),
                of("charset"),
                of("collation")
            ));
            sql(&target, Some(name), pipe(start), &[]).ok();
        }
        let globals = sql(&target, None, pipe("mysqlglobals-"), &["--force"]);
        let complaints: Vec<_> =
            globals.stderr.lines().filter(|line| line.contains("ERROR")).collect();
        assert!(
            complaints.iter().all(|line| line.contains("Tablespace 'apart' exists")),
            "{complaints:?}"
        );
        assert_equal(&source, &target, "the stock client");
    }
}

#[test]
fn the_globals_alone_and_what_is_left_out() {
    let source = filled("mariadb-11");
    let store = Store::new();
    run(&mut command(&source, &store, &["--globals-only"])).ok();
    let target = used("mariadb-11");
    let wrong = run(&mut command(&target, &store, &["restore", "--globals-only"]));
    assert_eq!(wrong.code, 2, "a right wants its table: {}", wrong.stderr);
    let other = used("mysql-9");
    let other = run(&mut command(&other, &store, &["restore", "--globals-only"]));
    assert_eq!(other.code, 2);
    assert!(other.stderr.contains("another family"), "{}", other.stderr);

    let store = Store::new();
    let patterns = "emp*,*nen";
    run(&mut command(&source, &store, &["-A", "--exclude-database", patterns])).ok();
    let list = run(&mut command(&source, &store, &["list", "--output", "json"])).ok();
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    let names: Vec<_> =
        list["backups"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["shop", "server"]);
}

#[test]
fn rights_that_are_missing_for_a_whole_server_are_named() {
    for release in ["mysql-9", "mariadb-10"] {
        let server = Mysql::private(release, &[]);
        server.statement("CREATE USER few@'%' IDENTIFIED BY 'x'; CREATE DATABASE shop; GRANT SELECT ON shop.* TO few@'%'");
        let store = Store::new();
        let few = |arguments: &[&str]| {
            run(command(&server, &store, arguments).env("MYSQL_USER", "few").env("MYSQL_PWD", "x"))
        };
        let refused = few(&["--all-databases"]);
        assert_eq!(refused.code, 2, "{}", refused.stderr);
        assert!(refused.stderr.contains("SELECT on *.*"), "{}", refused.stderr);
        let refused = few(&["--globals-only"]);
        assert_eq!(refused.code, 2, "{}", refused.stderr);
        assert!(refused.stderr.contains("SELECT on mysql.*"), "{}", refused.stderr);
        assert_eq!(fs::read_dir(store.path()).unwrap().count(), 0);
    }
}
