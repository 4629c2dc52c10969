//! Values: exact, of any language, from anywhere in a record; and those that cannot be.

use super::server::{Answer, Server};
use super::world::{World, counts, ended};
use crate::manifests::root;
use std::fmt::Write;
use testkit::run;

/// The mapping as it is delivered, and rows as its Python script would have made them.
#[test]
fn the_mapping_as_delivered_does_what_the_script_did() {
    let config = std::fs::read_to_string(root().join("manifests/etl-api/config.yaml")).unwrap();
    let world = World::new(15, &config);
    let mut random = fastrand::Rng::with_seed(5);
    let mut records = Vec::new();
    for number in 0..3000 {
        let name: String = std::iter::repeat_with(|| {
            random
                .choice(['a', 'ß', 'é', 'Z', ' ', '漢', '😀', '\'', '\\', '"', '\n', 'ǆ'])
                .unwrap()
        })
        .take(number % 12)
        .collect();
        let name = serde_json::to_string(&name).unwrap();
        let mut record = format!(r#"{{"id": {number}, "name": {name}"#);
        if number % 7 > 0 {
            write!(record, r#", "value": {}.{:03}"#, random.i64(..), number % 1000).unwrap();
        }
        match number % 5 {
            0 => {}
            1 => record += r#", "category": null"#,
            2 => record += r#", "category": """#,
            _ => write!(record, r#", "category": "c{}", "other": [{{}}]"#, number % 40).unwrap(),
        }
        records.push(format!("{record}}}"));
    }
    let body = format!("[{}]", records.join(",\n"));
    let server = Server::of(&body);
    let ran = run(world.command(&server.url, &[]).env("API_KEY", "token"));
    let report: serde_json::Value = serde_json::from_str(&ran.ok()).unwrap();
    assert_eq!(counts(&report), [3000, 0, 0]);
    assert_eq!(server.requests()[0].headers["authorization"], "Bearer token");
    // By Python, the language of the script.
    let python = "import json, sys
for r in json.load(sys.stdin, parse_float=str):
    v, c = r.get('value'), r.get('category')
    print(json.dumps([str(r['id']), r['name'].strip().upper(), v, 'UNKNOWN' if c is None else c]))";
    let mut command = std::process::Command::new("python3");
    command.args(["-c", python]).stdin(std::process::Stdio::piped());
    command.stdout(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), body.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let wanted: Vec<serde_json::Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let found = world.database.psql(
        "SELECT json_build_array(external_id, name, value::text, category)
        FROM external_data ORDER BY external_id::int",
    );
    let found: Vec<serde_json::Value> =
        found.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(found.len(), wanted.len());
    for (found, wanted) in found.iter().zip(&wanted) {
        assert_eq!(found, wanted);
    }
    let kinds = world.database.psql(
        "SELECT count(DISTINCT synced_at), bool_and(synced_at > now() - interval '5 min')
        FROM external_data",
    );
    assert_eq!(kinds, "1|t\n");
}

const WIDE: &str = r#"
source: {records: "rows"}
table: {name: wide, key: [id, part]}
columns:
  id: {from: "key.id", type: uuid}
  part: {from: "key.parts[1]", type: integer}
  big: {type: number}
  flag: {type: boolean}
  at: {from: "times.at", type: time}
  local: {from: "times.local", type: time, zone: Europe/Berlin, format: "%d.%m.%Y %H:%M"}
  unix: {from: "times.unix", type: time, format: unix}
  ms: {from: "times.ms", type: time, format: unix-ms}
  day: {type: date}
  all: {from: ".", type: json}
  tags: {type: json}
  odd: {from: "\"a.b\".c", case: lower, empty-is-null: true, default: none}
  whole: {type: integer, default: -7}
"#;

#[test]
fn every_type_comes_through_exactly_from_wherever_it_lies() {
    let world = World::new(16, WIDE);
    let record = r#"{"key": {"id": "0A1B2C3D-4e5f-6071-8293-a4b5c6d7e8f9", "parts": [1, 22]},
        "big": -123456789012345678901234567890.12345678901234567890, "flag": false,
        "times": {"at": "2026-11-27T10:00:00.123456+01:00", "local": "27.11.2026 10:30",
            "unix": 1764238002.5, "ms": "1764238002123"},
        "day": "1999-12-31", "tags": ["x", 1.10, {"y": null}], "a.b": {"c": ""}, "whole": 1.5e3}"#;
    let server = Server::of(&format!(r#"{{"rows": [{record}]}}"#));
    assert_eq!(counts(&world.report(&server, &[])), [1, 0, 0]);
    let found = world.database.psql(
        "SET timezone = 'UTC'; SELECT id, part, big, flag, at, local, unix, ms, day, tags, odd, whole FROM wide",
    );
    assert_eq!(
        found,
        "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9|22|-123456789012345678901234567890.12345678901234567890|f|\
         2026-11-27 09:00:00.123456+00|2026-11-27 09:30:00+00|2025-11-27 10:06:42.5+00|\
         2025-11-27 10:06:42.123+00|1999-12-31|[\"x\", 1.10, {\"y\": null}]|none|1500\n"
    );
    let same = world.database.psql(&format!("SELECT \"all\" = $${record}$$::jsonb FROM wide"));
    assert_eq!(same, "t\n");
    assert_eq!(counts(&world.report(&server, &[])), [0, 0, 1]);
    let key = world
        .database
        .psql("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'wide'::regclass AND contype = 'p'");
    assert_eq!(key, "PRIMARY KEY (id, part)\n");
    let types = world.database.psql(
        "SELECT string_agg(format_type(atttypid, atttypmod), ',' ORDER BY attnum) FROM pg_attribute
        WHERE attrelid = 'wide'::regclass AND attnum > 0",
    );
    assert_eq!(
        types,
        "uuid,bigint,numeric,boolean,timestamp with time zone,timestamp with time zone,\
         timestamp with time zone,timestamp with time zone,date,jsonb,jsonb,text,bigint\n"
    );
}

/// Numbers of any size, against what PostgreSQL reads in the same text.
#[test]
fn numbers_of_any_size_are_what_postgres_reads_in_them() {
    let mut random = fastrand::Rng::with_seed(9);
    let mut numbers: Vec<String> =
        ["0", "-0", "0.0", "1e0", "1E+5", "-1.5e-7", "0.0001", "9999", "10000", "1e4", "1e-4"]
            .map(str::to_owned)
            .into();
    for _ in 0..3000 {
        let digits = |random: &mut fastrand::Rng, most: usize| -> String {
            let count = random.usize(1..=most);
            std::iter::repeat_with(|| char::from(b'0' + random.u8(0..10))).take(count).collect()
        };
        let whole = digits(&mut random, 30);
        let whole = whole.trim_start_matches('0');
        let whole = if whole.is_empty() { "0" } else { whole };
        let mut number = format!("{}{whole}", if random.bool() { "-" } else { "" });
        if random.bool() {
            number += &format!(".{}", digits(&mut random, 30));
        }
        if random.u8(0..3) == 0 {
            number += &format!("e{}", random.i32(-60..60));
        }
        numbers.push(number);
    }
    let world = World::new(
        17,
        "table: {name: numbers, key: [id]}\ncolumns: {id: {type: integer}, exact: {type: number}, \
         text: {from: exact}, float: {from: exact, type: number}}",
    );
    world.database.psql(
        "CREATE TABLE numbers (id int PRIMARY KEY, exact numeric, text text, float double precision)",
    );
    let records: Vec<_> = numbers
        .iter()
        .enumerate()
        .map(|(id, number)| format!(r#"{{"id": {id}, "exact": {number}}}"#))
        .collect();
    let server = Server::of(&format!("[{}]", records.join(",")));
    world.report(&server, &[]);
    let wrong = world.database.psql(
        "SELECT id, exact, text, float FROM numbers WHERE exact::text <> text::numeric::text
        OR float IS DISTINCT FROM text::float8",
    );
    assert_eq!(wrong, "");
    let count = world.database.psql("SELECT count(*) FROM numbers");
    assert_eq!(count.trim(), numbers.len().to_string());
}

#[test]
fn a_key_that_comes_twice_counts_once_and_the_last_one_wins() {
    let world = World::new(18, super::world::SIMPLE);
    let server = Server::start(|_, _| {
        Answer::json(
            r#"[{"id": 1, "name": "a", "value": 1}, {"id": 2, "name": "b"}, {"id": 1, "name": "c"},
            {"id": "1", "name": "d", "value": "4.0"}]"#,
        )
    });
    let report = world.report(&server, &[]);
    assert_eq!(counts(&report), [2, 0, 0]);
    assert_eq!((&report["repeated"], &report["records"]), (&2.into(), &4.into()));
    assert_eq!(world.rows(), "1|d|4.0\n2|b|\n");
}

#[test]
fn a_first_look_shows_rows_and_plan_and_changes_nothing() {
    let world = World::new(14, super::world::SIMPLE);
    let server = Server::of(&super::world::items(1, 30));
    let report = world.report(&server, &["--dry-run"]);
    assert_eq!(counts(&report), [30, 0, 0]);
    assert_eq!(report["made_table"], true);
    assert_eq!(report["rows"].as_array().unwrap().len(), 10);
    assert_eq!(report["rows"][1]["name"], "item 2");
    assert!(!world.has("items"));
    world.report(&server, &[]);
    world
        .database
        .psql("DELETE FROM items WHERE id = 3; UPDATE items SET value = 0 WHERE id IN (4, 5)");
    let before = world.versions();
    let dry = world.report(&server, &["--dry-run"]);
    assert_eq!(counts(&dry), [1, 2, 27]);
    assert_eq!(world.versions(), before);
    assert_eq!(counts(&world.report(&server, &[])), [1, 2, 27]);
    let ran = run(world.command(&server.url, &["--dry-run"]).env("OUTPUT", "table"));
    assert!(ran.ok().contains(r#"{"id":"1","name":"item 1","value":"1.50"}"#));
    ended(&world.run(&server, &["--dry-run"]), 0, &["would be: "]);
}
