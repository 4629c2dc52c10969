//! Records that cannot be written: each with its reason in a file, and the others are written; or nothing is.

use super::server::Server;
use super::world::{SIMPLE, World, counts, ended, items};
use testkit::run;

const STRICT: &str = "
table: {name: strict, key: [id]}
columns:
  id: {type: integer}
  name: {required: true}
  short: {}
  price: {type: number}
  small: {type: integer}
  flag: {type: boolean}
  at: {type: time}
  day: {type: date}
  uid: {type: uuid}
  doc: {type: json}
  deep: {from: a.b.c}
";

fn strict(major: u32) -> World {
    let world = World::new(major, STRICT);
    world.database.psql(
        "CREATE TABLE strict (id bigint PRIMARY KEY, name text NOT NULL, short varchar(3), price numeric(6,2),
            small smallint, flag boolean, at timestamptz, day date, uid uuid, doc jsonb, deep text)",
    );
    world
}

#[test]
fn each_bad_record_is_named_with_its_reason_and_the_good_ones_are_written() {
    let bad = [
        (r#"{"id": 2}"#, "name is missing"),
        (r#"{"id": 3, "name": null}"#, "name is missing"),
        (r#"{"name": "x"}"#, "id is missing"),
        (r#"{"id": "x", "name": "x"}"#, "id is no number"),
        (r#"{"id": 1.5, "name": "x"}"#, "id is no whole number"),
        (r#"{"id": 9223372036854775808, "name": "x"}"#, "id is out of range"),
        (r#"{"id": true, "name": "x"}"#, "id is true or false, and a whole number is wanted"),
        (r#"{"id": 4, "name": {"a": 1}}"#, "name is an object, and a text is wanted"),
        (r#"{"id": 4, "name": ["a"]}"#, "name is a list, and a text is wanted"),
        (r#"{"id": 4, "name": "a\u0000b"}"#, "name holds NUL, which PostgreSQL cannot store"),
        (r#"{"id": 4, "name": "\ud800"}"#, "name holds half of a surrogate pair"),
        (
            r#"{"id": 4, "name": "x", "short": "äöüß"}"#,
            "short is longer than the 3 letters of its column",
        ),
        (
            r#"{"id": 4, "name": "x", "price": 1.234}"#,
            "price has more than 2 decimals, and would be rounded",
        ),
        (r#"{"id": 4, "name": "x", "price": 10000}"#, "price is out of range"),
        (r#"{"id": 4, "name": "x", "price": "NaN"}"#, "price is no number"),
        (r#"{"id": 4, "name": "x", "small": 32768}"#, "small is out of range"),
        (r#"{"id": 4, "name": "x", "flag": "maybe"}"#, "flag is neither true nor false"),
        (r#"{"id": 4, "name": "x", "at": "2026-02-30"}"#, "at is no time in the format given"),
        (r#"{"id": 4, "name": "x", "at": 5}"#, "at is no time in the format given"),
        (
            r#"{"id": 4, "name": "x", "day": "2026-01-01T00:00:00Z"}"#,
            "day is a day with a time: that is type time",
        ),
        (r#"{"id": 4, "name": "x", "uid": "0a1b2c3d-4e5f-6071-8293"}"#, "uid is no UUID"),
        (
            r#"{"id": 4, "name": "x", "doc": {"a": ["\u0000"]}}"#,
            "doc holds NUL, which PostgreSQL cannot store",
        ),
        (r#"{"id": 4, "name": "x", "doc": "\udc00"}"#, "doc holds half of a surrogate pair"),
        (r#"{"id": 4, "name": "x", "doc": 1e999999}"#, "doc holds a number out of range"),
        (r#"{"id": 4, "name": "x", "a": {"b": 7}}"#, "deep: a number has no field c"),
        ("7", "id: a number has no field id"),
        ("null", "id is missing"),
    ];
    let good = r#"{"id": 1, "name": "x", "short": "äöü", "price": 9999.990, "small": -32768, "flag": "true",
        "at": "2026-11-27 10:00Z", "day": "2026-11-27", "doc": {"\ud83d\ude00": [1e5]}, "a": {"b": null}}"#;
    let mut records: Vec<&str> = bad.iter().map(|(record, _)| *record).collect();
    records.insert(5, good);
    let server = Server::of(&format!("[{}]", records.join(",\n")));
    for major in [13, 18] {
        let world = strict(major);
        let ran = world.run(&server, &[]);
        ended(
            &ran,
            0,
            &["record 1 of page 1 is rejected: name is missing", "17 more are rejected"],
        );
        let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!((counts(&report), &report["rejected"]), ([1, 0, 0], &bad.len().into()));
        let rejected = world.rejected();
        assert_eq!(rejected.len(), bad.len());
        for (line, (_, reason)) in rejected.iter().zip(bad) {
            assert_eq!(line["reason"], reason, "{line}");
        }
        assert_eq!(rejected[5]["number"], 7);
        // Records are as they came, digits and all.
        let path = world.rejects.path().join(world.files().first().unwrap());
        assert!(report["rejects"].as_str().unwrap() == path.to_str().unwrap());
        let text = std::fs::read_to_string(path).unwrap();
        for (line, (record, _)) in text.lines().zip(bad) {
            assert!(line.ends_with(&format!("\"record\":{record}}}")), "{line}");
        }
        let row =
            world.database.psql("SELECT id, short, price, small, flag, day, doc, deep FROM strict");
        assert_eq!(row, "1|äöü|9999.99|-32768|t|2026-11-27|{\"😀\": [100000]}|\n");
        // Values are none of the log's business.
        assert!(!ran.stderr.contains("maybe") && !ran.stderr.contains("10000"), "{}", ran.stderr);
    }
}

/// Three bad ones among a hundred.
fn some_bad() -> Server {
    let bad = (0..3).map(|_| r#"{"id": "s3cret"}"#).collect::<Vec<_>>().join(",");
    let good = items(1, 97);
    Server::of(&format!("[{bad},{}", good.trim_start_matches('[')))
}

#[test]
fn over_the_limit_nothing_is_written_but_the_file() {
    let (world, server) = (World::new(15, SIMPLE), some_bad());
    let ran = world.run(&server, &["--max-rejects=2"]);
    ended(
        &ran,
        4,
        &["3 records are rejected, more than --max-rejects 2", "nothing was written", "jsonl"],
    );
    assert!(!ran.stderr.contains("s3cret"), "{}", ran.stderr);
    assert!(!world.has("items"));
    assert_eq!(world.rejected().len(), 3);
    let report = world.report(&server, &["--max-rejects=3"]);
    assert_eq!((counts(&report), &report["rejected"]), ([97, 0, 0], &3.into()));
    assert_eq!(world.files().len(), 2);
}

#[test]
fn without_a_place_for_it_the_first_bad_record_ends_the_run() {
    let (world, server) = (World::new(16, SIMPLE), some_bad());
    let ran = run(world.command(&server.url, &[]).env_remove("REJECTS"));
    ended(&ran, 4, &["record 1 of page 1 is rejected: id is no number", "--rejects"]);
    assert!(!world.has("items"));
    let good = Server::of(&items(1, 5));
    run(world.command(&good.url, &[]).env("REJECTS", "")).ok();
}

#[test]
fn a_dry_run_writes_no_file_and_a_good_run_neither() {
    let (world, server) = (World::new(17, SIMPLE), some_bad());
    let report = world.report(&server, &["--dry-run"]);
    assert_eq!((counts(&report), &report["rejected"]), ([97, 0, 0], &3.into()));
    ended(&world.run(&server, &["--dry-run", "--max-rejects=0"]), 4, &["--max-rejects 0"]);
    world.report(&Server::of(&items(1, 5)), &[]);
    assert!(world.files().is_empty());
}

#[test]
fn a_place_that_is_not_there_is_wrong_use_before_anything_is_read() {
    let (world, server) = (World::new(18, SIMPLE), some_bad());
    ended(&world.run(&server, &["--rejects=/nowhere/at/all"]), 2, &["/nowhere/at/all"]);
    assert!(server.requests().is_empty());
}

#[test]
fn the_file_may_lie_in_s3() {
    let (world, server) = (World::new(18, SIMPLE), some_bad());
    let s3 = testkit::S3::versity();
    s3.create_bucket("bad");
    let mut command = world.command(&server.url, &["--rejects=s3://bad/items"]);
    command.envs(s3.environment());
    let report: serde_json::Value = serde_json::from_str(&run(&mut command).ok()).unwrap();
    let keys = s3.keys("bad", "");
    assert_eq!(keys.len(), 1, "{keys:?}");
    assert_eq!(report["rejects"], format!("s3://bad/{}", keys[0]));
    assert!(keys[0].starts_with("items/rejects-items-"), "{keys:?}");
    let text = String::from_utf8(s3.object("bad", &keys[0])).unwrap();
    assert_eq!(text.lines().count(), 3);
    assert_eq!(s3.uploads("bad"), [""; 0]);
}
