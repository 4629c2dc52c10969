use super::*;
use serde_json::{Value, json};
use task::Exit;

const FILE: &str = "postgres-shop-20261120T020000Z.sql.gz.manifest.json";

fn good() -> Value {
    json!({
        "format": FORMAT,
        "kind": "postgres",
        "name": "shop",
        "started": "2026-11-20T02:00:00Z",
        "finished": "2026-11-20T02:00:09Z",
        "tool": "backup-postgres 0.1.0",
        "server": { "version": "18.1", "position": "0/16B3740" },
        "artifact": {
            "file": "postgres-shop-20261120T020000Z.sql.gz",
            "size": 30,
            "sha256": "00",
            "codec": "gzip:6",
            "raw_size": 300,
        },
        "verified": true,
        "contents": [{ "name": "public.orders", "rows": 3, "bytes": 90, "checksum": "00000000000000ff" }],
        "chunks": [
            { "offset": 0, "length": 10, "raw": 100, "part": "pre" },
            { "offset": 10, "length": 20, "raw": 200, "part": "data", "content": 0, "rows": 3 },
        ],
    })
}

fn parse(value: &Value) -> Result<Manifest> {
    Manifest::parse(FILE, value.to_string().as_bytes())
}

#[test]
fn it_comes_back_as_it_was_written() {
    let manifest = parse(&good()).unwrap();
    assert_eq!(manifest.contents[0].tally, Tally { rows: 3, bytes: 90, checksum: 255 });
    assert_eq!(manifest.file(), FILE);
    let json = manifest.to_json().unwrap();
    assert_eq!(Manifest::parse(FILE, &json).unwrap(), manifest);
    assert_eq!(serde_json::from_slice::<Value>(&json).unwrap(), good());
}

#[test]
fn an_unknown_key_is_refused_wherever_it_stands() {
    for path in ["", "/server", "/artifact", "/contents/0", "/chunks/1"] {
        let mut value = good();
        value.pointer_mut(path).unwrap()["surprise"] = json!(1);
        let error = parse(&value).unwrap_err();
        assert_eq!(error.exit(), Exit::Integrity, "{path}");
        assert!(format!("{error:#}").contains("surprise"), "{error:#}");
    }
}

#[test]
fn a_contradiction_is_damage() {
    for (path, wrong) in [
        ("/artifact/file", json!("postgres-other-20261120T020000Z.sql.gz")),
        ("/artifact/file", json!("../postgres-shop-20261120T020000Z.sql.gz")),
        ("/artifact/file", json!("/etc/passwd")),
        ("/artifact/size", json!(31)),
        ("/artifact/raw_size", json!(1)),
        ("/artifact/codec", json!("gzip:0")),
        ("/name", json!("shop-eu")),
        ("/kind", json!("mysql")),
        ("/contents/0/checksum", json!("+0000000000000ff")),
        ("/chunks/1/offset", json!(11)),
        ("/chunks/1/content", json!(1)),
        ("/chunks/0/length", json!(u64::MAX)),
        ("/chunks/0/length", json!(0)),
    ] {
        let mut value = good();
        *value.pointer_mut(path).unwrap() = wrong.clone();
        let error = parse(&value).unwrap_err();
        assert_eq!(error.exit(), Exit::Integrity, "{path} {wrong}");
        assert!(error.to_string().contains(FILE), "{error}");
    }
    assert_eq!(Manifest::parse(FILE, b"{").unwrap_err().exit(), Exit::Integrity);
}

#[test]
fn a_backup_builds_on_an_earlier_one_of_the_same_only() {
    for (parent, good) in [
        ("postgres-shop-20261119T020000Z.sql.gz", true),
        ("postgres-shop-20261119T020000Z.sql.zst.age", true),
        ("postgres-shop-20261120T020000Z.sql.gz", false),
        ("postgres-shop-20261121T020000Z.sql.gz", false),
        ("postgres-shop2-20261119T020000Z.sql.gz", false),
        ("mysql-shop-20261119T020000Z.sql.gz", false),
        ("../x", false),
    ] {
        let mut value = good_with_parent(parent);
        assert_eq!(parse(&value).is_ok(), good, "{parent}");
        value["parent"] = json!(1);
        assert!(parse(&value).is_err());
    }
}

fn good_with_parent(parent: &str) -> Value {
    let mut value = self::good();
    value["parent"] = json!(parent);
    value
}

#[test]
fn a_later_format_is_no_damage() {
    let mut value = good();
    value["format"] = json!("nightshift.backup/v2");
    value["more"] = json!(1);
    assert_eq!(parse(&value).unwrap_err().exit(), Exit::Usage);
}

#[test]
fn a_tally_is_the_same_in_any_order() {
    let tally = |rows: &[&str]| {
        let mut tally = Tally::default();
        for row in rows {
            tally.row(row.as_bytes());
        }
        tally
    };
    assert_eq!(tally(&["a", "b", "c"]), tally(&["c", "a", "b"]));
    assert_ne!(tally(&["a", "b"]), tally(&["a", "c"]));
    assert_ne!(tally(&["ab", ""]), tally(&["a", "b"]));
}

/// Whoever reads manifests by the schema must meet exactly the keys that are written.
#[test]
fn the_schema_knows_the_keys_that_are_written_and_no_others() {
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/manifest.schema.json");
    let schema: Value = serde_json::from_slice(&std::fs::read(schema).unwrap()).unwrap();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let mut manifest = parse(&good()).unwrap();
    manifest.properties.insert("encoding".into(), "UTF8".into());
    manifest.parent = Some("postgres-shop-20261119T020000Z.sql.gz".into());
    manifest.artifact.recipients.push("age1".into());
    manifest.artifact.compressed_size = Some(1);
    let written = serde_json::to_value(&manifest).unwrap();
    for (value, place) in [
        ("", ""),
        ("/server", "/properties/server/oneOf/1"),
        ("/artifact", "/properties/artifact"),
        ("/contents/0", "/properties/contents/items"),
        ("/chunks/1", "/properties/chunks/items"),
    ] {
        let place = schema.pointer(place).unwrap();
        let written = written.pointer(value).unwrap();
        assert_eq!(keys(written), keys(&place["properties"]), "{value}");
        assert_eq!(place["additionalProperties"], false, "{value}");
        for required in place["required"].as_array().unwrap() {
            let mut without = good();
            let removed = without
                .pointer_mut(value)
                .and_then(Value::as_object_mut)
                .and_then(|object| object.remove(required.as_str().unwrap()));
            assert!(removed.is_some(), "{value} {required}");
        }
    }
}
