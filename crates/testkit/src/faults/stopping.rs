//! SIGTERM and SIGINT at any moment: exit code 143 within 5 s, and nothing is left, neither in the
//! store nor on the server.

use super::{LIMIT, Program, Store, Target, expect};
use crate::{Fault, Proxy, Ran, Running, moments};
use std::cell::RefCell;
use std::fs;
use std::net::TcpListener;
use std::time::{Duration, Instant};

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
    let mut whole = started.elapsed();
    check(&ran, false);
    let mut cut_short = 0;
    for (turn, moment) in moments(seed, count, Duration::from_secs(1)).into_iter().enumerate() {
        let started = Instant::now();
        let mut run = start();
        run.reaches(whole.mul_f64(moment.as_secs_f64()));
        stop(&run, turn);
        let ran = run.ends_within(LIMIT);
        if ran.code == 0 {
            // The machine was busy with something else before: the rest are moments of a shorter run.
            whole = whole.min(started.elapsed());
        }
        assert!([0, 143].contains(&ran.code), "{}:\n{}", ran.code, ran.stderr);
        check(&ran, ran.code == 143);
        cut_short += u32::from(ran.code == 143);
    }
    assert!(cut_short > count / 2, "only {cut_short} of {count} were stopped");
}

fn remove_all<P: Program>(store: &Store<P>) {
    for name in store.names() {
        fs::remove_file(store.file(&name)).unwrap();
    }
}

pub fn a_backup_stopped_at_any_moment_leaves_nothing<P: Program>(large: &P::Target) {
    let store = Store::<P>::new();
    at_moments(
        1,
        14,
        || store.start(large, "backup", &[]),
        |ran, stopped| {
            let names = store.names();
            assert!(names.len() == if stopped { 0 } else { 2 }, "{names:?}:\n{}", ran.stderr);
            remove_all(&store);
            large.all_disconnect();
        },
    );
}

/// When the workers' connections are gone, the rows are all written.
fn reads_back<P: Program>(run: &mut Running, database: &P::Target) -> bool {
    let mut most = 0;
    while run.runs_for(Duration::from_millis(10)) {
        run.pause();
        let now = database.connections();
        if most > 1 && now == P::WHILE_READING_BACK {
            return true;
        }
        most = most.max(now);
        run.resume();
    }
    false
}

pub fn a_backup_stopped_while_it_reads_back_leaves_nothing<P: Program>(large: &P::Target) {
    let store = Store::<P>::new();
    // A machine that is busy elsewhere may miss it once.
    for _ in 0..5 {
        let mut run = store.start(large, "backup", &["--jobs", "4"]);
        if reads_back::<P>(&mut run, large) {
            run.terminate();
            run.resume();
            expect(&run.ends_within(LIMIT), 143, &["told to stop"]);
            assert_eq!(store.names().len(), 0);
            large.all_disconnect();
            return;
        }
        expect(&run.ends_within(LIMIT), 0, &[]);
        remove_all(&store);
    }
    panic!("it never read back while we looked");
}

pub fn a_backup_stopped_while_it_waits_for_a_server_ends_at_once<P: Program>(small: &P::Target) {
    let store = Store::<P>::new();
    for turn in 0..2 {
        let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut run = Running::start(&mut store.command_through(
            nobody.port(),
            small,
            "backup",
            &["--wait", "10m"],
        ));
        run.says("yet");
        stopped(run, turn);
        assert_eq!(store.names().len(), 0);
    }
}

/// While it connects, in the catalogs, in the rows.
const STANDSTILLS: [u64; 3] = [50, 20_000, 5_000_000];

pub fn a_server_that_does_not_answer_does_not_keep_it<P: Program>(large: &P::Target) {
    let proxy = Proxy::start(large.port());
    for (turn, after) in STANDSTILLS.into_iter().enumerate() {
        proxy.fail_after(after, Fault::Freeze);
        let store = Store::<P>::new();
        let mut run =
            Running::start(&mut store.command_through(proxy.port(), large, "backup", &[]));
        assert!(run.until("standstill", || proxy.is_frozen()), "{}", run.stderr());
        stopped(run, turn);
        assert_eq!(store.names().len(), 0);
        proxy.thaw();
        large.all_disconnect();
    }
}

pub fn a_read_back_stopped_at_any_moment_changes_nothing<P: Program>(large: &P::Target) {
    let store = Store::<P>::of(large, &[]);
    let before = store.state();
    at_moments(2, 6, || store.start(large, "verify", &[]), |_, _| ());
    assert_eq!(store.state(), before);
}

pub fn a_restore_stopped_at_any_moment_lets_go_of_the_server<P: Program>(large: &P::Target) {
    let store = Store::<P>::of(large, &[]);
    let file = store.artifact();
    let name = format!("{}_restored", large.name());
    let start = || Running::start(&mut store.command_into_new(&name, large, &file));
    at_moments(3, 8, start, |ran, stopped| {
        assert_eq!(large.exists(&name), !stopped, "{}", ran.stderr);
        large.all_disconnect_from(&name);
        large.drop_other(&name);
    });
    let target = large.another();
    let mut run = store.start(&target, "restore", &[&file]);
    run.until("rows", || target.connections() > 1);
    stopped(run, 1);
    target.all_disconnect();
}

pub fn a_drill_stopped_at_any_moment_drops_its_database<P: Program>(large: &P::Target) {
    let store = Store::<P>::of(large, &[]);
    let url = large.drill_url(large.port());
    let ids = RefCell::new(Vec::new());
    let start = || {
        let run = store.start(large, "verify", &["--restore-to", &url]);
        ids.borrow_mut().push(run.id());
        run
    };
    at_moments(4, 8, start, |_, _| {
        assert_eq!(large.drills_of(&ids.take()), [""; 0]);
    });
}

/// What cannot be removed through a network that stands still is named.
pub fn a_drill_on_a_server_that_does_not_answer_ends_in_time<P: Program>(large: &P::Target) {
    let proxy = Proxy::start(large.port());
    let store = Store::<P>::of(large, &[]);
    proxy.fail_after(5_000_000, Fault::Freeze);
    let url = large.drill_url(proxy.port());
    let mut run = store.start(large, "verify", &["--restore-to", &url]);
    assert!(run.until("standstill", || proxy.is_frozen()), "{}", run.stderr());
    let left = large.drills_of(&[run.id()]);
    assert_eq!(left.len(), 1);
    run.terminate();
    let ran = run.ends_within(LIMIT);
    drop(proxy);
    large.all_disconnect_from(&left[0]);
    large.drop_other(&left[0]);
    expect(&ran, 143, &["told to stop", &left[0]]);
}

pub fn a_dry_run_stops_too<P: Program>(small: &P::Target) {
    let proxy = Proxy::start(small.port());
    proxy.fail_after(3_000, Fault::Freeze);
    let store = Store::<P>::new();
    let mut run =
        Running::start(&mut store.command_through(proxy.port(), small, "backup", &["--dry-run"]));
    assert!(run.until("standstill", || proxy.is_frozen()));
    stopped(run, 0);
}
