//! Bytes of an artifact that are not what they were: `verify` always says so, `restore` never
//! begins, `list` says what it can see.

use super::databases::{SMALL, empty, filled, small};
use super::store::{Store, expect};
use serde_json::Value;
use std::fs;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use testkit::{Damage, Database, dense};

/// As many places as are flipped, unless the file has fewer.
const FLIPS: usize = 420;

#[track_caller]
fn found_by_verify(store: &Store, file: &str) {
    expect(&store.run("verify", &[file]), 3, &[file]);
}

/// Where the chunks of a part lie.
fn chunks(store: &Store, file: &str, part: Option<&str>) -> Vec<Range<usize>> {
    let json = fs::read(store.file(&format!("{file}.manifest.json"))).unwrap();
    let manifest: Value = serde_json::from_slice(&json).unwrap();
    let chunks = manifest["chunks"].as_array().unwrap();
    let number = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
    chunks
        .iter()
        .filter(|chunk| part.is_none_or(|part| chunk["part"] == part))
        .map(|chunk| number(&chunk["offset"])..number(&chunk["offset"]) + number(&chunk["length"]))
        .collect()
}

fn all_of(store: &Store, file: &str, length: usize) -> Vec<Damage> {
    let mut random = fastrand::Rng::with_seed(length as u64);
    let flips = dense(1, length, FLIPS)
        .into_iter()
        .map(|at| Damage::Flip { at, bit: random.u8(..8) })
        .collect::<Vec<_>>();
    let cuts = dense(2, length, 30).into_iter().step_by(3).map(Damage::Cut);
    let between = chunks(store, file, None);
    let at_chunks = between.iter().map(|chunk| Damage::Cut(chunk.start));
    let rows = chunks(store, file, Some("data"));
    assert!(rows.len() >= 2, "there is something to swap");
    let others = [
        Damage::Append(vec![0]),
        Damage::Append(b"\n".to_vec()),
        Damage::Append(vec![0x1f, 0x8b, 8, 0]),
        Damage::Append(vec![7; 70_000]),
        Damage::Swap(rows[0].clone(), rows[1].clone()),
        Damage::Swap(between[0].clone(), between.last().unwrap().clone()),
        Damage::Swap(0..8, length - 8..length),
        Damage::Zero(0..length),
        Damage::Zero(length / 2..length / 2 + 16),
    ];
    flips.into_iter().chain(cuts).chain(at_chunks).chain(others).collect()
}

/// Every harm in a store of its own, on two threads.
fn every_harm_is_found(codec: &str) {
    let source = small();
    let store = Store::of(&source, &["--compress", codec]);
    let file = store.artifact();
    let whole = fs::read(store.file(&file)).unwrap();
    let manifest = fs::read(store.file(&format!("{file}.manifest.json"))).unwrap();
    let damages = all_of(&store, &file, whole.len());
    assert!(damages.len() >= FLIPS, "{codec}: {} harms", damages.len());
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let store = Store::new();
                let target = empty();
                fs::write(store.file(&format!("{file}.manifest.json")), &manifest).unwrap();
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(damage) = damages.get(index) else { break };
                    let harmed = damage.to(&whole);
                    assert_ne!(harmed, whole, "{damage:?}");
                    fs::write(store.file(&file), &harmed).unwrap();
                    let ran = store.run("verify", &[&file]);
                    assert_eq!(ran.code, 3, "{damage:?}:\n{}", ran.stderr);
                    assert!(ran.stderr.contains(&file), "{damage:?}:\n{}", ran.stderr);
                    let seen = harmed.len() != whole.len();
                    if seen || index.is_multiple_of(20) {
                        listed_as(&store, &file, seen);
                    }
                    if index.is_multiple_of(30) || index >= FLIPS + 40 {
                        refused_by_restore(&store, &file, &target);
                    }
                }
            });
        }
    });
    // It was the harm, not the test.
    store.run("verify", &[&file]).ok();
    store.restore(&file, &empty()).ok();
}

