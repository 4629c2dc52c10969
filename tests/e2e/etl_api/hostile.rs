//! Values of every kind in columns of every type: each is written or rejected, and none ends the run, for what the
//! server would not take never gets there.

use super::server::Server;
use super::world::{World, counts};
use std::fmt::Write;

const COLUMNS: [(&str, &str, &str); 15] = [
    ("text", "text", "{}"),
    ("trimmed", "text", "{trim: true, case: upper, empty-is-null: true}"),
    ("short", "varchar(3)", "{}"),
    ("small", "smallint", "{type: integer}"),
    ("middle", "integer", "{type: number}"),
    ("large", "bigint", "{type: integer}"),
    ("exact", "numeric", "{type: number}"),
    ("money", "numeric(6,2)", "{type: number}"),
    ("float", "double precision", "{type: number}"),
    ("flag", "boolean", "{type: boolean}"),
    ("moment", "timestamptz", "{type: time}"),
    ("unix", "timestamp(0)", "{type: time, format: unix}"),
    ("day", "date", "{type: date}"),
    ("id_of", "uuid", "{type: uuid}"),
    ("doc", "jsonb", "{type: json}"),
];

const ODD: [&str; 66] = [
    "null",
    "true",
    "false",
    "0",
    "-0",
    "-0.0",
    "0e5",
    "0e999999999999",
    "1e400",
    "1e131071",
    "1e131072",
    "1e-16383",
    "1e-16384",
    "-1e999999999999",
    "123456789012345678901234567890.5",
    "0.1",
    "32767",
    "-32769",
    "2147483648",
    "9223372036854775807",
    "9223372036854775808",
    "9999.99",
    "9999.995",
    "1764238002",
    "-1e15",
    "1e300",
    "1e-300",
    r#""""#,
    r#"" ""#,
    r#""\u0000""#,
    r#""\ud800""#,
    r#""\udc00\ud800""#,
    r#""\ud83d\ude00""#,
    r#""a\\u0000""#,
    r#""\\\u0000""#,
    r#""\u007f\u001f\u0001""#,
    r#""é\u0301""#,
    r#""ﬀ""#,
    r#""NaN""#,
    r#""Infinity""#,
    r#""-inf""#,
    r#""1_000""#,
    r#""٣""#,
    r#"" 7 ""#,
    r#""+7""#,
    r#""0x10""#,
    r#""2026-11-27""#,
    r#""2026-11-27T10:00:00Z""#,
    r#""2026-11-27 24:00:00""#,
    r#""-004713-01-01T00:00:00Z""#,
    r#""-009999-01-01""#,
    r#""0000-01-01""#,
    r#""9999-12-31T23:59:59.999999999Z""#,
    r#""2026-06-30T23:59:60Z""#,
    r#""2026-11-27T10:00:00+99:00""#,
    r#""now""#,
    r#""infinity""#,
    r#""0a1b2c3d4e5f60718293a4b5c6d7e8f9""#,
    "[]",
    "{}",
    r#"{"a\u0000": 1}"#,
    r#"{"a": 1, "a": "\udc00"}"#,
    "[1e99999, -0.00]",
    "[1e131072]",
    "[1e-16383]",
    r#"{"": [[[[{"x": null}]]]]}"#,
];

fn config(columns: &str) -> String {
    format!("table: {{name: odd, key: [k]}}\ncolumns:\n  k: {{type: integer}}\n{columns}")
}

#[test]
fn whatever_a_value_is_the_others_are_written() {
    let mapped: Vec<_> =
        COLUMNS.iter().map(|(name, _, how)| format!("  {name}: {how}\n")).collect();
    let made: Vec<_> = COLUMNS.iter().map(|(name, kind, _)| format!("{name} {kind}")).collect();
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let long = format!("\"{}\"", "ä".repeat(3000));
    let odd: Vec<&str> = ODD.into_iter().chain([deep.as_str(), long.as_str()]).collect();
    // Each value alone in each column, then many at once.
    let mut records = Vec::new();
    for value in &odd {
        for (name, ..) in COLUMNS {
            records.push(format!(r#"{{"k": {}, "{name}": {value}}}"#, records.len()));
        }
    }
    let mut random = fastrand::Rng::with_seed(17);
    for _ in 0..2000 {
        let mut record = format!(r#"{{"k": {}"#, records.len());
        for (name, ..) in COLUMNS {
            if random.u8(0..12) == 0 {
                write!(record, r#", "{name}": {}"#, random.choice(&odd).unwrap()).unwrap();
            }
        }
        records.push(format!("{record}}}"));
    }
    let count = records.len() as u64;
    let server = Server::of(&format!("[{}]", records.join(",")));
    for major in [13, 18] {
        let world = World::new(major, &config(&mapped.concat()));
        world
            .database
            .psql(&format!("CREATE TABLE odd (k bigint PRIMARY KEY, {})", made.join(", ")));
        let report = world.report(&server, &["--max-rejects=100000"]);
        let rejected = report["rejected"].as_u64().unwrap();
        assert_eq!(counts(&report)[0] + rejected, count);
        assert!(rejected > 500 && rejected < count * 4 / 5, "{rejected} of {count}");
        // And again nothing is other than before: no column has made something else of a value.
        let again = world.report(&server, &["--max-rejects=100000"]);
        assert_eq!(counts(&again), [0, 0, count - rejected]);
    }
}

#[test]
fn a_key_may_be_any_text_that_an_index_takes() {
    let world = World::new(17, "table: {name: odd, key: [k]}\ncolumns: {k: {}}");
    let mut random = fastrand::Rng::with_seed(3);
    let keys: Vec<String> = (0..400)
        .map(|number| {
            // Such as does not become shorter by compression.
            let noise: String =
                std::iter::repeat_with(|| random.alphanumeric()).take(number * 8).collect();
            format!(r#"{{"k": "{number}-{noise}"}}"#)
        })
        .collect();
    let report =
        world.report(&Server::of(&format!("[{}]", keys.join(","))), &["--max-rejects=1000"]);
    let rejected = report["rejected"].as_u64().unwrap();
    assert_eq!(counts(&report)[0] + rejected, 400);
    assert!((140..160).contains(&rejected), "{rejected}");
}
