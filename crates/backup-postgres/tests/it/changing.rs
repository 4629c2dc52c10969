//! Tables come, go and change while they are backed up: a backup is of one state or fails, and is
//! never wrong.

use super::databases::filled;
use super::store::Store;
use std::io::Write;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use testkit::faults::Target;
use testkit::{Database, Fault, Proxy};

const RUNS: usize = 12;

const START: &str = "
    CREATE TABLE steady AS SELECT n, md5(n::text) FROM generate_series(1, 20000) n;
    CREATE TABLE parent (k int, v text) PARTITION BY LIST (k);";

/// One turn of what a busy application does to its schema. Each line stands alone; one that waits
/// for the backup gives up soon.
const TURN: &str = "
    SET lock_timeout = '30ms';
    CREATE TABLE come (id serial PRIMARY KEY, a int DEFAULT 1, b text);
    INSERT INTO come (b) SELECT md5(n::text) FROM generate_series(1, 200) n;
    ALTER TABLE come ADD COLUMN c numeric DEFAULT 7;
    CREATE INDEX come_b ON come (b);
    CREATE VIEW over AS SELECT a, c FROM come;
    CREATE OR REPLACE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
    CREATE TYPE kind AS ENUM ('a', 'b');
    CREATE TABLE typed (k kind, m int CHECK (m > 0));
    INSERT INTO typed VALUES ('a', 1), ('b', 2);
    CREATE TABLE part PARTITION OF parent FOR VALUES IN (1);
    INSERT INTO parent VALUES (1, 'x');
    ALTER TABLE typed RENAME TO named;
    ALTER TABLE come DROP COLUMN a CASCADE;
    ALTER TABLE parent DETACH PARTITION part;
    ALTER TABLE come ADD CONSTRAINT big CHECK (c > 0) NOT VALID;
    CREATE OR REPLACE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 2';
    DROP VIEW IF EXISTS over;
    TRUNCATE come;
    DROP TABLE IF EXISTS part;
    DROP TABLE IF EXISTS named; DROP TABLE IF EXISTS typed;
    DROP TYPE IF EXISTS kind;
    DROP FUNCTION IF EXISTS f;
    DROP TABLE IF EXISTS come CASCADE;
";

