//! The same trees, the same flags: what would be done is what `aws s3 sync --dryrun` would do.

use crate::place::{Place, arguments_json, report, text};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use testkit::{installed, run};

const CASES: u64 = 240;

#[derive(Clone, Copy, PartialEq)]
enum Way {
    Up,
    Down,
    Across,
}

struct Case {
    way: Way,
    places: [String; 2],
    arguments: Vec<String>,
    json: Value,
}

/// Names with folders that are files' beginnings, and what filters take for special.
fn name(random: &mut fastrand::Rng) -> String {
    const PARTS: [&str; 14] =
        ["a", "b", "a-", "a.b", "ab", "c.txt", "d.sql.gz", "é", "[x]", "A", "a b", ".h", "x!", "0"];
    let depth = random.usize(1..=3);
    (0..depth).map(|_| PARTS[random.usize(0..PARTS.len())]).collect::<Vec<_>>().join("/")
}

/// No name is a folder of another: that is refused where files are made of it.
fn tree(random: &mut fastrand::Rng) -> BTreeSet<String> {
    let mut names = BTreeSet::<String>::new();
    for _ in 0..random.usize(0..12) {
        let new = name(random);
        let within = |one: &str, other: &str| one.starts_with(&format!("{other}/"));
        if !names.iter().any(|old| within(old, &new) || within(&new, old)) {
            names.insert(new);
        }
    }
    names
}

fn pattern(random: &mut fastrand::Rng, folder: &Path, bucket: &str) -> String {
    const PATTERNS: [&str; 18] = [
        "*", "*.txt", "*.gz", "a*", "a/*", "*/a", "?", "?/?", "[ab]*", "[!a]*", "*[.]*", "*b",
        "*é*", "[[]x]", "*!", "a", "a/b", ".*",
    ];
    let pattern = PATTERNS[random.usize(0..PATTERNS.len())];
    match random.usize(0..12) {
        0 => format!("{}/{pattern}", folder.display()),
        1 => format!("{bucket}/{pattern}"),
        _ => pattern.to_owned(),
    }
}

fn arguments(random: &mut fastrand::Rng, folder: &Path, bucket: &str) -> Vec<String> {
    let mut arguments = Vec::new();
    for _ in 0..[0, 0, 1, 2, 3, 4][random.usize(0..6)] {
        arguments.push(["--exclude", "--include"][random.usize(0..2)].to_owned());
        arguments.push(pattern(random, folder, bucket));
    }
    if random.bool() {
        arguments.push("--delete".to_owned());
    }
    match random.usize(0..4) {
        0 => arguments.push("--size-only".to_owned()),
        1 => arguments.push("--exact-timestamps".to_owned()),
        _ => {}
    }
    arguments
}

fn case(place: &Place, number: u64) -> Case {
    let mut random = fastrand::Rng::with_seed(number);
    let way = [Way::Up, Way::Down, Way::Across][random.usize(0..3)];
    let folder = place.path(&format!("{number}"));
    let (prefix, other) = (format!("p{number}"), format!("q{number}"));
    // Much in common, and something of each side's own.
    let common = tree(&mut random);
    let mut either = || -> BTreeMap<String, u64> {
        let mut sizes = BTreeMap::new();
        for name in &common {
            if random.usize(0..5) > 0 {
                sizes.insert(name.clone(), [3, 3, 3, 4][random.usize(0..4)]);
            }
        }
        sizes
    };
    let (remote, local) = (either(), either());
    let local: Vec<Value> = local
        .iter()
        .map(|(name, size)| {
            let later = [0, 0, 1, -1, 700_000, -700_000, 5_000_000, -5_000_000];
            json!([name, size, later[random.usize(0..later.len())]])
        })
        .collect();
    let bucket = &place.bucket;
    let (here, there) = (text(&folder).to_owned(), place.url(&prefix));
    let places = match way {
        Way::Up => [here, there],
        Way::Down => [there, here],
        Way::Across => [there, place.url(&other)],
    };
    let arguments = arguments(&mut random, &folder, &format!("{bucket}/{prefix}"));
    let remote: Vec<Value> = remote.iter().map(|(name, size)| json!([name, size])).collect();
    let json = json!({
        "bucket": bucket, "prefix": prefix, "folder": folder, "remote": remote, "local": local,
        "places": places, "arguments": arguments,
    });
    Case { way, places, arguments, json }
}

#[test]
fn the_same_is_done_as_by_aws() {
    let place = Place::moto();
    let mut cases: Vec<Case> = (0..CASES).map(|number| case(&place, number)).collect();
    // Within S3 the destination is another case's tree.
    for number in (1..cases.len()).rev() {
        if cases[number].way == Way::Across {
            let dest = format!("s3://{}/p{}", place.bucket, number - 1);
            cases[number].places[1].clone_from(&dest);
            cases[number].json["places"][1] = json!(dest);
        }
    }
    let input: Vec<String> = cases.iter().map(|case| case.json.to_string()).collect();
    let file = place.folder.path().join("cases");
    std::fs::write(&file, input.join("\n")).unwrap();
    let mut oracle = Command::new(installed("s3/python/bin/python"));
    oracle.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/oracle.py")).arg(&file);
    oracle.envs(place.server.environment()).current_dir(place.folder.path());
    oracle.env("AWS_CONFIG_FILE", "/nowhere").env("AWS_SHARED_CREDENTIALS_FILE", "/nowhere");
    let told = run(&mut oracle).ok();
    let told: Vec<Vec<[String; 2]>> =
        told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(told.len(), cases.len());

    let mut verbs = BTreeMap::<String, u32>::new();
    for (number, (case, wanted)) in cases.iter().zip(told).enumerate() {
        let mut line: Vec<&str> = case.places.iter().map(String::as_str).collect();
        line.extend(case.arguments.iter().map(String::as_str));
        line.extend(["--dry-run", "--max-delete", "100%", "--allow-empty-source"]);
        let planned = report(&place.run(&arguments_json(&line)).ok());
        let part = |value: &Value, key: &str| value[key].as_str().unwrap().to_owned();
        let changes = planned["changes"].as_array().unwrap();
        let mut found: Vec<[String; 2]> =
            changes.iter().map(|one| [part(one, "action"), part(one, "name")]).collect();
        found.sort();
        assert_eq!(found, wanted, "case {number}: {}", case.json);
        for [verb, _] in wanted {
            *verbs.entry(verb).or_default() += 1;
        }
    }
    // It was about something.
    for verb in ["upload", "download", "copy", "delete"] {
        assert!(verbs.get(verb).is_some_and(|count| *count > 60), "{verbs:?}");
    }
}
