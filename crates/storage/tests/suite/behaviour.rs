//! What every store promises.

use crate::kinds::{Kind, Place, everywhere};
use bytes::Bytes;
use storage::Store;
use task::Exit;

everywhere! {
    a_file_is_what_was_written
    a_large_file_is_what_was_written
    what_is_dropped_leaves_nothing
    a_name_that_is_taken_is_not_overwritten
    one_name_is_written_by_one_run_at_a_time
    a_file_and_what_lies_beside_it_come_together
    put_replaces_and_delete_may_be_repeated
    every_name_that_is_a_file_name_can_be_used
    no_name_reaches_outside
    it_says_early_that_it_can_be_written
}

/// Nothing that compresses, nothing that repeats.
pub(crate) fn noise(length: usize) -> Bytes {
    let mut bytes = vec![0; length];
    fastrand::Rng::with_seed(length as u64).fill(&mut bytes);
    bytes.into()
}

pub(crate) async fn write(store: &Store, name: &str, bytes: &Bytes) -> storage::Sealed {
    let mut upload = store.create(name).await.unwrap();
    // Pieces that meet no border of a part.
    for start in (0..bytes.len()).step_by(777_777) {
        let end = bytes.len().min(start + 777_777);
        upload.write(bytes.slice(start..end)).await.unwrap();
    }
    upload.seal().await.unwrap()
}

async fn a_file_is_what_was_written(place: Place) {
    let store = &place.store;
    assert!(store.list().await.unwrap().is_empty());
    let mut upload = store.create("a.gz").await.unwrap();
    upload.write(Bytes::from_static(b"hello ")).await.unwrap();
    upload.write(Bytes::from_static(b"world")).await.unwrap();
    assert!(store.list().await.unwrap().is_empty());
    let sealed = upload.seal().await.unwrap();
    assert!(sealed.location().ends_with("/a.gz"), "{}", sealed.location());
    for (offset, length, wanted) in [
        (0, 100, "hello world"),
        (0, 11, "hello world"),
        (6, 3, "wor"),
        (10, 1, "d"),
        (11, 1, ""),
        (11, 3, ""),
        (100, 3, ""),
        (3, 0, ""),
    ] {
        assert_eq!(sealed.read(offset, length).await.unwrap(), wanted, "{offset} {length}");
    }
    sealed.commit().await.unwrap();
    assert_eq!(place.all().await, ["a.gz"]);
    assert_eq!(place.seen("a.gz"), b"hello world");
    let listed = store.list().await.unwrap();
    assert_eq!((listed[0].name.as_str(), listed[0].size, listed.len()), ("a.gz", 11, 1));
    let age = listed[0].modified.elapsed().unwrap_or_default();
    assert!(age.as_secs() < 120, "{age:?}");
    assert_eq!(store.get("a.gz").await.unwrap(), "hello world");
    assert_eq!(store.read("a.gz", 6, 100).await.unwrap(), "world");
    assert_eq!(store.read("a.gz", 20, 100).await.unwrap(), "");
    for missing in [store.get("b").await, store.read("b", 0, 1).await] {
        let error = missing.unwrap_err();
        assert_eq!(error.exit(), Exit::Failed, "{error:#}");
        assert!(error.to_string().contains("it is not there"), "{error:#}");
    }
}

async fn a_large_file_is_what_was_written(place: Place) {
    // The last part is short; then, all are whole.
    for size in [(5 << 20) - 1, 5 << 20, (23 << 20) + 4711, 20 << 20] {
        let (name, whole) = (format!("of-{size}"), noise(size));
        let sealed = write(&place.store, &name, &whole).await;
        let mut offset = 0;
        while offset < whole.len() {
            let read = sealed.read(offset as u64, 1 << 20).await.unwrap();
            assert_eq!(read, whole.slice(offset..offset + read.len()), "at {offset}");
            offset += read.len();
        }
        assert_eq!(sealed.read(offset as u64, 1).await.unwrap(), "");
        sealed.commit().await.unwrap();
        assert!(place.seen(&name) == whole, "another client reads something else of {size}");
    }
    let sizes: Vec<u64> = place.store.list().await.unwrap().iter().map(|one| one.size).collect();
    assert_eq!(sizes.iter().sum::<u64>(), (53 << 20) + 4710);
    assert_eq!(place.all().await.len(), 4, "{:?}", place.all().await);
}

async fn what_is_dropped_leaves_nothing(place: Place) {
    for size in [0, 1000, 13 << 20] {
        let bytes = noise(size);
        let mut upload = place.store.create("a").await.unwrap();
        upload.write(bytes.clone()).await.unwrap();
        drop(upload);
        assert_eq!(place.all().await, [""; 0], "{size} bytes");
        drop(write(&place.store, "a", &bytes).await);
        assert_eq!(place.all().await, [""; 0], "{size} bytes, sealed");
    }
    // In the middle of completing it, too.
    let mut upload = place.store.create("a").await.unwrap();
    upload.write(noise(11 << 20)).await.unwrap();
    let short = std::time::Duration::from_millis(5);
    let _ = tokio::time::timeout(short, upload.seal()).await;
    // A call on the disk that has begun goes on to its end.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while !place.all().await.is_empty() {
        assert!(std::time::Instant::now() < deadline, "{:?}", place.all().await);
    }
}

