//! Killed at random, and told to stop: nothing half-made is ever seen under a final name.

use crate::place::{Files, Place, noise, read, text, write};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};
use testkit::{Running, Trouble, Weather, moments, run};

/// Small files, and two that take several parts.
fn tree(folder: &Path) -> Files {
    for number in 0..300 {
        write(folder, &[(&format!("small/{number:03}"), &noise(number, 2000))]);
    }
    write(folder, &[("large-1", &noise(1001, 20 << 20)), ("large-2", &noise(1002, 30 << 20))]);
    read(folder)
}

#[test]
fn an_upload_that_is_killed_leaves_nothing_half_and_the_next_run_ends_it() {
    let place = Place::moto();
    let source = place.path("source");
    let files = tree(&source);
    let whole = Instant::now();
    place.done(&[text(&source), &place.url("first")]);
    let whole = whole.elapsed();
    let mut killed = 0;
    for (number, moment) in moments(3, 8, whole).into_iter().enumerate() {
        let prefix = format!("x{}", number % 4);
        let mut running = Running::start(&mut place.command(&[text(&source), &place.url(&prefix)]));
        killed += u32::from(running.reaches(moment));
        running.kill();
        running.ends_within(Duration::from_secs(10));
        for (name, bytes) in place.seen(&prefix) {
            assert!(files.get(&name) == Some(&bytes), "{moment:?}: {name}");
        }
    }
    assert!(killed >= 4, "{killed} of 8 were killed");
    for number in 0..4 {
        let url = place.url(&format!("x{number}"));
        place.done(&[text(&source), &url, "--leftover-age", "0s"]);
    }
    assert_eq!(place.server.uploads(&place.bucket), [""; 0]);
    assert_eq!(place.seen("x3"), files);
}

#[test]
fn a_download_that_is_killed_leaves_nothing_half_and_the_next_run_ends_it() {
    let place = Place::moto();
    let source = place.path("source");
    let files = tree(&source);
    let url = place.url("x");
    place.done(&[text(&source), &url]);
    let whole = Instant::now();
    place.done(&[&url, text(&place.path("first"))]);
    let whole = whole.elapsed();
    let (mut killed, mut left) = (0, 0);
    for moment in moments(4, 10, whole) {
        let target = place.path("target");
        let mut running = Running::start(&mut place.command(&[&url, text(&target)]));
        killed += u32::from(running.reaches(moment));
        running.kill();
        running.ends_within(Duration::from_secs(10));
        for (name, bytes) in read(&target) {
            if name.ends_with(".partial") {
                left += 1;
            } else {
                assert!(files.get(&name) == Some(&bytes), "{moment:?}: {name}");
            }
        }
        if killed % 3 == 2 {
            fs::remove_dir_all(target.join("small")).ok();
        }
    }
    assert!(killed >= 4 && left > 0, "{killed} of 10 were killed, {left} files were left");
    let target = place.path("target");
    place.done(&[&url, text(&target)]);
    assert_eq!(read(&target), files);
}

#[test]
fn a_run_that_is_told_to_stop_removes_what_is_half() {
    let place = Place::moto();
    let source = place.path("source");
    write(&source, &[("large", &noise(1, 30 << 20))]);
    let weather = Weather::start(place.server.port(), |_, line| {
        line.contains("partNumber=2").then_some(Trouble::Stall)
    });
    let mut command = place.command(&[text(&source), &place.url("x")]);
    command.env("AWS_ENDPOINT_URL", place.server.url_at(weather.port()));
    let mut running = Running::start(&mut command);
    assert!(running.until("part", || weather.troubled() > 0), "it ended too early");
    assert_eq!(place.server.uploads(&place.bucket).len(), 1);
    running.terminate();
    let stopped = running.ends_within(Duration::from_secs(5));
    assert_eq!(stopped.code, 143, "{}", stopped.stderr);
    assert_eq!(place.server.uploads(&place.bucket), [""; 0], "{}", stopped.stderr);

    place.done(&[text(&source), &place.url("x")]);
    let weather = Weather::start(place.server.port(), |number, line| {
        (line.starts_with("GET") && line.contains("/x/large") && number > 2)
            .then_some(Trouble::Stall)
    });
    let target = place.path("target");
    let mut command = place.command(&[&place.url("x"), text(&target)]);
    command.env("AWS_ENDPOINT_URL", place.server.url_at(weather.port()));
    let mut running = Running::start(&mut command);
    assert!(running.until("range", || weather.troubled() > 0), "it ended too early");
    running.interrupt();
    let stopped = running.ends_within(Duration::from_secs(5));
    assert_eq!(stopped.code, 143, "{}", stopped.stderr);
    assert_eq!(fs::read_dir(&target).unwrap().count(), 0);
    // The same files, by a program that knows nothing of this.
    let mut theirs = place.server.aws();
    run(theirs.args(["s3", "sync", "--only-show-errors", &place.url("x")]).arg(&target)).ok();
    assert_eq!(read(&target), read(&source));
}
