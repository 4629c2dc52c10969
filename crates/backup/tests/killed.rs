//! A run that is killed at any moment leaves nothing that is listed and not whole, and does not
//! keep the next run from succeeding.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test, without the harness")]

use backup::age::Recipients;
use backup::catalog::list;
use backup::codec::Codec;
use backup::manifest::{Chunk, Tally};
use backup::name::Name;
use backup::readback::readback;
use backup::writer::{Facts, Writer};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use storage::Store;
use tempfile::TempDir;

const PLACE: &str = "KILLED_STORE";

#[tokio::main]
async fn main() {
    match std::env::var(PLACE) {
        Ok(place) => backups_without_end(&place).await,
        Err(_) => kill_at_many_moments().await,
    }
}

fn step(what: &str) {
    println!("{what}");
    std::io::stdout().flush().unwrap();
}

async fn one(store: &Store, started: Timestamp) {
    let name = Name::new("postgres", "shop", started, "sql").unwrap();
    let writer =
        Writer::create(std::slice::from_ref(store), name, Codec::Gzip(1), &Recipients::default())
            .await
            .unwrap();
    let content = writer.content("public.t".into());
    for member in 0..3 {
        let mut tally = Tally::default();
        let line = format!("row {member} of {started}");
        tally.row(line.as_bytes());
        let text = format!("{line}\n").into_bytes();
        writer.member("data", Some(content), tally, text).await.unwrap();
        step("member");
    }
    let written = writer.seal().await.unwrap();
    step("sealed");
    let facts = Facts {
        parent: None,
        started,
        tool: "test 0".into(),
        server: None,
        verified: true,
        properties: BTreeMap::new(),
    };
    written.commit(facts).await.unwrap();
    step("committed");
}

async fn backups_without_end(place: &str) {
    let store = Store::directory(place).await.unwrap();
    let mut started = Timestamp::now() - SignedDuration::from_hours(24 * 365);
    loop {
        one(&store, started).await;
        started += SignedDuration::from_secs(1);
    }
}

#[expect(clippy::unnecessary_wraps, reason = "as `readback` wants it")]
fn check(_: &Chunk, raw: &[u8]) -> task::Result<Tally> {
    let mut tally = Tally::default();
    tally.row(raw.strip_suffix(b"\n").unwrap());
    Ok(tally)
}

async fn kill_at_many_moments() {
    let mut listed = 0;
    for moment in 1..=60 {
        let folder = TempDir::new().unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .env(PLACE, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // By its steps, and so, as it goes on meanwhile, somewhere within the one after.
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert_eq!(lines.map_while(Result::ok).take(moment).count(), moment);
        child.kill().unwrap();
        child.wait().unwrap();

        let store = Store::directory(folder.path()).await.unwrap();
        let catalog = list(&store, &[], None).await.unwrap();
        assert!(catalog.unreadable.is_empty(), "after {moment} steps: {catalog:?}");
        assert!(catalog.backups.len() >= moment / 5, "what was reported is there: {catalog:?}");
        for backup in &catalog.backups {
            assert!(backup.proven(), "after {moment} steps: {backup:?}");
            let json = store.get(&backup.manifest()).await.unwrap();
            let manifest = backup::manifest::Manifest::parse(&backup.manifest(), &json).unwrap();
            let source = (&store, manifest.artifact.file.as_str());
            readback(&source, &manifest, 1, check, |_| ()).await.unwrap();
        }
        listed += catalog.backups.len();
        one(&store, Timestamp::now()).await;
        let after = list(&store, &[], None).await.unwrap();
        assert_eq!(after.backups.len(), catalog.backups.len() + 1);
    }
    assert!(listed > 60, "backups were made at all: {listed}");
    println!("killed at 60 moments, {listed} backups read back");
}
