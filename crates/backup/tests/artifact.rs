//! An artifact's life: written by several workers, read back, damaged in every way, committed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use backup::age::Recipients;
use backup::codec::Codec;
use backup::manifest::{Artifact, Chunk, Content, Manifest, Tally};
use backup::name::Name;
use backup::readback::{Expected, readback, same_bytes};
use backup::writer::{Facts, Writer, Written};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use storage::Store;
use task::{Exit, Result};
use tempfile::TempDir;

async fn store() -> (TempDir, Store) {
    let folder = TempDir::new().unwrap();
    let store = Store::directory(folder.path()).await.unwrap();
    (folder, store)
}

fn name() -> Name {
    Name::new("postgres", "shop", "2026-11-20T02:00:00Z".parse().unwrap(), "sql").unwrap()
}

fn facts() -> Facts {
    Facts {
        parent: None,
        started: "2026-11-20T02:00:00Z".parse().unwrap(),
        tool: "test 0".into(),
        server: None,
        verified: true,
        properties: BTreeMap::new(),
    }
}

fn rows(from: u64, count: u64) -> (Tally, Vec<u8>) {
    let mut tally = Tally::default();
    let mut text = Vec::new();
    for row in from..from + count {
        let line =
            format!("{row}\tcustomer {}\t{}", row % 97, row.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        tally.row(line.as_bytes());
        text.extend_from_slice(line.as_bytes());
        text.push(b'\n');
    }
    (tally, text)
}

/// Counts lines where there are rows.
#[expect(clippy::unnecessary_wraps, reason = "as `readback` wants it")]
fn check(chunk: &Chunk, raw: &[u8]) -> Result<Tally> {
    let mut tally = Tally::default();
    if chunk.content.is_some() {
        for line in raw.split_inclusive(|byte| *byte == b'\n') {
            tally.row(line.strip_suffix(b"\n").unwrap_or(line));
        }
    }
    Ok(tally)
}

/// Two tables from two workers, between statements.
async fn write(store: &Store, codec: Codec, members: u64, rows_each: u64) -> Written {
    let writer = Arc::new(
        Writer::create(std::slice::from_ref(store), name(), codec, &Recipients::default())
            .await
            .unwrap(),
    );
    let tables = [writer.content("public.a".into()), writer.content("public.\"b\nc\"".into())];
    writer.member("pre", None, Tally::default(), b"CREATE TABLE ...;\n".to_vec()).await.unwrap();
    let workers = tables.map(|content| {
        let writer = Arc::clone(&writer);
        tokio::spawn(async move {
            for member in 0..members {
                let (tally, text) =
                    rows(member * rows_each + content as u64 * 1_000_000, rows_each);
                let (start, length) = (text.as_ptr().addr(), text.len());
                let back = writer.member("data", Some(content), tally, text).await.unwrap();
                assert_eq!(
                    (back.as_ptr().addr(), back.len()),
                    (start, length),
                    "the buffer comes back"
                );
            }
        })
    });
    for worker in workers {
        worker.await.unwrap();
    }
    writer.member("post", None, Tally::default(), b"CREATE INDEX ...;\n".to_vec()).await.unwrap();
    Arc::into_inner(writer).unwrap().seal().await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_written_is_read_back_and_becomes_a_backup() {
    for codec in [Codec::Gzip(6), Codec::Zstd(3), Codec::None] {
        let (folder, store) = store().await;
        let written = write(&store, codec, 60, 2000).await;
        assert_eq!(written.contents[0].tally.rows, 120_000);
        let read = AtomicU64::new(0);
        let progress = |bytes| {
            read.fetch_add(bytes, Ordering::Relaxed);
        };
        readback(&written.copies()[0], &written, 2, check, progress).await.unwrap();
        assert_eq!(read.into_inner(), written.artifact.size);
        assert_eq!(written.chunks.first().unwrap().part, "pre");
        assert_eq!(written.chunks.last().unwrap().part, "post");

        let manifest = written.commit(facts()).await.unwrap();
        let file = name().file(codec);
        assert_eq!(manifest.artifact.file, file);
        let json = store.get(&manifest.file()).await.unwrap();
        assert_eq!(Manifest::parse(&manifest.file(), &json).unwrap(), manifest);
        let source = (&store, file.as_str());
        readback(&source, &manifest, 3, check, |_| ()).await.unwrap();
        same_bytes(&source, &manifest.artifact, |_| ()).await.unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}

struct Damage {
    store: Store,
    artifact: Artifact,
    contents: Vec<Content>,
    chunks: Vec<Chunk>,
    good: Vec<u8>,
}

impl Damage {
    async fn new(store: &Store, codec: Codec) -> Self {
        let manifest = write(store, codec, 3, 4).await.commit(facts()).await.unwrap();
        let good = store.get(&manifest.artifact.file).await.unwrap().to_vec();
        let Manifest { artifact, contents, chunks, .. } = manifest;
        Self { store: store.clone(), artifact, contents, chunks, good }
    }

    async fn read(&self, bytes: Vec<u8>, artifact: &Artifact) -> Result<()> {
        std::fs::write(self.store.location("damaged"), bytes).unwrap();
        let (contents, chunks) = (&self.contents, &self.chunks);
        let expected = Expected { artifact, contents, chunks, opener: None };
        let source = (&self.store, "damaged");
        let outcome = readback(&source, expected, 2, check, |_| ()).await;
        if let Err(error) = &outcome {
            assert_eq!(error.exit(), Exit::Integrity, "{error:#}");
            assert!(error.to_string().contains("damaged"), "it names the file: {error:#}");
        }
        outcome
    }

    async fn refused(&self, bytes: Vec<u8>, what: &str) {
        assert!(self.read(bytes, &self.artifact).await.is_err(), "{what}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_flip_cut_and_addition_is_found() {
    let (_folder, store) = store().await;
    for codec in [Codec::Gzip(6), Codec::Zstd(3), Codec::None] {
        let damage = Damage::new(&store, codec).await;
        let good = &damage.good;
        damage.read(good.clone(), &damage.artifact).await.unwrap();
        for at in 0..good.len() {
            let mut bytes = good.clone();
            bytes[at] ^= 1 << (at % 8);
            damage.refused(bytes, &format!("{codec}: byte {at} flipped")).await;
            damage.refused(good[..at].to_vec(), &format!("{codec}: cut at {at}")).await;
        }
        damage.refused([good, &[0][..]].concat(), "one byte more").await;
        damage.refused([&good[..], good].concat(), "twice").await;
        let first = usize::try_from(damage.chunks[0].length).unwrap();
        damage.refused([&good[first..], &good[..first]].concat(), "members swapped").await;
        damage.refused(good[first..].to_vec(), "a member missing").await;
        store.delete(&damage.artifact.file).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn even_under_a_matching_sha256_rows_that_differ_are_found() {
    let (_folder, store) = store().await;
    let damage = Damage::new(&store, Codec::None).await;
    for at in 0..damage.good.len() {
        let chunk = damage.chunks.iter().rev().find(|chunk| chunk.offset <= at as u64).unwrap();
        if chunk.content.is_none() {
            continue;
        }
        let mut bytes = damage.good.clone();
        bytes[at] ^= 1;
        let mut artifact = damage.artifact.clone();
        artifact.sha256 = sha256(&bytes);
        let error = damage.read(bytes, &artifact).await.unwrap_err();
        assert!(error.to_string().contains("public."), "it names the table: {error:#}");
    }
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(bytes).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

#[tokio::test]
async fn nothing_is_left_of_a_writer_that_was_dropped() {
    let (folder, store) = store().await;
    let writer = Writer::create(
        std::slice::from_ref(&store),
        name(),
        Codec::default(),
        &Recipients::default(),
    )
    .await
    .unwrap();
    writer.member("pre", None, Tally::default(), b"x".to_vec()).await.unwrap();
    drop(writer);
    drop(write(&store, Codec::default(), 1, 1).await);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);

    let empty = Writer::create(
        std::slice::from_ref(&store),
        name(),
        Codec::default(),
        &Recipients::default(),
    )
    .await
    .unwrap();
    assert!(empty.seal().await.is_err(), "an empty file is no backup");
}

#[tokio::test]
async fn a_name_that_is_taken_stays_and_gets_no_manifest() {
    let (folder, store) = store().await;
    let written = write(&store, Codec::default(), 1, 1).await;
    let file = written.artifact.file.clone();
    std::fs::write(folder.path().join(&file), "another").unwrap();
    written.commit(facts()).await.unwrap_err();
    assert_eq!(std::fs::read_to_string(folder.path().join(&file)).unwrap(), "another");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn an_artifact_whose_manifest_cannot_be_put_is_removed() {
    let (folder, store) = store().await;
    let written = write(&store, Codec::default(), 1, 1).await;
    // Its temporary name is taken, so that the manifest cannot be written.
    let taken = format!(".{}.manifest.json.partial", written.artifact.file);
    std::fs::write(folder.path().join(taken), "").unwrap();
    written.commit(facts()).await.unwrap_err();
    assert!(store.list().await.unwrap().is_empty());
}

/// What a level promises is gzip's size: also where only some of the members are compressed hard,
/// and where rows change their kind on the way.
#[tokio::test]
async fn many_members_together_have_the_size_that_gzip_gives() {
    const MEMBERS: u64 = 30;
    let mut random = fastrand::Rng::with_seed(1);
    let mut order = |number: u64| {
        let (token, amount) = (random.u128(..), random.u32(..100_000));
        let state = ["new", "paid", "sent", "done"][random.usize(..4)];
        format!("{number}\t{token:032x}\t{state}\t{amount}.00\t{{\"items\": [{}]}}\n", amount % 977)
    };
    let mut random = fastrand::Rng::with_seed(2);
    let mut line = |number: u64| {
        let (client, page, size) = (random.u16(..), random.u16(..900), random.u32(200..60_000));
        let (agent, second) = (random.u8(..40), number / 7);
        format!(
            "10.2.{}.{} - - [01/Jan/2026:{:02}:{:02}:{:02} +0000] \"GET /shop/page/{page}?ref={:x} \
             HTTP/1.1\" 200 {size} \"-\" \"Mozilla/5.0 (X11; Linux x86_64; rv:{agent}.0)\"\n",
            client / 256,
            client % 256,
            second / 3600 % 24,
            second / 60 % 60,
            second % 60,
            random.u32(..)
        )
    };
    let member = |of: &mut dyn FnMut(u64) -> String, start: u64| {
        let mut text = String::new();
        let mut number = start;
        while text.len() < 1 << 20 {
            text.push_str(&of(number));
            number += 1;
        }
        text.into_bytes()
    };
    let orders: Vec<_> = (0..MEMBERS).map(|n| member(&mut order, n * 9000)).collect();
    let lines: Vec<_> = (0..MEMBERS).map(|n| member(&mut line, n * 9000)).collect();
    for members in [&orders, &lines] {
        for level in [1, 6, 9] {
            let (_folder, store) = store().await;
            let writer =
                Writer::create(&[store], name(), Codec::Gzip(level), &Recipients::default())
                    .await
                    .unwrap();
            let content = writer.content("t".to_owned());
            for raw in members {
                let tally = Tally::default();
                writer.member("data", Some(content), tally, raw.clone()).await.unwrap();
            }
            let ours = writer.seal().await.unwrap().artifact.size;
            let gzip = gzip(level, &members.concat());
            assert!(ours * 100 <= gzip * 103, "level {level}: {ours} where gzip has {gzip}");
        }
    }
}

fn gzip(level: u8, text: &[u8]) -> u64 {
    let mut gzip = std::process::Command::new("gzip")
        .args([&format!("-{level}"), "-c"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = gzip.stdin.take().unwrap();
    let text = text.to_vec();
    let writing = std::thread::spawn(move || std::io::Write::write_all(&mut stdin, &text).unwrap());
    let size = gzip.wait_with_output().unwrap().stdout.len();
    writing.join().unwrap();
    size as u64
}
