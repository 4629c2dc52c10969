//! Every kind of entry comes back as it was, by our own restore and by GNU tar.

use super::place::{Place, assert_same, expect, seen};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;
use testkit::run;

fn untar(archive: &Path, to: &Path) {
    let mut tar = Command::new("tar");
    tar.args(["--extract", "--numeric-owner", "--same-permissions", "--xattrs", "--acls"]);
    tar.args(["--xattrs-include=*", "--file"]).arg(archive).arg("--directory").arg(to);
    run(&mut tar).ok();
}

fn members(archive: &Path) -> usize {
    let script = "import sys, tarfile; print(sum(1 for _ in tarfile.open(sys.argv[1])))";
    let mut python = Command::new("python3");
    run(python.args(["-c", script]).arg(archive)).ok().trim().parse().unwrap()
}

#[test]
fn all_of_a_tree_comes_back() {
    let place = Place::full();
    let wanted = seen(&place.tree());
    assert!(wanted.lines().count() > 100, "{wanted}");
    for codec in ["gzip:6", "zstd:3", "none"] {
        let file = place.backup(&["--compress", codec]);
        place.run("verify", &[&file]).ok();
        let (ran, to) = place.restore(&file, &[]);
        ran.ok();
        assert_same(&seen(&to), &wanted);
        let sparse = fs::metadata(to.join("sparse/four-gigabytes")).unwrap();
        assert!(sparse.blocks() * 512 < 1 << 20, "{codec}: {} blocks", sparse.blocks());
        let to = place.target();
        untar(&place.file(&file), &to);
        assert_same(&seen(&to), &wanted);
        if codec != "zstd:3" {
            // Python's tarfile knows our global headers, too; the root stands there twice.
            assert_eq!(members(&place.file(&file)), wanted.lines().count() + 1);
        }
        // Only the socket is left out, and is named.
        let said = place.run("backup", &["--compress", codec]).stderr;
        assert!(said.contains("special/socket"), "{said}");
    }
}

#[test]
fn an_encrypted_backup_comes_back_with_its_identity_only() {
    let place = Place::full();
    let key = "age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z";
    let identity = place.path().join("identity");
    fs::write(
        &identity,
        "AGE-SECRET-KEY-1N9JEPW6DWJ0ZQUDX63F5A03GX8QUW7PXDE39N8UYF82VZ9PC8UFS3M7XA9\n",
    )
    .unwrap();
    let file = place.backup(&["--encrypt-to", key]);
    assert!(file.ends_with(".tar.gz.age"), "{file}");
    let verified = place.run("verify", &[]);
    expect(&verified, 0, &["NOT checked"]);
    let (ran, _) = place.restore(&file, &[]);
    expect(&ran, 2, &["AGE_IDENTITY_FILE"]);
    let identity = identity.to_str().unwrap();
    place.run("verify", &["--identity", identity]).ok();
    let (ran, to) = place.restore(&file, &["--identity", identity]);
    ran.ok();
    assert_same(&seen(&to), &seen(&place.tree()));
}

#[test]
fn some_paths_come_back_with_what_their_links_need() {
    let place = Place::full();
    place.backup(&[]);
    // The second name of a file whose first is not asked for.
    let (ran, to) = place.restore("latest", &["links/c-second", "plain/", "./attributes/folder"]);
    ran.ok();
    let same = |path: &str| {
        assert_eq!(fs::read(to.join(path)).unwrap(), fs::read(place.tree().join(path)).unwrap());
    };
    ["links/c-second", "plain/file33", "plain/a-third"].into_iter().for_each(same);
    let inode = |path: &str| fs::metadata(to.join(path)).unwrap().ino();
    assert_eq!(inode("links/c-second"), inode("plain/a-third"));
    assert!(!to.join("links/b-first").exists() && !to.join("large").exists());
    assert_same(
        &seen(&to.join("attributes/folder")),
        &seen(&place.tree().join("attributes/folder")),
    );
    let (ran, to) = place.restore("latest", &["plain", "no/such/thing"]);
    expect(&ran, 2, &["no/such/thing"]);
    assert_eq!(fs::read_dir(to).unwrap().count(), 0, "nothing is written");
}

#[test]
fn what_is_excluded_is_left_out_and_the_rest_is_not() {
    let place = Place::full();
    place.backup(&["--exclude", "sparse/,*.txt", "--exclude", "/plain/file0?"]);
    let (ran, to) = place.restore("latest", &[]);
    ran.ok();
    let out = |line: &&str| {
        let name = |path: &str| line.starts_with(&format!("b'{path}"));
        !(name("sparse") || name("plain.txt") || name("plain/file0"))
    };
    let wanted: Vec<_> = seen(&place.tree()).lines().filter(out).map(str::to_owned).collect();
    assert_same(&seen(&to), &(wanted.join("\n") + "\n"));
}

#[test]
fn a_store_within_the_tree_is_left_out() {
    let place = Place::new();
    fs::write(place.tree().join("file"), "x").unwrap();
    fs::create_dir(place.tree().join("store")).unwrap();
    let mut command = place.command("backup", &["--no-prune"]);
    let store = place.tree().join("store");
    let ran = run(command.env("BACKUP_STORE", &store));
    expect(&ran, 0, &["leaving out store: it is the store"]);
    let mut command = place.command("backup", &[]);
    let ran = run(command.env("BACKUP_STORE", place.tree()));
    expect(&ran, 2, &["is the store itself"]);
}

#[test]
fn restoring_over_what_is_there_replaces_it_and_leaves_the_rest() {
    let place = Place::full();
    let wanted = seen(&place.tree());
    place.backup(&[]);
    let (ran, to) = place.restore("latest", &[]);
    ran.ok();
    fs::write(to.join("plain/file03"), "other").unwrap();
    fs::remove_file(to.join("large")).unwrap();
    fs::create_dir(to.join("large")).unwrap();
    fs::remove_dir_all(to.join("times")).unwrap();
    std::os::unix::fs::symlink("/etc", to.join("times")).unwrap();
    let mut again = place.command("restore", &["latest"]);
    expect(&run(again.arg("--to").arg(&to)), 2, &["not empty", "--overwrite"]);
    run(again.arg("--overwrite")).ok();
    assert_same(&seen(&to), &wanted);
}