/// A session that changes things until it is dropped.
fn session(database: &Database) -> Child {
    let mut psql = database.psql_command();
    // The last one wins: what does not work this time may work the next.
    psql.args(["-v", "ON_ERROR_STOP=0"]);
    psql.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// What a migration does in one transaction while the backup waits for it. To a snapshot taken
/// before its end the new rows are invisible, and the old ones are gone.
const MIGRATIONS: [&str; 7] = [
    "ALTER TABLE t ALTER COLUMN n TYPE bigint",
    "ALTER TABLE t ADD COLUMN m float DEFAULT random()",
    "TRUNCATE t; INSERT INTO t SELECT n, 'new' FROM generate_series(1, 500) n",
    "ALTER TABLE t DROP COLUMN s",
    "ALTER TABLE t RENAME COLUMN s TO r",
    "DROP TABLE t; CREATE TABLE t AS SELECT n FROM generate_series(1, 700) n",
    "ALTER TABLE t RENAME TO o; CREATE TABLE t AS SELECT n FROM generate_series(1, 700) n",
];

#[test]
fn a_table_changed_while_the_backup_waits_for_it_is_saved_as_it_is_then() {
    for migration in MIGRATIONS {
        let database =
            filled("CREATE TABLE t AS SELECT n, md5(n::text) AS s FROM generate_series(1, 999) n");
        let store = Store::new();
        let mut psql = session(&database);
        let statements = psql.stdin.as_mut().unwrap();
        writeln!(statements, "BEGIN; {migration};").unwrap();
        let waits = |what: &str| {
            let query = format!(
                "SELECT count(*) > 0 FROM pg_locks l JOIN pg_database d
                ON d.oid = l.database WHERE datname = current_database() AND {what}"
            );
            database.psql(&query).trim() == "t"
        };
        while !waits("l.mode = 'AccessExclusiveLock' AND l.granted") {}
        let mut run = store.start(&database, "backup", &["--wait", "60s"]);
        assert!(run.until("wait for the lock", || waits("NOT l.granted")), "{}", run.stderr());
        writeln!(statements, "COMMIT;").unwrap();
        super::store::expect(&run.ends_within(std::time::Duration::from_secs(30)), 0, &[]);
        drop(psql.stdin.take());
        psql.wait().unwrap();
        let target = super::databases::empty();
        store.restore(&store.artifact(), &target).ok();
        let (found, wanted) = (target.state(), database.state());
        assert!(found == wanted, "{migration}: {} lines instead of {}", found.len(), wanted.len());
    }
}

/// They wait for the leader of the backup, and the workers would wait behind them.
#[test]
fn whoever_waits_for_a_table_in_order_to_change_it_does_not_stop_the_backup() {
    let database = super::databases::large();
    let proxy = Proxy::start(database.server().port());
    proxy.fail_after(8_000_000, Fault::Freeze);
    let store = Store::new();
    let arguments = ["--port", &proxy.port().to_string(), "--jobs", "1"];
    let mut run = store.start(&database, "backup", &arguments);
    assert!(run.until("standstill", || proxy.is_frozen()), "{}", run.stderr());
    let mut changes: Vec<Child> = ["big", "other", "third"]
        .iter()
        .map(|table| {
            let mut psql = database.psql_command();
            psql.args(["-c", &format!("ALTER TABLE {table} ADD COLUMN late int DEFAULT 1")]);
            psql.spawn().unwrap()
        })
        .collect();
    let waiting = "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
        WHERE datname = current_database() AND NOT l.granted";
    assert!(
        run.until("three to wait", || database.psql(waiting).trim() == "3"),
        "{}",
        run.stderr()
    );
    proxy.thaw();
    super::store::expect(&run.ends_within(std::time::Duration::from_mins(1)), 0, &[]);
    assert!(
        changes.iter_mut().all(|change| change.wait().unwrap().success()),
        "then they change it"
    );
    let target = super::databases::empty();
    store.restore(&store.artifact(), &target).ok();
    assert_eq!(target.psql("SELECT count(*) FROM third").trim(), "60000");
}

/// Tables that come and go, as jobs make them for a moment.
const TRANSIENT: &str = "
    CREATE TABLE job (id int PRIMARY KEY, v text);
    INSERT INTO job SELECT n, md5(n::text) FROM generate_series(1, 50) n;
    ALTER TABLE job RENAME TO done;
    DROP TABLE done;
";

#[test]
fn tables_that_come_and_go_do_not_stop_a_backup() {
    let database = filled(START);
    let store = Store::new();
    let over = AtomicBool::new(false);
    let url = format!("{}/postgres", database.server().server_url());
    let runs = thread::scope(|scope| {
        let changing = scope.spawn(|| {
            let mut psql = session(&database);
            let mut statements = psql.stdin.take().unwrap();
            while !over.load(Ordering::Relaxed) {
                statements.write_all(TRANSIENT.as_bytes()).unwrap();
            }
            let _ = psql.kill();
            let _ = psql.wait();
        });
        let run = |_| {
            let ran = store.run_on(&database, "backup", &["--jobs", "2", "--wait", "20s"]);
            let drill = store.run("verify", &["--restore-to", &url]);
            (ran, drill)
        };
        let runs: Vec<_> = (0..RUNS).map(run).collect();
        over.store(true, Ordering::Relaxed);
        changing.join().unwrap();
        runs
    });
    for (ran, drill) in runs {
        ran.ok();
        drill.ok();
    }
}

#[test]
fn a_backup_amid_changes_is_right_or_fails() {
    let database = filled(START);
    let store = Store::new();
    let url = format!("{}/postgres", database.server().server_url());
    let over = AtomicBool::new(false);
    let mut saved = 0;
    let mut reasons = Vec::new();
    thread::scope(|scope| {
        let changing = scope.spawn(|| {
            let mut psql = session(&database);
            let mut statements = psql.stdin.take().unwrap();
            while !over.load(Ordering::Relaxed) {
                statements.write_all(TURN.as_bytes()).unwrap();
            }
            let _ = psql.kill();
            let _ = psql.wait();
        });
        let mut wrong = None;
        for _ in 0..RUNS {
            let ran = store.run_on(&database, "backup", &["--jobs", "2", "--wait", "20s"]);
            if ran.code == 0 {
                saved += 1;
                let drill = store.run("verify", &["--restore-to", &url]);
                if drill.code != 0 {
                    wrong = Some(drill.stderr);
                    break;
                }
            } else if ran.code == 1 && !ran.stderr.contains("panic") {
                reasons.push(ran.stderr.lines().last().unwrap_or_default().to_owned());
            } else {
                wrong = Some(format!("{}: {}", ran.code, ran.stderr));
                break;
            }
        }
        over.store(true, Ordering::Relaxed);
        changing.join().unwrap();
        assert!(wrong.is_none(), "{}", wrong.unwrap_or_default());
    });
    assert!(saved >= RUNS / 3, "only {saved} of {RUNS} were saved: {}", reasons.join("\n"));
    assert_eq!((store.list().sound.len(), store.names().len()), (saved, 2 * saved));
}
