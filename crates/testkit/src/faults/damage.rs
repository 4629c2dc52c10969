//! Bytes of an artifact that are not what they were: `verify` always says so, `restore` never
//! begins, `list` says what it can see.

use super::{MANIFEST, Program, Store, Target, expect};
use crate::{Damage, dense};
use serde_json::Value;
use std::fs;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// As many places as are flipped, unless the file has fewer.
const FLIPS: usize = 420;

#[track_caller]
fn found_by_verify<P: Program>(store: &Store<P>, file: &str) {
    expect(&store.run("verify", &[file]), 3, &[file]);
}

/// Where the chunks of a part lie.
fn chunks<P: Program>(store: &Store<P>, file: &str, part: Option<&str>) -> Vec<Range<usize>> {
    let json = fs::read(store.file(&format!("{file}{MANIFEST}"))).unwrap();
    let manifest: Value = serde_json::from_slice(&json).unwrap();
    let chunks = manifest["chunks"].as_array().unwrap();
    let number = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
    chunks
        .iter()
        .filter(|chunk| part.is_none_or(|part| chunk["part"] == part))
        .map(|chunk| number(&chunk["offset"])..number(&chunk["offset"]) + number(&chunk["length"]))
        .collect()
}

fn all_of<P: Program>(store: &Store<P>, file: &str, length: usize) -> Vec<Damage> {
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

/// Every harm in a store of its own, on two threads. Of a small database with rows in two tables.
pub fn every_harm_is_found<P: Program>(source: &P::Target, codec: &str) {
    let store = Store::<P>::of(source, &["--compress", codec]);
    let file = store.artifact();
    let whole = fs::read(store.file(&file)).unwrap();
    let manifest = fs::read(store.file(&format!("{file}{MANIFEST}"))).unwrap();
    let damages = all_of(&store, &file, whole.len());
    assert!(damages.len() >= FLIPS, "{codec}: {} harms", damages.len());
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let store = Store::<P>::new();
                let target = source.another();
                fs::write(store.file(&format!("{file}{MANIFEST}")), &manifest).unwrap();
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
    store.restore(&file, &source.another()).ok();
}

/// Of another length: marked. Of the same: only reading it shows.
fn listed_as<P: Program>(store: &Store<P>, file: &str, seen: bool) {
    let listed = store.list();
    if seen {
        assert_eq!((listed.code, listed.damaged), (4, vec![file.to_owned()]));
    } else {
        assert_eq!((listed.code, listed.sound), (0, vec![file.to_owned()]));
    }
}

#[track_caller]
fn refused_by_restore<P: Program>(store: &Store<P>, file: &str, target: &P::Target) {
    expect(&store.restore(file, target), 3, &[file]);
    assert!(target.is_empty(), "nothing was restored");
    let name = format!("{}_new", target.name());
    expect(&crate::run(&mut store.command_into_new(&name, target, file)), 3, &[file]);
    assert!(!target.exists(&name), "nothing was created");
    let url = target.drill_url(target.port());
    expect(&store.run("verify", &[file, "--restore-to", &url]), 3, &[file]);
}

/// Of a database with the table `customers` of a number and a name.
pub fn an_older_artifact_of_the_same_size_is_found<P: Program>(source: &P::Target) {
    let store = Store::<P>::new();
    let old = store.backup(source, &["--compress", "none"]);
    source.run_sql("UPDATE customers SET name = 'kustomer 7' WHERE id = 7");
    let new = store.backup(source, &["--compress", "none"]);
    let size = |file: &str| fs::metadata(store.file(file)).unwrap().len();
    assert_eq!(size(&old), size(&new));
    fs::copy(store.file(&old), store.file(&new)).unwrap();
    found_by_verify(&store, &new);
    store.run("verify", &[&old]).ok();
    refused_by_restore(&store, &new, &source.another());
    // Nor is the older one taken for the newest.
    expect(&store.run("verify", &["latest", "--name", source.name()]), 3, &[&new]);
}

/// The rows of two tables with the same columns, each whole, in each other's place. `block` is what a
/// file holds of the table of this name, with this number as its only row.
pub fn rows_in_another_table_are_found<P: Program>(
    source: &P::Target,
    block: impl Fn(&str, &str) -> String,
) {
    source.run_sql(
        "CREATE TABLE a (n int); CREATE TABLE b (n int);
         INSERT INTO a VALUES (1); INSERT INTO b VALUES (2)",
    );
    let store = Store::<P>::of(source, &["--compress", "none"]);
    let file = store.artifact();
    let text = fs::read_to_string(store.file(&file)).unwrap();
    let (a, b) = (block("a", "1"), block("b", "2"));
    assert!(text.contains(&a) && text.contains(&b), "{text}");
    let swapped = text.replace(&a, &block("a", "2")).replace(&b, &block("b", "1"));
    assert_eq!(swapped.len(), text.len());
    fs::write(store.file(&file), swapped).unwrap();
    found_by_verify(&store, &file);
}

/// The file changes after `restore` looked at it: what arrives is compared once more.
pub fn damage_while_it_restores_is_no_success<P: Program>(source: &P::Target) {
    let store = Store::<P>::of(source, &[]);
    let file = store.artifact();
    let whole = fs::read(store.file(&file)).unwrap();
    let rows = chunks(&store, &file, Some("data"));
    let last = rows.last().unwrap();
    let harmed = Damage::Zero(last.start..last.start + last.len() / 2).to(&whole);
    let target = source.another();
    let mut run = store.start(&target, "restore", &[&file]);
    run.until("rows", || target.connections() > 1);
    fs::write(store.file(&file), harmed).unwrap();
    let ran = run.ends_within(Duration::from_mins(1));
    // The moment may have come when the last rows were read already.
    if ran.code == 0 {
        assert!(target.state() == source.state(), "a success, and not the same");
    } else {
        expect(&ran, 3, &[&file]);
    }
}
