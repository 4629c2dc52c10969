//! Connections that are lost in the middle: exit code 1, nothing left, and it is said what was
//! lost.

use super::databases::{all_disconnect, empty, exists, large, scratch_databases, small, state};
use super::store::{Store, expect};
use std::fs;
use std::time::Duration;
use testkit::{Database, Fault, Postgres, Proxy, Ran, Settings};

const FAULTS: [Fault; 3] = [Fault::Close, Fault::Reset, Fault::Away];

/// Bytes of the network that a run takes, and the proxy that counted them.
fn measured(database: &Database, run: impl Fn(&str) -> Ran) -> (Proxy, u64) {
    let proxy = Proxy::start(database.server().port());
    run(&proxy.port().to_string()).ok();
    let whole = proxy.carried();
    (proxy, whole)
}

#[track_caller]
fn says_what_was_lost(ran: &Ran, at: u64) {
    assert_eq!(ran.code, 1, "cut at {at}: {}", ran.stderr);
    let said = ["lost the connection", "cannot connect", "connection closed"];
    assert!(said.iter().any(|text| ran.stderr.contains(text)), "cut at {at}: {}", ran.stderr);
}

/// Everywhere, and most often in the beginning, where the catalogs are read.
fn places(seed: u64, whole: u64, count: u32) -> Vec<u64> {
    let mut random = fastrand::Rng::with_seed(seed);
    let early = (0..count / 2).map(|part| u64::from(part) * 8_000 / u64::from(count));
    let early: Vec<u64> = early.map(|start| start + random.u64(..4_000)).collect();
    let rest = (0..count / 2).map(|_| random.u64(8_000..whole * 9 / 10));
    early.into_iter().chain(rest).collect()
}

#[test]
fn a_backup_cut_off_at_any_byte_leaves_nothing() {
    let database = large();
    let run = |port: &str| Store::new().run_on(&database, "backup", &["--port", port]);
    let (proxy, whole) = measured(&database, run);
    assert!(whole > 20_000_000, "the rows go through the proxy: {whole}");
    let store = Store::new();
    for (turn, at) in places(1, whole, 20).into_iter().enumerate() {
        // A connection that is cut before there is a snapshot is tried again, so that only a
        // server that is gone ends such a run.
        let fault = if at < 100_000 { Fault::Away } else { FAULTS[turn % 3] };
        proxy.fail_after(at, fault);
        let port = proxy.port().to_string();
        let ran = store.run_on(&database, "backup", &["--port", &port]);
        says_what_was_lost(&ran, at);
        assert_eq!(store.names().len(), 0, "cut at {at}");
    }
    all_disconnect(&database);
    store.backup(&database, &[]);
}

#[test]
fn a_cut_while_the_catalogs_are_read_is_tried_again_or_said() {
    let database = small();
    let run = |port: &str| Store::new().run_on(&database, "backup", &["--port", port]);
    let (proxy, whole) = measured(&database, run);
    let port = proxy.port().to_string();
    let mut saved = 0;
    for (turn, at) in places(2, whole, 16).into_iter().enumerate() {
        let store = Store::new();
        proxy.fail_after(at, FAULTS[turn % 2]);
        let ran = store.run_on(&database, "backup", &["--port", &port, "--wait", "10s"]);
        if ran.code == 0 {
            saved += 1;
            store.run("verify", &[]).ok();
        } else {
            says_what_was_lost(&ran, at);
            assert_eq!(store.names().len(), 0, "cut at {at}");
        }
    }
    assert!(saved > 0, "within --wait it connects again");
}

