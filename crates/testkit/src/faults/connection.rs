//! Connections that are lost in the middle: exit code 1, nothing left, and it is said what was
//! lost.

use super::{Program, Store, Target, expect};
use crate::{Fault, Proxy, Ran, Running, run};
use std::cell::RefCell;
use std::time::Duration;

const FAULTS: [Fault; 3] = [Fault::Close, Fault::Reset, Fault::Away];
/// By then every program has its snapshot. A connection that is cut before is tried again, so that
/// only a server that is gone ends such a run.
const CONNECTED: u64 = 100_000;
/// The same of a restore.
const CONNECTED_TO_RESTORE: u64 = 20_000;

/// Bytes of the network that a run takes, and the proxy that counted them.
fn measured<P: Program>(database: &P::Target, run: impl Fn(u16) -> Ran) -> (Proxy, u64) {
    let proxy = Proxy::start(database.port());
    run(proxy.port()).ok();
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

fn backup_through<P: Program>(store: &Store<P>, database: &P::Target, port: u16) -> Ran {
    run(&mut store.command_through(port, database, "backup", &[]))
}

pub fn a_backup_cut_off_at_any_byte_leaves_nothing<P: Program>(large: &P::Target) {
    let (proxy, whole) =
        measured::<P>(large, |port| backup_through(&Store::<P>::new(), large, port));
    assert!(whole > 20_000_000, "the rows go through the proxy: {whole}");
    let store = Store::<P>::new();
    for (turn, at) in places(1, whole, 20).into_iter().enumerate() {
        proxy.fail_after(at, if at < CONNECTED { Fault::Away } else { FAULTS[turn % 3] });
        says_what_was_lost(&backup_through(&store, large, proxy.port()), at);
        assert_eq!(store.names().len(), 0, "cut at {at}");
    }
    large.all_disconnect();
    store.backup(large, &[]);
}

pub fn a_cut_while_the_catalogs_are_read_is_tried_again_or_said<P: Program>(small: &P::Target) {
    let (proxy, whole) =
        measured::<P>(small, |port| backup_through(&Store::<P>::new(), small, port));
    let mut saved = 0;
    // Amid the first words of the server, too.
    for (turn, at) in [20].into_iter().chain(places(2, whole, 16)).enumerate() {
        let store = Store::<P>::new();
        proxy.fail_after(at, FAULTS[turn % 2]);
        let ran =
            run(&mut store.command_through(proxy.port(), small, "backup", &["--wait", "10s"]));
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

pub fn a_restore_cut_off_at_any_byte_says_so<P: Program>(large: &P::Target) {
    let store = Store::<P>::of(large, &[]);
    let file = store.artifact();
    let name = format!("{}_restored", large.name());
    let into_new = |port: u16| {
        let mut command = store.command_into_new(&name, large, &file);
        run(command.env(P::Target::PORT, port.to_string()))
    };
    let (proxy, whole) = measured::<P>(large, into_new);
    let before = store.state();
    for (turn, at) in places(3, whole, 8).into_iter().enumerate() {
        large.drop_other(&name);
        let connected = at >= CONNECTED_TO_RESTORE;
        let fault = if connected { FAULTS[turn % 3] } else { Fault::Away };
        proxy.fail_after(at, fault);
        says_what_was_lost(&into_new(proxy.port()), at);
        if fault != Fault::Away {
            assert!(!large.exists(&name), "cut at {at}: the half of it is removed");
        }
    }
    large.drop_other(&name);
    let target = large.another();
    proxy.fail_after(whole / 2, Fault::Reset);
    let ran = run(&mut store.command_through(proxy.port(), &target, "restore", &[&file]));
    expect(&ran, 1, &["only half restored", "--clean", target.name()]);
    store.run_on(&target, "restore", &[&file, "--clean"]).ok();
    assert!(target.state() == large.state(), "it is all there again");
    assert_eq!(store.state(), before);
}

pub fn a_drill_cut_off_drops_its_database<P: Program>(large: &P::Target) {
    let store = Store::<P>::of(large, &[]);
    let ids = RefCell::new(Vec::new());
    let drill = |port: u16| {
        let url = large.drill_url(port);
        let run = store.start(large, "verify", &["--restore-to", &url]);
        ids.borrow_mut().push(run.id());
        run.ends_within(Duration::from_mins(1))
    };
    let (proxy, whole) = measured::<P>(large, drill);
    for (turn, part) in [3, 5, 8].into_iter().enumerate() {
        proxy.fail_after(whole * part / 10, FAULTS[turn % 2]);
        says_what_was_lost(&drill(proxy.port()), whole * part / 10);
        assert_eq!(large.drills_of(&ids.take()), [""; 0], "cut at {part} of 10");
    }
}

/// Runs a backup until it stands still amid the rows, lets something happen, then lets it go on.
fn amid_the_rows<P: Program>(database: &P::Target, happens: impl FnOnce()) -> Ran {
    let proxy = Proxy::start(database.port());
    proxy.fail_after(8_000_000, Fault::Freeze);
    let store = Store::<P>::new();
    let mut run = Running::start(&mut store.command_through(
        proxy.port(),
        database,
        "backup",
        &["--jobs", "3"],
    ));
    assert!(run.until("standstill", || proxy.is_frozen()), "{}", run.stderr());
    happens();
    proxy.thaw();
    let ran = run.ends_within(Duration::from_secs(30));
    assert_eq!(store.names().len(), 0, "{}", ran.stderr);
    ran
}

/// `terminate` has the server end one of the connections that read rows, of which it is said that they
/// were `reading`.
pub fn a_worker_that_is_terminated_ends_the_run<P: Program>(
    large: &P::Target,
    reading: &str,
    terminate: impl FnOnce(),
) {
    let ran = amid_the_rows::<P>(large, terminate);
    expect(&ran, 1, &[reading]);
    // The server's last words do not come through when it is stuck in the middle of a row.
    let said = ["terminating connection", "lost the connection"];
    assert!(said.iter().any(|text| ran.stderr.contains(text)), "{}", ran.stderr);
    large.all_disconnect();
}

/// `crash` ends the server without a word. It must be this test's alone.
pub fn a_server_that_crashes_ends_the_run<P: Program>(
    large: &P::Target,
    reading: &str,
    crash: impl FnOnce(),
) {
    let ran = amid_the_rows::<P>(large, crash);
    says_what_was_lost(&ran, 0);
    assert!(ran.stderr.contains(reading), "{}", ran.stderr);
}
