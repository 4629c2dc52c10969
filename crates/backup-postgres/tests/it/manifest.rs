//! Manifests that are not what they were.

use super::databases::{empty, small};
use super::store::{MANIFEST, Store, expect};
use serde_json::{Value, json};
use std::fs;
use testkit::{Damage, dense};

/// Something that a manifest says, made wrong.
type Harm = (&'static str, fn(&mut Value));

fn add(value: &mut Value, pointer: &str, more: u64) {
    let number = value.pointer_mut(pointer).unwrap();
    *number = json!(number.as_u64().unwrap() + more);
}

/// The chunk of this part's first rows.
fn chunk<'a>(manifest: &'a mut Value, part: &str) -> &'a mut Value {
    let chunks = manifest["chunks"].as_array_mut().unwrap();
    chunks.iter_mut().find(|chunk| chunk["part"] == part).unwrap()
}

fn swap(value: &mut Value, one: &str, other: &str) {
    let first = value.pointer(one).unwrap().clone();
    let second = std::mem::replace(value.pointer_mut(other).unwrap(), first);
    *value.pointer_mut(one).unwrap() = second;
}

const HARMS: [Harm; 26] = [
    ("sha256", |m| m["artifact"]["sha256"] = json!("0".repeat(64))),
    ("no sha256", |m| m["artifact"]["sha256"] = json!("")),
    ("size", |m| add(m, "/artifact/size", 1)),
    ("raw size", |m| add(m, "/artifact/raw_size", 1)),
    ("codec", |m| m["artifact"]["codec"] = json!("zstd:3")),
    ("unknown codec", |m| m["artifact"]["codec"] = json!("xz")),
    ("file", |m| m["artifact"]["file"] = json!("postgres-other-20260101T000000Z.sql.gz")),
    ("path", |m| m["artifact"]["file"] = json!("../etc/passwd")),
    ("kind", |m| m["kind"] = json!("mysql")),
    ("name", |m| m["name"] = json!("other")),
    ("rows", |m| add(m, "/contents/0/rows", 1)),
    ("bytes", |m| add(m, "/contents/0/bytes", 1)),
    ("checksum", |m| m["contents"][0]["checksum"] = json!("0123456789abcdef")),
    ("checksum's form", |m| m["contents"][0]["checksum"] = json!("x")),
    ("rows of two tables", |m| swap(m, "/contents/0/rows", "/contents/1/rows")),
    ("a table missing", |m| drop(m["contents"].as_array_mut().unwrap().pop())),
    ("offset", |m| add(m, "/chunks/1/offset", 1)),
    ("length", |m| add(m, "/chunks/0/length", 1)),
    ("border", |m| {
        add(m, "/chunks/0/length", 1);
        add(m, "/chunks/1/offset", 1);
        let length = m["chunks"][1]["length"].as_u64().unwrap();
        m["chunks"][1]["length"] = json!(length - 1);
    }),
    ("raw", |m| add(m, "/chunks/0/raw", 1)),
    ("rows of a chunk", |m| add(chunk(m, "data"), "/rows", 1)),
    ("table of a chunk", |m| chunk(m, "data")["content"] = json!(99)),
    ("no chunks", |m| m["chunks"] = json!([])),
    ("two chunks in each other's place", |m| swap(m, "/chunks/0", "/chunks/1")),
    ("unknown key", |m| m["more"] = json!(1)),
    ("unknown key of a chunk", |m| m["chunks"][0]["more"] = json!(1)),
];

struct Case {
    store: Store,
    file: String,
    whole: Vec<u8>,
}

impl Case {
    fn new() -> Self {
        let store = Store::of(&small(), &[]);
        let file = store.artifact();
        let whole = fs::read(store.file(&format!("{file}{MANIFEST}"))).unwrap();
        Self { store, file, whole }
    }

    fn write(&self, manifest: &[u8]) {
        fs::write(self.store.file(&format!("{}{MANIFEST}", self.file)), manifest).unwrap();
    }
}

