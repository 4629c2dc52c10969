//! SIGTERM and SIGINT at any moment: exit code 143 within 5 s, and nothing is left, neither in the
//! store nor on the server.

use super::databases::{all_disconnect, connections, exists, large, scratch_databases, small};
use super::store::{Store, expect};
use std::time::{Duration, Instant};
use testkit::{Database, Fault, Proxy, Ran, Running, moments};

const LIMIT: Duration = Duration::from_secs(5);

/// SIGTERM and SIGINT in turn.
fn stop(run: &Running, turn: usize) {
    if turn.is_multiple_of(2) { run.terminate() } else { run.interrupt() }
}

#[track_caller]
fn stopped(run: Running, turn: usize) {
    stop(&run, turn);
    expect(&run.ends_within(LIMIT), 143, &["told to stop"]);
}

/// Runs it whole, then stops it at so many moments. What was done before the signal came is done.
#[track_caller]
fn at_moments(
    seed: u64,
    count: u32,
    start: impl Fn() -> Running,
    mut check: impl FnMut(&Ran, bool),
) {
    let started = Instant::now();
    let ran = start().ends_within(Duration::from_mins(1));
    expect(&ran, 0, &[]);
    let whole = started.elapsed();
    check(&ran, false);
    let mut cut_short = 0;
    for (turn, moment) in moments(seed, count, whole).into_iter().enumerate() {
        let mut run = start();
        run.reaches(moment);
        stop(&run, turn);
        let ran = run.ends_within(LIMIT);
        assert!([0, 143].contains(&ran.code), "{}:\n{}", ran.code, ran.stderr);
        check(&ran, ran.code == 143);
        cut_short += u32::from(ran.code == 143);
    }
    assert!(cut_short > count / 2, "only {cut_short} of {count} were stopped");
}

#[test]
fn a_backup_stopped_at_any_moment_leaves_nothing() {
    let database = large();
    let store = Store::new();
    let start = || store.start(&database, "backup", &[]);
    at_moments(1, 14, start, |ran, stopped| {
        let names = store.names();
        assert!(names.len() == if stopped { 0 } else { 2 }, "{names:?}:\n{}", ran.stderr);
        for name in &names {
            std::fs::remove_file(store.file(name)).unwrap();
        }
        all_disconnect(&database);
    });
}

/// When only the one connection that holds the snapshot is left, the rows are all written.
fn reads_back(run: &mut Running, database: &Database) -> bool {
    let mut most = 0;
    while run.runs_for(Duration::from_millis(10)) {
        run.pause();
        let now = connections(database);
        if most > 1 && now == 1 {
            return true;
        }
        most = most.max(now);
        run.resume();
    }
    false
}

#[test]
fn a_backup_stopped_while_it_reads_back_leaves_nothing() {
    let database = large();
    let store = Store::new();
    // A machine that is busy elsewhere may miss it once.
    for _ in 0..5 {
        let mut run = store.start(&database, "backup", &["--jobs", "4"]);
        if reads_back(&mut run, &database) {
            run.terminate();
            run.resume();
            expect(&run.ends_within(LIMIT), 143, &["told to stop"]);
            assert_eq!(store.names().len(), 0);
            all_disconnect(&database);
            return;
        }
        expect(&run.ends_within(LIMIT), 0, &[]);
        for name in store.names() {
            std::fs::remove_file(store.file(&name)).unwrap();
        }
    }
    panic!("it never read back while we looked");
}

#[test]
fn a_backup_stopped_while_it_waits_for_a_server_ends_at_once() {
    let store = Store::new();
    for turn in 0..2 {
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut command = store.command("backup", &["--wait", "10m", "--host", "127.0.0.1"]);
        command.arg("--port").arg(nobody.port().to_string());
        let mut run = Running::start(&mut command);
        run.says("yet");
        stopped(run, turn);
        assert_eq!(store.names().len(), 0);
    }
}

#[test]
fn a_server_that_does_not_answer_does_not_keep_it() {
    let database = large();
    let proxy = Proxy::start(database.server().port());
    let port = proxy.port().to_string();
    // While it connects, in the catalogs, in the rows.
    for (turn, after) in [50, 20_000, 5_000_000].into_iter().enumerate() {
        proxy.fail_after(after, Fault::Freeze);
        let store = Store::new();
        let mut run = store.start(&database, "backup", &["--port", &port]);
        assert!(run.until("standstill", || proxy.is_frozen()), "{}", run.stderr());
        stopped(run, turn);
        assert_eq!(store.names().len(), 0);
        proxy.thaw();
        all_disconnect(&database);
    }
}

#[test]
fn a_read_back_stopped_at_any_moment_changes_nothing() {
    let database = large();
    let store = Store::of(&database, &[]);
    let before = store.state();
    at_moments(2, 6, || store.start(&database, "verify", &[]), |_, _| ());
    assert_eq!(store.state(), before);
}

#[test]
fn a_restore_stopped_at_any_moment_lets_go_of_the_server() {
    let source = large();
    let store = Store::of(&source, &[]);
    let file = store.artifact();
    let name = format!("{}_restored", source.name());
    let drop = format!("DROP DATABASE IF EXISTS {name}");
    let start = || store.start(&source, "restore", &[&file, "--create", "--dbname", &name]);
    at_moments(3, 8, start, |ran, stopped| {
        assert_eq!(exists(source.server(), &name), !stopped, "{}", ran.stderr);
        source.server().statement(&drop);
        all_disconnect(&source);
    });
    let target = super::databases::empty();
    let mut run = store.start(&target, "restore", &[&file]);
    run.until("rows", || connections(&target) > 1);
    stopped(run, 1);
    all_disconnect(&target);
}

#[test]
fn a_drill_stopped_at_any_moment_drops_its_database() {
    let source = large();
    let store = Store::of(&source, &[]);
    let url = format!("{}/postgres", source.server().server_url());
    let ids = std::cell::RefCell::new(Vec::new());
    let start = || {
        let run = store.start(&source, "verify", &["--restore-to", &url]);
        ids.borrow_mut().push(run.id());
        run
    };
    at_moments(4, 8, start, |_, _| ());
    assert_eq!(scratch_databases(&source, &ids.take()), "");
}

#[test]
fn a_dry_run_stops_too() {
    let database = small();
    let proxy = Proxy::start(database.server().port());
    proxy.fail_after(3_000, Fault::Freeze);
    let store = Store::new();
    let port = proxy.port().to_string();
    let mut run = store.start(&database, "backup", &["--dry-run", "--port", &port]);
    assert!(run.until("standstill", || proxy.is_frozen()));
    stopped(run, 0);
}
