//! A hot standby can be backed up, but for rows that it does not have.

use super::databases::{MAJOR, SMALL, empty};
use super::store::{Store, expect};
use std::sync::Arc;
use std::time::{Duration, Instant};
use testkit::faults::Target;
use testkit::{Database, Fault, Postgres, Proxy, Settings};

/// Until the standby has everything that the primary has now.
fn wait_for(standby: &Arc<Postgres>, primary: &Arc<Postgres>) {
    let end = primary.statement("SELECT pg_current_wal_lsn()");
    let query = format!("SELECT pg_last_wal_replay_lsn() >= '{}'", end.trim());
    let deadline = Instant::now() + Duration::from_mins(1);
    while standby.statement(&query).trim() != "t" {
        assert!(Instant::now() < deadline, "the standby does not follow:\n{}", standby.log());
    }
}

fn pair(major: u32, lines: &str) -> (Arc<Postgres>, Arc<Postgres>) {
    // A commit that is not on disk yet is not sent either.
    let settings =
        Settings { lines: "synchronous_commit = on\n".to_owned(), ..Settings::default() };
    let primary = Postgres::private(major, &settings);
    let standby = primary.standby(lines);
    (primary, standby)
}

/// A database of the primary, and as the standby has it.
fn filled(primary: &Arc<Postgres>, standby: &Arc<Postgres>, sql: &str) -> (Database, Database) {
    let source = primary.create_database();
    source.psql(sql);
    wait_for(standby, primary);
    let same = source.on(standby);
    (source, same)
}

#[test]
fn a_standby_is_backed_up_like_its_primary() {
    for major in [13, MAJOR, 18] {
        let (primary, standby) = pair(major, "");
        let (_source, same) = filled(&primary, &standby, SMALL);
        let store = Store::of(&same, &["--jobs", "2"]);
        let target = Postgres::start(major).create_database();
        store.restore(&store.artifact(), &target).ok();
        // Its sequences are some numbers ahead of the primary's: the log says so in advance.
        assert!(target.state() == same.state(), "on {major} it is not the same");
    }
}

#[test]
fn unlogged_rows_are_refused_by_name_unless_they_are_not_wanted() {
    let (primary, standby) = pair(MAJOR, "");
    let unlogged = "CREATE UNLOGGED TABLE fleeting (a serial); INSERT INTO fleeting VALUES (1)";
    let (_source, same) = filled(&primary, &standby, &format!("{SMALL} {unlogged}"));
    let store = Store::new();
    let ran = store.run_on(&same, "backup", &[]);
    let said = [r#"table "public"."fleeting" (unlogged"#, "fleeting_a_seq", "--exclude-table-data"];
    expect(&ran, 2, &said);
    assert_eq!(store.names().len(), 0);
    store.run_on(&same, "backup", &["--exclude-table-data=fleeting*"]).ok();
    let target = empty();
    store.restore(&store.artifact(), &target).ok();
    assert_eq!(target.psql("SELECT count(*) FROM fleeting").trim(), "0");
    assert_eq!(target.psql("SELECT count(*) FROM customers").trim(), "120");
}

#[test]
fn a_conflict_with_recovery_ends_the_run_and_says_so() {
    let (primary, standby) = pair(MAJOR, "max_standby_streaming_delay = 0\n");
    let big = "CREATE TABLE big AS SELECT n, md5(n::text) FROM generate_series(1, 500000) n";
    let (source, same) = filled(&primary, &standby, big);
    let proxy = Proxy::start(standby.port());
    proxy.fail_after(8_000_000, Fault::Freeze);
    let store = Store::new();
    let port = proxy.port().to_string();
    let mut run = store.start(&same, "backup", &["--port", &port, "--jobs", "2"]);
    assert!(run.until("standstill", || proxy.is_frozen()), "{}", run.stderr());
    source.psql("TRUNCATE big");
    wait_for(&standby, &primary);
    proxy.thaw();
    let ran = run.ends_within(Duration::from_secs(30));
    expect(&ran, 1, &["public.big"]);
    let said = ["conflict with recovery", "lost the connection"];
    assert!(said.iter().any(|text| ran.stderr.contains(text)), "{}", ran.stderr);
    assert_eq!(store.names().len(), 0);
}
