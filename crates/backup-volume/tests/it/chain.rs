//! Incremental backups: each restores to what the tree was then, and none loses what it builds on.

use super::place::{Place, assert_same, expect, seen};
use fastrand::Rng;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Symbolic links that point nowhere, too.
fn there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// Some changes at random.
fn change(tree: &Path, random: &mut Rng) {
    let folders = ["", "a", "a/b", "a-b", "c"];
    for folder in folders {
        fs::create_dir_all(tree.join(folder)).unwrap();
    }
    for _ in 0..random.usize(1..25) {
        let folder = folders[random.usize(..folders.len())];
        let file: PathBuf = tree.join(folder).join(format!("f{}", random.u8(..20)));
        let other =
            tree.join(folders[random.usize(..folders.len())]).join(format!("f{}", random.u8(..20)));
        match random.u8(..9) {
            0 | 1 => drop(fs::remove_file(&file)),
            2 if file.exists() && !there(&other) => fs::hard_link(&file, &other).unwrap(),
            3 if there(&file) && file != other => fs::rename(&file, &other).unwrap(),
            4 if file.exists() => {
                let mode = 0o600 + random.u32(..0o100);
                fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            }
            5 if !there(&other) => std::os::unix::fs::symlink("anywhere", &other).unwrap(),
            6 => {
                let _ = fs::remove_file(&file);
                fs::write(&file, vec![random.u8(..); random.usize(1_000_000..2_500_000)]).unwrap();
            }
            _ => {
                // A new file of the name, or else links would change.
                let _ = fs::remove_file(&file);
                fs::write(&file, vec![random.u8(..); random.usize(..9000)]).unwrap();
            }
        }
    }
    if random.u8(..4) == 0 {
        let _ = fs::remove_dir_all(tree.join("a/b"));
    }
}

#[test]
fn every_point_in_time_comes_back() {
    let place = Place::new();
    let mut random = Rng::with_seed(20_261_126);
    let mut wanted = Vec::new();
    for _ in 0..12 {
        change(&place.tree(), &mut random);
        let file = place.backup(&["--incremental", "--full-every", "5", "--no-prune"]);
        wanted.push((file, seen(&place.tree())));
    }
    let fulls = wanted.iter().filter(|(file, _)| parent(&place, file).is_none()).count();
    assert_eq!(fulls, 3, "a full one every five");
    for (file, wanted) in &wanted {
        place.run("verify", &[file]).ok();
        let (ran, to) = place.restore(file, &[]);
        ran.ok();
        assert_same(&seen(&to), wanted);
    }
}

fn manifest(place: &Place, file: &str) -> Value {
    serde_json::from_slice(&fs::read(place.file(&format!("{file}.manifest.json"))).unwrap())
        .unwrap()
}

fn parent(place: &Place, file: &str) -> Option<String> {
    manifest(place, file)["parent"].as_str().map(str::to_owned)
}

