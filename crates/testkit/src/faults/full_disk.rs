//! Stores without room, and stores that may not be written.

use super::{KEEP_ONE, MANIFEST, Program, SHOP, Store, Target, expect};
use crate::{Disk, copy_program, run};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Room for several backups of a small database, and for none of a large one.
const ROOM: &str = "4m";

pub fn a_full_disk_costs_nothing_but_this_run<P: Program>(small: &P::Target, large: &P::Target) {
    let disk = Disk::new(ROOM);
    let store = Store::<P>::at(disk.path());
    let keep_one = [&KEEP_ONE[..], &SHOP].concat();
    for _ in 0..2 {
        store.backup(small, &[&["--no-prune"], &SHOP[..]].concat());
    }
    let before = store.state();
    for jobs in ["1", "4"] {
        let ran = store.run_on(large, "backup", &[&keep_one[..], &["--jobs", jobs]].concat());
        let file = format!("{}/{}-shop-", disk.path().display(), P::KIND);
        expect(&ran, 1, &["cannot write", &file, "No space left"]);
        assert_eq!(store.state(), before);
        assert_eq!(store.list().sound.len(), 2);
    }
    let file = store.backup(small, &keep_one);
    assert_eq!(store.list().sound, [file], "there was room, and now it prunes");
}

/// The artifact fits to the last byte, and its manifest does not.
pub fn a_disk_that_is_full_at_the_last_moment_costs_nothing_either<P: Program>(small: &P::Target) {
    const PAGE: u64 = 4096;
    let disk = Disk::new(ROOM);
    let store = Store::<P>::at(disk.path());
    let keep_one = [&KEEP_ONE[..], &SHOP].concat();
    let file = store.backup(small, &[&["--no-prune"], &SHOP[..]].concat());
    let size = fs::metadata(store.file(&file)).unwrap().len();
    let manifest = fs::metadata(store.file(&format!("{file}{MANIFEST}"))).unwrap().len();
    for left in [0, size.next_multiple_of(PAGE), (size + manifest).next_multiple_of(PAGE) - PAGE] {
        disk.fill(left);
        let before = store.state();
        let ran = store.run_on(small, "backup", &keep_one);
        expect(&ran, 1, &["No space left", &format!("{}-shop-", P::KIND)]);
        assert_eq!(store.state(), before, "with {left} bytes left");
        disk.make_room();
    }
    store.backup(small, &keep_one);
}

pub fn a_disk_mounted_read_only_is_said_before_anything_is_done<P: Program>(small: &P::Target) {
    let disk = Disk::new(ROOM);
    let store = Store::<P>::at(disk.path());
    let file = store.backup(small, &[]);
    disk.make_read_only();
    let ran = store.run_on(small, "backup", &[]);
    expect(&ran, 2, &["read-only", "mount a volume"]);
    store.run("verify", &[&file]).ok();
    assert_eq!(store.list().sound, [file]);
}

pub fn a_folder_of_somebody_else_is_said_with_what_to_do<P: Program>(small: &P::Target) {
    let store = Store::<P>::new();
    store.backup(small, &[]);
    // Where nobody may run it.
    let place = tempfile::tempdir().unwrap();
    fs::set_permissions(place.path(), Permissions::from_mode(0o755)).unwrap();
    let copy = place.path().join("program");
    copy_program(P::command().get_program(), &copy);
    let as_nobody = |verb: &str, mode| {
        fs::set_permissions(store.path(), Permissions::from_mode(mode)).unwrap();
        let mut command = Command::new(&copy);
        command.env_clear().envs(small.environment()).env("WAIT", "0s").arg(verb);
        command.arg("--store").arg(store.path()).uid(65534).gid(65534);
        run(&mut command)
    };
    let before = store.state();
    expect(&as_nobody("backup", 0o755), 2, &["cannot write", "uid 65534", "fsGroup", "chown"]);
    expect(&as_nobody("list", 0o700), 2, &["cannot open store", "uid 65534", "chown"]);
    // The folder may be read, and the manifests in it may not.
    let ran = as_nobody("list", 0o755);
    assert!([2, 4].contains(&ran.code), "{}: {}", ran.code, ran.stderr);
    assert_eq!(store.state(), before);
}
