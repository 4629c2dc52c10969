//! Encrypted artifacts: read back by the run that wrote them, by their identity, and by age itself.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use backup::age::{EXTENSION, Opener, Plain, Recipients};
use backup::codec::{Codec, Decompressor};
use backup::manifest::{Manifest, Tally};
use backup::name::Name;
use backup::readback::{Expected, readback};
use backup::writer::{Facts, Writer};
use std::path::{Path, PathBuf};
use std::process::Command;
use storage::Store;
use task::Exit;
use tempfile::TempDir;
use testkit::{Damage, dense, installed, run};

struct Keys {
    folder: TempDir,
}

impl Keys {
    fn new() -> Self {
        let keys = Self { folder: TempDir::new().unwrap() };
        for name in ["ours", "theirs", "strangers"] {
            run(Command::new(installed("s3/age-keygen")).arg("-o").arg(keys.identity(name))).ok();
        }
        keys
    }

    fn identity(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn recipient(&self, name: &str) -> String {
        let mut keygen = Command::new(installed("s3/age-keygen"));
        run(keygen.arg("-y").arg(self.identity(name))).ok().trim().to_owned()
    }

    fn opener(&self, name: &str) -> Opener {
        Opener::read(&[self.identity(name)]).unwrap().unwrap()
    }
}

/// Lines that do not compress to nothing.
fn lines(count: u64) -> Vec<u8> {
    (0..count)
        .flat_map(|n| format!("{n} {:x}\n", n.wrapping_mul(0x9E37_79B9_7F4A_7C15)).into_bytes())
        .collect()
}

#[expect(clippy::unnecessary_wraps, reason = "it stands for a check that can fail")]
fn check(_: &backup::manifest::Chunk, raw: &[u8]) -> task::Result<Tally> {
    let mut tally = Tally::default();
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        tally.row(&line[..line.len() - 1]);
    }
    Ok(tally)
}

/// An artifact of so many members, read back by the run itself.
async fn artifact(
    folder: &Path,
    keys: &Keys,
    codec: Codec,
    members: u64,
) -> (Store, Manifest, Vec<u8>) {
    let store = Store::directory(folder).await.unwrap();
    let recipients = [keys.recipient("ours"), keys.recipient("theirs")];
    let recipients = Recipients::read(&recipients, None).unwrap();
    let time = "2026-11-20T02:00:00Z".parse().unwrap();
    let name = Name::new("postgres", "shop", time, "sql").unwrap();
    let writer =
        Writer::create(std::slice::from_ref(&store), name, codec, &recipients).await.unwrap();
    let content = writer.content("t".to_owned());
    let mut whole = Vec::new();
    for member in 0..members {
        let raw = lines(500 + member * 97);
        whole.extend_from_slice(&raw);
        let chunk = backup::manifest::Chunk {
            offset: 0,
            length: 1,
            raw: 0,
            part: String::new(),
            content: None,
            rows: 0,
        };
        let tally = check(&chunk, &raw).unwrap();
        writer.member("data", Some(content), tally, raw).await.unwrap();
    }
    let written = writer.seal().await.unwrap();
    readback(&written.copies()[0], &written, 2, check, |_| {}).await.unwrap();
    let facts = Facts {
        parent: None,
        started: time,
        tool: "test".to_owned(),
        server: None,
        verified: true,
        properties: std::collections::BTreeMap::new(),
    };
    let manifest = written.commit(facts).await.unwrap();
    (store, manifest, whole)
}

async fn verify(store: &Store, manifest: &Manifest, opener: &Opener) -> task::Result<()> {
    let source = (store, manifest.artifact.file.as_str());
    readback(&source, Expected::of(manifest, Some(opener)), 2, check, |_| {}).await
}