/// What was written shortly before a backup is saved once more by the next, for it may have changed
/// unseen: so wait until it is older.
fn settle() {
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(3100) {
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn what_did_not_change_is_not_saved_again_and_what_is_gone_is_gone() {
    let place = Place::new();
    let tree = place.tree();
    for name in ["keeps", "changes", "goes", "moves"] {
        fs::write(tree.join(name), vec![b'x'; 200_000]).unwrap();
    }
    fs::write(tree.join("large"), vec![b'l'; 5_000_000]).unwrap();
    settle();
    let full = place.backup(&["--incremental", "--compress", "none"]);
    fs::write(tree.join("changes"), vec![b'y'; 200_000]).unwrap();
    fs::remove_file(tree.join("goes")).unwrap();
    fs::rename(tree.join("moves"), tree.join("moved")).unwrap();
    let next = place.backup(&["--incremental", "--compress", "none"]);
    assert_eq!(parent(&place, &next), Some(full));
    let size = fs::metadata(place.file(&next)).unwrap().len();
    assert!((400_000..450_000).contains(&size), "{size} bytes: two files and an index");
    let (ran, to) = place.restore(&next, &["large"]);
    ran.ok();
    assert_eq!(fs::read(to.join("large")).unwrap(), vec![b'l'; 5_000_000]);
    assert_eq!(fs::read_dir(&to).unwrap().count(), 1);
    let (ran, to) = place.restore(&next, &[]);
    ran.ok();
    assert_same(&seen(&to), &seen(&tree));
}

#[test]
fn a_link_to_a_file_that_an_older_backup_holds_comes_back() {
    let place = Place::new();
    fs::write(place.tree().join("m"), vec![b'x'; 20_000]).unwrap();
    fs::hard_link(place.tree().join("m"), place.tree().join("z")).unwrap();
    settle();
    place.backup(&["--incremental"]);
    place.backup(&["--incremental"]);
    let (ran, to) = place.restore("latest", &[]);
    ran.ok();
    assert_same(&seen(&to), &seen(&place.tree()));
    let (ran, to) = place.restore("latest", &["z"]);
    ran.ok();
    assert_eq!(fs::read(to.join("z")).unwrap(), vec![b'x'; 20_000]);
    assert!(!to.join("m").exists());
}

#[test]
fn retention_keeps_what_others_build_on() {
    let place = Place::new();
    fs::write(place.tree().join("file"), "x").unwrap();
    for _ in 0..5 {
        place.backup(&["--incremental", "--full-every", "3", "--no-prune"]);
    }
    // Two chains: three backups, and two. The last needs the fourth.
    let all = place.artifacts();
    let pruned = place.run("prune", &["--keep-days", "0", "--keep-last", "1"]).ok();
    assert!(pruned.contains("builds on it"), "{pruned}");
    assert_eq!(place.artifacts(), all[3..]);
    place.run("verify", &[]).ok();
}

#[test]
fn a_hole_in_a_chain_is_said_and_the_next_backup_is_a_full_one() {
    for harm in ["missing", "no manifest", "damaged"] {
        let place = Place::new();
        fs::write(place.tree().join("file"), vec![7; 50_000]).unwrap();
        settle();
        let first = place.backup(&["--incremental", "--compress", "none"]);
        let second = place.backup(&["--incremental", "--compress", "none"]);
        match harm {
            "missing" => fs::remove_file(place.file(&first)).unwrap(),
            "no manifest" => {
                fs::remove_file(place.file(&format!("{first}.manifest.json"))).unwrap();
            }
            _ => {
                let mut bytes = fs::read(place.file(&first)).unwrap();
                bytes[30_000] ^= 1;
                fs::write(place.file(&first), bytes).unwrap();
            }
        }
        expect(&place.run("verify", &[&second]), 3, &[&first]);
        let (ran, to) = place.restore(&second, &[]);
        expect(&ran, 3, &[&first]);
        assert_eq!(fs::read_dir(&to).unwrap().count(), 0, "nothing is begun");
        if harm != "damaged" {
            assert_eq!(place.run("list", &[]).code, 4, "{harm}");
            let ran = place.run("backup", &["--incremental"]);
            expect(&ran, 0, &["is a full one", &first]);
            assert_eq!(parent(&place, &place.artifacts().pop().unwrap()), None);
        }
    }
}

#[test]
fn a_damaged_index_is_not_built_on() {
    let place = Place::new();
    fs::write(place.tree().join("file"), vec![7; 50_000]).unwrap();
    let first = place.backup(&["--incremental", "--compress", "none"]);
    let chunks = manifest(&place, &first)["chunks"].as_array().unwrap().clone();
    let index = chunks.iter().find(|chunk| chunk["part"] == "index").unwrap();
    let at = usize::try_from(index["offset"].as_u64().unwrap()).unwrap() + 600;
    let mut bytes = fs::read(place.file(&first)).unwrap();
    bytes[at] ^= 1;
    fs::write(place.file(&first), bytes).unwrap();
    let ran = place.run("backup", &["--incremental"]);
    expect(&ran, 0, &["is a full one", "damaged"]);
    assert_eq!(parent(&place, &place.artifacts().pop().unwrap()), None);
}

#[test]
fn without_the_identity_an_encrypted_chain_begins_anew() {
    let place = Place::new();
    fs::write(place.tree().join("file"), "x").unwrap();
    let key = "age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z";
    place.backup(&["--incremental", "--encrypt-to", key]);
    let ran = place.run("backup", &["--incremental", "--encrypt-to", key]);
    expect(&ran, 0, &["is a full one", "AGE_IDENTITY_FILE"]);
}
