//! Runs that do not come to their end: nothing false is listed, nothing partial is left behind.

use super::place::{Place, expect};
use std::fs;
use std::time::{Duration, Instant};
use testkit::{Disk, Running, moments, run};

fn busy() -> Place {
    let place = Place::new();
    let mut random = fastrand::Rng::with_seed(3);
    for number in 0..3000 {
        let folder = place.tree().join(format!("d{}", number / 100));
        fs::create_dir_all(&folder).unwrap();
        let bytes: Vec<u8> = (0..3000).map(|_| random.u8(b'a'..=b'z')).collect();
        fs::write(folder.join(format!("f{number}")), bytes).unwrap();
    }
    let bytes: Vec<u8> = (0..12 << 20).map(|_| random.u8(..16)).collect();
    fs::write(place.tree().join("large"), bytes).unwrap();
    place
}

#[test]
fn a_run_stopped_at_any_moment_leaves_nothing() {
    let place = busy();
    let started = Instant::now();
    place.backup(&[]);
    let (whole, before) = (started.elapsed(), place.names());
    let mut stopped = 0;
    for (turn, moment) in moments(1, 10, whole).into_iter().enumerate() {
        let mut running = Running::start(&mut place.command("backup", &["--no-prune"]));
        running.reaches(moment);
        if turn % 2 == 0 {
            running.terminate();
        } else {
            running.interrupt();
        }
        let ran = running.ends_within(Duration::from_secs(5));
        if ran.code == 143 {
            stopped += 1;
            assert!(ran.stderr.contains("told to stop"), "{}", ran.stderr);
            assert_eq!(place.names(), before, "nothing is left");
        } else {
            expect(&ran, 0, &[]);
            for name in place.names().iter().filter(|name| !before.contains(name)) {
                fs::remove_file(place.file(name)).unwrap();
            }
        }
    }
    assert!(stopped >= 5, "only {stopped} were stopped");
}

#[test]
fn a_run_killed_at_any_moment_leaves_nothing_false() {
    let place = busy();
    let started = Instant::now();
    place.backup(&[]);
    let whole = started.elapsed();
    for moment in moments(2, 8, whole) {
        let mut running =
            Running::start(&mut place.command("backup", &["--incremental", "--no-prune"]));
        running.reaches(moment);
        running.kill();
        running.ends_within(Duration::from_secs(5));
        place.run("list", &[]).ok();
        place.run("verify", &[]).ok();
    }
    place.backup(&["--incremental"]);
    place.run("verify", &[]).ok();
    assert!(place.names().iter().any(|name| name.ends_with(".partial")), "it was killed in time");
    place.run("backup", &["--leftover-age", "0s"]).ok();
    assert!(!place.names().iter().any(|name| name.ends_with(".partial")), "{:?}", place.names());
}

#[test]
fn a_full_disk_is_a_failure_that_a_retry_may_help() {
    let place = busy();
    let disk = Disk::new("64m");
    let store = disk.path().to_owned();
    let backup = |arguments: &[&str]| {
        let mut command = place.command("backup", arguments);
        run(command.env("BACKUP_STORE", &store))
    };
    backup(&[]).ok();
    let names = || fs::read_dir(&store).unwrap().count();
    let before = names();
    disk.fill(3 << 20);
    expect(&backup(&["--keep-last", "1", "--keep-days", "0"]), 1, &["No space left"]);
    assert_eq!(names(), before + 1, "the filler alone was added");
    disk.make_room();
    backup(&[]).ok();
}