#[tokio::test]
async fn age_itself_opens_what_we_wrote_and_we_read_it_back() {
    let keys = Keys::new();
    // Less than a piece; several; one whose last piece is nearly empty.
    for (codec, members) in
        [(Codec::Gzip(6), 1), (Codec::Zstd(3), 40), (Codec::None, 9), (Codec::Gzip(1), 120)]
    {
        let folder = TempDir::new().unwrap();
        let (store, manifest, whole) = artifact(folder.path(), &keys, codec, members).await;
        let artifact = &manifest.artifact;
        assert!(artifact.file.ends_with(EXTENSION), "{}", artifact.file);
        assert_eq!(artifact.recipients, [keys.recipient("ours"), keys.recipient("theirs")]);
        assert_eq!(
            std::fs::metadata(folder.path().join(&artifact.file)).unwrap().len(),
            artifact.size
        );
        for name in ["ours", "theirs"] {
            let mut age = Command::new(installed("s3/age"));
            age.args(["-d", "-i"])
                .arg(keys.identity(name))
                .arg("-o")
                .arg(folder.path().join("plain"));
            run(age.arg(folder.path().join(&artifact.file))).ok();
            let plain = std::fs::read(folder.path().join("plain")).unwrap();
            assert_eq!(Some(plain.len() as u64), artifact.compressed_size);
            let mut text = Vec::new();
            Decompressor::new(codec)
                .unwrap()
                .members(&plain, &mut Vec::new(), |raw| {
                    text.extend_from_slice(raw);
                    Ok(())
                })
                .unwrap();
            assert!(text == whole, "{codec} {members}");
            verify(&store, &manifest, &keys.opener(name)).await.unwrap();

            // Anywhere: at borders of pieces, across them, at the end.
            let reader = Plain::new(&store, artifact, Some(&keys.opener(name))).unwrap();
            let size = plain.len();
            for offset in [0, 1, 65_535, 65_536, 65_537, 131_072, size.saturating_sub(1), size] {
                for length in [0, 1, 100, 65_536, 70_000, 1 << 20] {
                    let wanted = &plain[offset.min(size)..(offset + length).min(size)];
                    if offset > size {
                        continue;
                    }
                    let read = reader.read(offset as u64, length).await.unwrap();
                    assert!(read == wanted, "{length} at {offset} of {size}");
                }
            }
        }
        std::fs::remove_file(folder.path().join("plain")).unwrap();
    }
}

#[tokio::test]
async fn a_strangers_identity_is_wrong_use_and_damage_is_damage() {
    let (keys, folder) = (Keys::new(), TempDir::new().unwrap());
    let (store, manifest, _) = artifact(folder.path(), &keys, Codec::Gzip(6), 30).await;
    let path = folder.path().join(&manifest.artifact.file);
    let error = verify(&store, &manifest, &keys.opener("strangers")).await.unwrap_err();
    assert_eq!(error.exit(), Exit::Usage, "{error:#}");
    assert!(format!("{error:#}").contains("AGE_IDENTITY_FILE"), "{error:#}");
    let error = Plain::new(&store, &manifest.artifact, None).unwrap_err();
    assert_eq!(error.exit(), Exit::Usage, "{error:#}");

    let whole = std::fs::read(&path).unwrap();
    let length = whole.len();
    let mut damages: Vec<Damage> =
        dense(7, length, 200).into_iter().map(|at| Damage::Flip { at, bit: 5 }).collect();
    damages.extend(dense(8, length, 60).into_iter().map(Damage::Cut));
    damages.push(Damage::Append(b"more".to_vec()));
    // Two pieces of the stream in each other's place.
    let head = length - (length / 65_552) * 65_552;
    damages.push(Damage::Swap(head..head + 65_552, head + 65_552..head + 2 * 65_552));
    let opener = keys.opener("ours");
    for damage in damages {
        std::fs::write(&path, damage.to(&whole)).unwrap();
        let error = verify(&store, &manifest, &opener).await.unwrap_err();
        assert_eq!(error.exit(), Exit::Integrity, "{damage:?}: {error:#}");
    }
}

#[test]
fn recipients_and_identities_that_are_none_are_refused_without_being_shown() {
    let keys = Keys::new();
    let ours = keys.recipient("ours");
    let secret = std::fs::read_to_string(keys.identity("ours")).unwrap();
    let secret = secret.lines().find(|line| line.starts_with("AGE-SECRET-KEY")).unwrap();
    let error = Recipients::read(&[secret.to_owned()], None).unwrap_err();
    assert_eq!(error.exit(), Exit::Usage);
    assert!(!format!("{error:#}").contains(secret) && error.to_string().contains("ENCRYPT_TO"));

    let file = keys.identity("recipients");
    std::fs::write(&file, format!("# ours\n{ours}\n\n{ours}\n")).unwrap();
    assert_eq!(Recipients::read(&[], Some(&file)).unwrap().names(), std::slice::from_ref(&ours));
    std::fs::write(&file, "# nobody\n").unwrap();
    Recipients::read(&[], Some(&file)).unwrap_err();
    let error = Opener::read(&[file]).unwrap_err();
    assert_eq!(error.exit(), Exit::Usage, "{error:#}");
    assert!(Opener::read(&[]).unwrap().is_none());
    assert!(Recipients::read(&[String::new()], None).unwrap().is_empty());
}
