//! Stores without room, and stores that may not be written.

use super::databases::{large, small};
use super::store::{MANIFEST, Store, expect, program};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use testkit::Disk;

/// Older ones would be removed by a run that succeeds.
const KEEP_ONE: [&str; 4] = ["--keep-days=0", "--keep-last=1", "--name", "shop"];

#[test]
fn a_full_disk_costs_nothing_but_this_run() {
    let (large, small) = (large(), small());
    let disk = Disk::new("4m");
    let store = Store::at(disk.path());
    for _ in 0..2 {
        store.backup(&small, &["--no-prune", "--name", "shop"]);
    }
    let before = store.state();
    for jobs in ["1", "4"] {
        let ran = store.run_on(&large, "backup", &[&KEEP_ONE[..], &["--jobs", jobs]].concat());
        let file = format!("{}/postgres-shop-", disk.path().display());
        expect(&ran, 1, &["cannot write", &file, "No space left"]);
        assert_eq!(store.state(), before);
        assert_eq!(store.list().sound.len(), 2);
    }
    let file = store.backup(&small, &KEEP_ONE);
    assert_eq!(store.list().sound, [file], "there was room, and now it prunes");
}

/// The artifact fits to the last byte, and its manifest does not.
#[test]
fn a_disk_that_is_full_at_the_last_moment_costs_nothing_either() {
    const PAGE: u64 = 4096;
    let small = small();
    let disk = Disk::new("4m");
    let store = Store::at(disk.path());
    let file = store.backup(&small, &["--no-prune", "--name", "shop"]);
    let size = fs::metadata(store.file(&file)).unwrap().len();
    let manifest = fs::metadata(store.file(&format!("{file}{MANIFEST}"))).unwrap().len();
    for left in [0, size.next_multiple_of(PAGE), (size + manifest).next_multiple_of(PAGE) - PAGE] {
        disk.fill(left);
        let before = store.state();
        let ran = store.run_on(&small, "backup", &KEEP_ONE);
        expect(&ran, 1, &["No space left", "postgres-shop-"]);
        assert_eq!(store.state(), before, "with {left} bytes left");
        disk.make_room();
    }
    store.backup(&small, &KEEP_ONE);
}

#[test]
fn a_disk_mounted_read_only_is_said_before_anything_is_done() {
    let small = small();
    let disk = Disk::new("4m");
    let store = Store::at(disk.path());
    let file = store.backup(&small, &[]);
    disk.make_read_only();
    let ran = store.run_on(&small, "backup", &[]);
    expect(&ran, 2, &["read-only", "mount a volume"]);
    store.run("verify", &[&file]).ok();
    assert_eq!(store.list().sound, [file]);
}

#[test]
fn a_folder_of_somebody_else_is_said_with_what_to_do() {
    let small = small();
    let store = Store::new();
    store.backup(&small, &[]);
    // Where nobody may run it.
    let place = tempfile::tempdir().unwrap();
    fs::set_permissions(place.path(), Permissions::from_mode(0o755)).unwrap();
    let copy = place.path().join("backup-postgres");
    fs::copy(program().get_program(), &copy).unwrap();
    let as_nobody = |verb: &str, mode| {
        fs::set_permissions(store.path(), Permissions::from_mode(mode)).unwrap();
        let mut command = std::process::Command::new(&copy);
        command.env_clear().envs(small.environment()).env("WAIT", "0s").arg(verb);
        command.arg("--store").arg(store.path()).uid(65534).gid(65534);
        testkit::run(&mut command)
    };
    let before = store.state();
    expect(&as_nobody("backup", 0o755), 2, &["cannot write", "uid 65534", "fsGroup", "chown"]);
    expect(&as_nobody("list", 0o700), 2, &["cannot open store", "uid 65534", "chown"]);
    // The folder may be read, and the manifests in it may not.
    let ran = as_nobody("list", 0o755);
    assert!([2, 4].contains(&ran.code), "{}: {}", ran.code, ran.stderr);
    assert_eq!(store.state(), before);
}