async fn a_name_that_is_taken_is_not_overwritten(place: Place) {
    for size in [10, 6 << 20] {
        let mut upload = place.store.create("a").await.unwrap();
        upload.write(noise(size)).await.unwrap();
        place.put("a", b"someone else's");
        // A directory notices when it is to be named, S3 when it is completed.
        let ended = match upload.seal().await {
            Ok(sealed) => sealed.commit().await,
            Err(error) => Err(error),
        };
        let error = ended.unwrap_err();
        assert_eq!(error.exit(), Exit::Failed);
        assert!(error.to_string().contains("is there already"), "{error:#}");
        assert_eq!(place.all().await, ["a"]);
        assert_eq!(place.seen("a"), b"someone else's");
        place.store.delete("a").await.unwrap();
    }
}

async fn one_name_is_written_by_one_run_at_a_time(place: Place) {
    let first = place.store.create("a").await.unwrap();
    let error = place.store.create("a").await.unwrap_err();
    assert_eq!(error.exit(), Exit::Failed);
    assert!(error.to_string().contains(".a.partial is there"), "{error:#}");
    first.seal().await.unwrap().commit().await.unwrap();
    assert_eq!(place.all().await, ["a"]);
}

async fn a_file_and_what_lies_beside_it_come_together(place: Place) {
    let sealed = write(&place.store, "a", &noise(6 << 20)).await;
    sealed.commit_beside("a.manifest.json", Bytes::from_static(b"{}")).await.unwrap();
    assert_eq!(place.all().await, ["a", "a.manifest.json"]);
    assert_eq!(place.seen("a.manifest.json"), b"{}");
}

async fn put_replaces_and_delete_may_be_repeated(place: Place) {
    let store = &place.store;
    store.put("m.json", Bytes::from_static(b"one")).await.unwrap();
    store.put("m.json", Bytes::from_static(b"two")).await.unwrap();
    assert_eq!(store.get("m.json").await.unwrap(), "two");
    store.rename("m.json", "n.json").await.unwrap();
    assert_eq!(place.all().await, ["n.json"]);
    assert_eq!(store.get("n.json").await.unwrap(), "two");
    store.delete("n.json").await.unwrap();
    store.delete("n.json").await.unwrap();
    assert!(place.all().await.is_empty());
}

async fn every_name_that_is_a_file_name_can_be_used(place: Place) {
    let names = [
        "a b",
        "a%20b",
        "a%2Fb",
        "a&b=c",
        "a+b",
        "a?b#c",
        "b'\"<>",
        "c;:@,$!*()~",
        "ü🦀",
        "~",
        "postgres-shop%2Deu-20261120T020000Z.sql.gz",
    ];
    let mut wanted: Vec<String> = names.iter().map(|name| format!("{name}.x")).collect();
    wanted.sort();
    for name in names {
        let bytes = Bytes::from(name.as_bytes());
        let sealed = write(&place.store, name, &bytes).await;
        assert_eq!(sealed.read(0, 1000).await.unwrap(), bytes);
        sealed.commit().await.unwrap();
        place.store.rename(name, &format!("{name}.x")).await.unwrap();
    }
    let listed = place.store.list().await.unwrap();
    assert_eq!(listed.iter().map(|one| one.name.clone()).collect::<Vec<_>>(), wanted);
    assert_eq!(place.all().await, wanted);
    for name in &wanted {
        let content = place.store.get(name).await.unwrap();
        assert_eq!(content, name.strip_suffix(".x").unwrap());
        place.store.delete(name).await.unwrap();
    }
    assert!(place.all().await.is_empty());
}

async fn no_name_reaches_outside(place: Place) {
    let store = &place.store;
    for name in ["", ".", "..", "../a", "a/b", "/etc/passwd", ".hidden", "a\nb", "a\0b"] {
        for error in [
            store.get(name).await.unwrap_err(),
            store.delete(name).await.unwrap_err(),
            store.create(name).await.unwrap_err(),
            store.put(name, Bytes::new()).await.unwrap_err(),
            store.rename("a", name).await.unwrap_err(),
        ] {
            assert_eq!(error.exit(), Exit::Usage, "{name:?}: {error:#}");
        }
    }
}

async fn it_says_early_that_it_can_be_written(place: Place) {
    place.store.writable().await.unwrap();
    assert!(place.all().await.is_empty());
    assert_eq!(place.kind == Kind::Directory, !place.store.location("").starts_with("s3://"));
}
