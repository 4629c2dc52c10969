//! A tree that does not stand still, and files that cannot be read.

use super::place::{Place, expect, program};
use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::sync::atomic::{AtomicBool, Ordering};
use testkit::{Ran, copy_program, run};

/// Runs a backup while somebody works in its tree.
fn meanwhile(place: &Place, arguments: &[&str], work: impl Fn(usize) + Sync) -> Ran {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut round = 0;
            while !done.load(Ordering::Relaxed) {
                work(round);
                round += 1;
            }
        });
        let ran = place.run("backup", arguments);
        done.store(true, Ordering::Relaxed);
        ran
    })
}

fn filled() -> Place {
    let place = Place::new();
    for number in 0..2000 {
        fs::write(place.tree().join(format!("f{number}")), vec![b'x'; 4000]).unwrap();
    }
    place
}

#[test]
fn a_file_that_changes_is_named_and_a_strict_run_is_done_in_part() {
    let place = filled();
    let log = place.tree().join("large.log");
    let bytes: Vec<u8> =
        (0..64 << 20).map(|at: u32| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    fs::write(&log, bytes).unwrap();
    let grow = |_| {
        use std::io::Write;
        File::options().append(true).open(&log).unwrap().write_all(b"one line more\n").unwrap();
    };
    let ran = meanwhile(&place, &[], grow);
    expect(&ran, 0, &["large.log: it changed while it was read", "1 changed"]);
    place.run("verify", &[]).ok();
    let ran = meanwhile(&place, &["--strict"], grow);
    expect(&ran, 4, &["large.log", "no old backup is removed"]);
    place.run("verify", &[]).ok();
    let ran = meanwhile(&place, &[], |round| {
        let file = File::options().write(true).open(&log).unwrap();
        file.set_len(if round % 2 == 0 { 40 << 20 } else { 64 << 20 }).unwrap();
    });
    expect(&ran, 0, &["large.log: it "]);
    place.run("verify", &[]).ok();
    let (ran, _) = place.restore("latest", &[]);
    ran.ok();
}

#[test]
fn files_that_come_and_go_do_not_end_a_backup() {
    let place = filled();
    let tree = place.tree();
    let ran = meanwhile(&place, &[], |round| {
        let _ = fs::remove_file(tree.join(format!("f{}", round * 7 % 2000)));
        fs::write(tree.join(format!("new{}", round % 100)), "x").unwrap();
        let _ = fs::remove_file(tree.join(format!("new{}", (round + 50) % 100)));
    });
    expect(&ran, 0, &[]);
    place.run("verify", &[]).ok();
    let (ran, _) = place.restore("latest", &[]);
    ran.ok();
}

/// As a user who may not read everything: root could.
fn as_nobody(place: &Place, arguments: &[&str]) -> Ran {
    let copy = place.path().join("backup-volume");
    if !copy.exists() {
        copy_program(program().get_program(), &copy);
        for path in [place.path(), &copy] {
            fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
        }
        fs::set_permissions(place.store(), Permissions::from_mode(0o777)).unwrap();
    }
    let planned = place.command("backup", arguments);
    let mut command = std::process::Command::new(&copy);
    command.env_clear().args(planned.get_args());
    command.envs(planned.get_envs().filter_map(|(name, value)| Some((name, value?))));
    run(command.uid(65534).gid(65534))
}

#[test]
fn what_cannot_be_read_is_named_and_makes_the_run_incomplete() {
    let place = filled();
    let secret = place.tree().join("secret");
    fs::write(&secret, "x").unwrap();
    fs::set_permissions(&secret, Permissions::from_mode(0o600)).unwrap();
    let closed = place.tree().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::write(closed.join("within"), "x").unwrap();
    fs::set_permissions(&closed, Permissions::from_mode(0o700)).unwrap();
    let ran = as_nobody(&place, &["--keep-last", "1", "--keep-days", "0"]);
    expect(&ran, 4, &["secret: Permission denied", "closed: Permission denied"]);
    let ran = as_nobody(&place, &["--keep-last", "1", "--keep-days", "0"]);
    expect(&ran, 4, &["no old backup is removed"]);
    assert_eq!(place.artifacts().len(), 2);
    expect(&place.run("verify", &[]), 0, &["2 entries could not be read"]);
    let (ran, to) = place.restore("latest", &[]);
    ran.ok();
    assert!(to.join("f1999").exists() && to.join("closed").is_dir() && !to.join("secret").exists());
    // Once it can be read, all is well.
    fs::set_permissions(&secret, Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(&closed, Permissions::from_mode(0o755)).unwrap();
    expect(
        &as_nobody(&place, &["--keep-last", "1", "--keep-days", "0"]),
        0,
        &["removed 2 backups"],
    );
}
