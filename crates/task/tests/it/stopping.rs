//! SIGTERM and SIGINT.

use crate::process::{Ended, Place, end, eventually, sample};
use crate::server::Server;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(5);

fn send(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// Starts it, waits until the work is under way, stops it: how it ended and how fast.
fn stop(command: &mut Command, file: &Place, signal: Signal) -> (Ended, Duration) {
    let child = command.spawn().unwrap();
    eventually("the work begins", || file.0.exists());
    let sent = Instant::now();
    send(&child, signal);
    (end(child), sent.elapsed())
}

#[test]
fn a_signal_is_143_and_the_work_cleans_up() {
    for signal in [Signal::TERM, Signal::INT] {
        let file = Place::new();
        let log = Place::holding("");
        let mut command = sample(&["wait", file.str(), "--output", "json"]);
        let (ended, took) = stop(command.env("TERMINATION_LOG", &log.0), &file, signal);
        assert_eq!(ended.code, 143, "{}", ended.stderr);
        assert!(took < LIMIT && !file.0.exists());
        assert_eq!(log.text(), "told to stop: connection closed\n");
        let json: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!(json["exit_code"], 143);
    }
}

#[test]
fn what_a_spawned_task_left_is_removed_too() {
    let file = Place::new();
    let (ended, _) = stop(&mut sample(&["leave", file.str()]), &file, Signal::TERM);
    assert_eq!(ended.code, 143, "{}", ended.stderr);
    assert!(!file.0.exists());
}

#[test]
fn work_that_does_not_stop_is_dropped_and_a_stuck_thread_left() {
    let file = Place::new();
    let server = Server::start(200);
    let mut command = sample(&["hang", file.str()]);
    command.env("NOTIFY_URL", format!("{}/hook", server.url));
    let (ended, took) = stop(&mut command, &file, Signal::TERM);
    assert_eq!(ended.code, 143, "{}", ended.stderr);
    assert!(took < LIMIT, "{took:?}");
    assert!(!file.0.exists(), "dropped, so its guard ran");
    assert_eq!(server.lines(), ["POST /hook"]);
}

#[test]
fn a_main_thread_that_is_stuck_does_not_hold_the_end_up() {
    let file = Place::new();
    let log = Place::holding("");
    let mut command = sample(&["block", file.str()]);
    let (ended, took) = stop(command.env("TERMINATION_LOG", &log.0), &file, Signal::TERM);
    assert_eq!(ended.code, 143);
    assert!(took < LIMIT, "{took:?}");
    assert_eq!(log.text(), "told to stop, and did not in time\n");
}

#[test]
fn a_second_signal_ends_at_once() {
    let file = Place::new();
    let log = Place::holding("");
    let mut command = sample(&["block", file.str()]);
    let child = command.env("TERMINATION_LOG", &log.0).spawn().unwrap();
    eventually("the work begins", || file.0.exists());
    let sent = Instant::now();
    // The first may come in after the second, as one, so they are of two kinds.
    send(&child, Signal::TERM);
    send(&child, Signal::INT);
    assert_eq!(end(child).code, 143);
    assert!(sent.elapsed() < Duration::from_secs(3), "{:?}", sent.elapsed());
    assert_eq!(log.text(), "", "the time was not up");
}

#[test]
fn a_retry_is_stopped() {
    let server = Server::start(200);
    let mut command = sample(&["retry", "--wait", "1h"]);
    let child = command.env("PING_URL", format!("{}/ping", server.url)).spawn().unwrap();
    eventually("the work begins", || server.lines() == ["GET /ping/start"]);
    send(&child, Signal::TERM);
    let ended = end(child);
    assert_eq!(ended.code, 143);
    assert_eq!(ended.stderr.matches("WARN cannot reach it yet").count(), 1, "{}", ended.stderr);
    assert!(ended.stderr.contains("error=\"refused\""), "{}", ended.stderr);
    assert_eq!(server.lines(), ["GET /ping/start", "GET /ping/fail"]);
}