#[test]
fn every_lie_of_a_manifest_is_found() {
    let case = Case::new();
    let target = empty();
    for (what, harm) in HARMS {
        let mut manifest: Value = serde_json::from_slice(&case.whole).unwrap();
        harm(&mut manifest);
        let harmed = serde_json::to_vec(&manifest).unwrap();
        assert_ne!(serde_json::from_slice::<Value>(&case.whole).unwrap(), manifest, "{what}");
        case.write(&harmed);
        let ran = case.store.run("verify", &[&case.file]);
        assert_eq!(ran.code, 3, "{what}:\n{}", ran.stderr);
        assert!(ran.stderr.contains(&case.file), "{what}:\n{}", ran.stderr);
        let url = format!("{}/postgres", target.server().server_url());
        // The rows of a chunk are for whoever reads it alone: a drill counts those of tables.
        if what == "rows of a chunk" {
            continue;
        }
        let drill = case.store.run("verify", &[&case.file, "--restore-to", &url]);
        assert_eq!(drill.code, 3, "drill, {what}:\n{}", drill.stderr);
    }
}

#[test]
fn what_is_not_a_whole_manifest_is_unreadable() {
    let case = Case::new();
    let target = empty();
    for length in dense(3, case.whole.len() - 1, 24) {
        case.write(&Damage::Cut(length).to(&case.whole));
        // The line end alone says nothing.
        if case.whole[length..].trim_ascii().is_empty() {
            continue;
        }
        expect(&case.store.run("verify", &[&case.file]), 3, &[&case.file]);
        let listed = case.store.list();
        assert_eq!((listed.code, listed.unreadable.len(), listed.sound.len()), (4, 1, 0));
        expect(&case.store.restore(&case.file, &target), 3, &[&case.file]);
    }
    assert_eq!(target.psql("SELECT count(*) FROM pg_class WHERE oid >= 16384").trim(), "0");
}

/// A flipped bit in a blank or a date changes nothing of what is restored; all else is found, and
/// nothing makes the program fall over.
#[test]
fn no_flipped_bit_of_a_manifest_is_a_crash() {
    let case = Case::new();
    let mut found = 0;
    let flips = dense(4, case.whole.len(), 250);
    for at in &flips {
        case.write(&Damage::Flip { at: *at, bit: 1 }.to(&case.whole));
        let ran = case.store.run("verify", &[&case.file]);
        assert!([0, 2, 3].contains(&ran.code), "byte {at}: {}\n{}", ran.code, ran.stderr);
        assert!(!ran.stderr.contains("panic"), "byte {at}:\n{}", ran.stderr);
        found += usize::from(ran.code != 0);
    }
    assert!(found > flips.len() / 2, "only {found} of {} were found", flips.len());
}

/// It is no damage to be of a later version, and no retry helps.
#[test]
fn a_later_format_asks_for_a_later_version() {
    let case = Case::new();
    let text = String::from_utf8(case.whole.clone()).unwrap();
    case.write(text.replace("nightshift.backup/v1", "nightshift.backup/v2").as_bytes());
    let ran = case.store.run("verify", &[&case.file]);
    assert_ne!(ran.code, 0);
    assert!(ran.stderr.contains("use a later version"), "{}", ran.stderr);
}

#[test]
fn an_artifact_without_manifest_is_no_backup() {
    let case = Case::new();
    fs::remove_file(case.store.file(&format!("{}{MANIFEST}", case.file))).unwrap();
    let listed = case.store.list();
    assert_eq!((listed.code, listed.orphans), (0, vec![case.file.clone()]));
    expect(&case.store.run("verify", &["latest"]), 2, &["no postgres backup"]);
}

#[test]
fn a_manifest_without_artifact_is_damage() {
    let case = Case::new();
    fs::remove_file(case.store.file(&case.file)).unwrap();
    let listed = case.store.list();
    assert_eq!((listed.code, listed.damaged), (4, vec![case.file.clone()]));
    expect(&case.store.run("verify", &[&case.file]), 3, &[&case.file, "missing"]);
}