#[test]
fn a_restore_cut_off_at_any_byte_says_so() {
    let source = large();
    let store = Store::of(&source, &[]);
    let file = store.artifact();
    let name = format!("{}_restored", source.name());
    let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    let run = |port: &str| {
        store.run_on(&source, "restore", &[&file, "--create", "-d", &name, "--port", port])
    };
    let (proxy, whole) = measured(&source, run);
    let port = proxy.port().to_string();
    let before = store.state();
    for (turn, at) in places(3, whole, 8).into_iter().enumerate() {
        source.server().statement(&drop);
        let fault = FAULTS[turn % 3];
        proxy.fail_after(at, if at < 20_000 { Fault::Away } else { fault });
        says_what_was_lost(&run(&port), at);
        if fault != Fault::Away && at >= 20_000 {
            assert!(!exists(source.server(), &name), "cut at {at}: the half of it is removed");
        }
    }
    source.server().statement(&drop);
    let target = empty();
    proxy.fail_after(whole / 2, Fault::Reset);
    let ran = store.run_on(&target, "restore", &[&file, "--port", &port]);
    expect(&ran, 1, &["only half restored", "--clean", target.name()]);
    store.run_on(&target, "restore", &[&file, "--clean"]).ok();
    assert!(state(&target) == state(&source), "it is all there again");
    assert_eq!(store.state(), before);
}

#[test]
fn a_drill_cut_off_drops_its_database() {
    let source = large();
    let store = Store::of(&source, &[]);
    let url = |port: &str| format!("postgres://postgres@127.0.0.1:{port}/postgres");
    let ids = std::cell::RefCell::new(Vec::new());
    let run = |port: &str| {
        let run = store.start(&source, "verify", &["--restore-to", &url(port)]);
        ids.borrow_mut().push(run.id());
        run.ends_within(Duration::from_mins(1))
    };
    let (proxy, whole) = measured(&source, run);
    for (turn, part) in [3, 5, 8].into_iter().enumerate() {
        proxy.fail_after(whole * part / 10, FAULTS[turn % 2]);
        let ran = run(&proxy.port().to_string());
        says_what_was_lost(&ran, whole * part / 10);
        assert_eq!(scratch_databases(&source, &ids.take()), "", "cut at {part} of 10");
    }
}

/// Runs a backup until it stands still amid the rows, lets something happen, then lets it go on.
fn amid_the_rows(database: &Database, happens: impl Fn()) -> (Ran, Store) {
    let proxy = Proxy::start(database.server().port());
    proxy.fail_after(8_000_000, Fault::Freeze);
    let store = Store::new();
    let port = proxy.port().to_string();
    let mut run = store.start(database, "backup", &["--port", &port, "--jobs", "3"]);
    assert!(run.until("standstill", || proxy.is_frozen()), "{}", run.stderr());
    happens();
    proxy.thaw();
    (run.ends_within(Duration::from_secs(30)), store)
}

#[test]
fn a_worker_that_is_terminated_ends_the_run() {
    let database = large();
    let (ran, store) = amid_the_rows(&database, || {
        let killed = database.psql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND application_name = 'backup-postgres'
               AND state = 'active' AND query LIKE 'COPY%' ORDER BY pid LIMIT 1",
        );
        assert_eq!(killed.trim(), "t", "a worker was reading");
    });
    expect(&ran, 1, &["cannot read table public."]);
    // The server's last words do not come through when it is stuck in the middle of a row.
    let said = ["terminating connection", "lost the connection"];
    assert!(said.iter().any(|text| ran.stderr.contains(text)), "{}", ran.stderr);
    assert_eq!(store.names().len(), 0);
    all_disconnect(&database);
}

#[test]
fn a_server_that_crashes_ends_the_run() {
    let server = Postgres::private(super::databases::MAJOR, &Settings::default());
    let database = server.create_database();
    database.psql("CREATE TABLE big AS SELECT n, md5(n::text) FROM generate_series(1, 500000) n");
    let (ran, store) = amid_the_rows(&database, || {
        let file = server.socket().join("data/postmaster.pid");
        let id = fs::read_to_string(&file).unwrap().lines().next().unwrap().to_owned();
        // An immediate shutdown, as by `pg_ctl stop -m immediate`.
        testkit::run(std::process::Command::new("kill").args(["-QUIT", &id])).ok();
        while file.exists() {
            std::thread::sleep(Duration::from_millis(5));
        }
    });
    says_what_was_lost(&ran, 0);
    assert!(ran.stderr.contains("public.big"), "{}", ran.stderr);
    assert_eq!(store.names().len(), 0);
}