/// Of another length: marked. Of the same: only reading it shows.
fn listed_as(store: &Store, file: &str, seen: bool) {
    let listed = store.list();
    if seen {
        assert_eq!((listed.code, listed.damaged), (4, vec![file.to_owned()]));
    } else {
        assert_eq!((listed.code, listed.sound), (0, vec![file.to_owned()]));
    }
}

#[track_caller]
fn refused_by_restore(store: &Store, file: &str, target: &Database) {
    expect(&store.restore(file, target), 3, &[file]);
    let made = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace";
    assert_eq!(target.psql(made).trim(), "0", "nothing was restored");
    let name = format!("{}_new", target.name());
    let ran = store.run_on(target, "restore", &[file, "--create", "--dbname", &name]);
    expect(&ran, 3, &[file]);
    assert!(!super::databases::exists(target.server(), &name), "nothing was created");
    let url = format!("{}/postgres", target.server().server_url());
    expect(&store.run("verify", &[file, "--restore-to", &url]), 3, &[file]);
}

#[test]
fn in_gzip() {
    every_harm_is_found("gzip:6");
}

#[test]
fn in_zstd() {
    every_harm_is_found("zstd:3");
}

/// Without compression nothing but our own sums tells.
#[test]
fn in_plain_text() {
    every_harm_is_found("none");
}

#[test]
fn an_older_artifact_of_the_same_size_is_found() {
    let source = small();
    let store = Store::new();
    let old = store.backup(&source, &["--compress", "none"]);
    source.psql("UPDATE customers SET name = 'kustomer 7' WHERE id = 7");
    let new = store.backup(&source, &["--compress", "none"]);
    let size = |file: &str| fs::metadata(store.file(file)).unwrap().len();
    assert_eq!(size(&old), size(&new));
    fs::copy(store.file(&old), store.file(&new)).unwrap();
    found_by_verify(&store, &new);
    store.run("verify", &[&old]).ok();
    refused_by_restore(&store, &new, &empty());
    // Nor is the older one taken for the newest.
    expect(&store.run("verify", &["latest", "--name", source.name()]), 3, &[&new]);
}

/// The rows of two tables with the same columns, each whole, in each other's place.
#[test]
fn rows_in_another_table_are_found() {
    let source = filled(&format!(
        "{SMALL} CREATE TABLE a (n int); CREATE TABLE b (n int);
         INSERT INTO a VALUES (1); INSERT INTO b VALUES (2)"
    ));
    let store = Store::of(&source, &["--compress", "none"]);
    let file = store.artifact();
    let text = fs::read_to_string(store.file(&file)).unwrap();
    let rows = |text: &str, table: &str, row: &str| {
        let block = format!("COPY \"public\".\"{table}\" (\"n\") FROM stdin;\n{row}\n\\.\n");
        assert!(text.contains(&block), "{text}");
        block
    };
    let (a, b) = (rows(&text, "a", "1"), rows(&text, "b", "2"));
    let swapped = text
        .replace(&a, "\0")
        .replace(&b, &b.replace('2', "1"))
        .replace('\0', &a.replace('1', "2"));
    fs::write(store.file(&file), swapped).unwrap();
    found_by_verify(&store, &file);
}

/// The file changes after `restore` looked at it: what arrives is compared once more.
#[test]
fn damage_while_it_restores_is_no_success() {
    let source = super::databases::large();
    let store = Store::of(&source, &[]);
    let file = store.artifact();
    let whole = fs::read(store.file(&file)).unwrap();
    let rows = chunks(&store, &file, Some("data"));
    let last = rows.last().unwrap();
    let harmed = Damage::Zero(last.start..last.start + last.len() / 2).to(&whole);
    let target = empty();
    let mut run = store.start(&target, "restore", &[&file]);
    run.until("rows", || super::databases::connections(&target) > 1);
    fs::write(store.file(&file), harmed).unwrap();
    let ran = run.ends_within(std::time::Duration::from_mins(1));
    // The moment may have come when the last rows were read already.
    if ran.code == 0 {
        let sum = "SELECT count(*), sum(hashtextextended(third::text, 0)::numeric) FROM third";
        assert_eq!(target.psql(sum), source.psql(sum));
    } else {
        expect(&ran, 3, &[&file]);
    }
}
