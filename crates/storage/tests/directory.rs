//! A directory as a store: nothing is visible before it is whole, and nothing else is touched.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use bytes::Bytes;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, SystemTime};
use storage::Store;
use task::Exit;
use tempfile::TempDir;

async fn store() -> (TempDir, Store) {
    let folder = TempDir::new().unwrap();
    let store = Store::directory(folder.path()).await.unwrap();
    (folder, store)
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_file_appears_whole_and_only_when_committed() {
    let (folder, store) = store().await;
    let mut upload = store.create("a.gz").await.unwrap();
    upload.write(Bytes::from_static(b"hello ")).await.unwrap();
    upload.write(Bytes::from_static(b"world")).await.unwrap();
    let sealed = upload.seal().await.unwrap();
    assert_eq!(sealed.read(0, 100).await.unwrap(), "hello world");
    assert_eq!(sealed.read(6, 3).await.unwrap(), "wor");
    assert_eq!(sealed.read(11, 3).await.unwrap(), "");
    assert_eq!(files(folder.path()), [".a.gz.partial"]);
    assert!(store.list().await.unwrap().is_empty());

    sealed.commit().await.unwrap();
    assert_eq!(files(folder.path()), ["a.gz"]);
    let listed = store.list().await.unwrap();
    assert_eq!((listed[0].name.as_str(), listed[0].size), ("a.gz", 11));
    assert!(listed[0].modified.elapsed().unwrap() < Duration::from_mins(1));
    assert_eq!(store.get("a.gz").await.unwrap(), "hello world");
    assert_eq!(store.read("a.gz", 6, 100).await.unwrap(), "world");
    let mode = folder.path().join("a.gz").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "only its owner may read a backup");
}

#[tokio::test]
async fn dropping_an_upload_or_a_sealed_file_removes_it() {
    let (folder, store) = store().await;
    let mut upload = store.create("a").await.unwrap();
    upload.write(Bytes::from_static(b"x")).await.unwrap();
    drop(upload);
    assert!(files(folder.path()).is_empty());

    let sealed = store.create("a").await.unwrap().seal().await.unwrap();
    assert_eq!(files(folder.path()), [".a.partial"]);
    drop(sealed);
    assert!(files(folder.path()).is_empty());
}

#[tokio::test]
async fn a_name_that_is_taken_is_not_overwritten() {
    let (folder, store) = store().await;
    let sealed = store.create("a").await.unwrap().seal().await.unwrap();
    std::fs::write(folder.path().join("a"), "someone else's").unwrap();
    let error = sealed.commit().await.unwrap_err();
    assert_eq!(error.exit(), Exit::Failed);
    assert!(error.to_string().contains("is there already"), "{error}");
    assert_eq!(files(folder.path()), ["a"]);
    assert_eq!(store.get("a").await.unwrap(), "someone else's");
}

#[tokio::test]
async fn one_name_is_written_by_one_run_at_a_time() {
    let (_folder, store) = store().await;
    let first = store.create("a").await.unwrap();
    let error = store.create("a").await.unwrap_err();
    assert_eq!(error.exit(), Exit::Failed);
    first.seal().await.unwrap().commit().await.unwrap();
}

#[tokio::test]
async fn put_replaces_at_once_and_delete_may_be_repeated() {
    let (folder, store) = store().await;
    store.put("m.json", Bytes::from_static(b"one")).await.unwrap();
    store.put("m.json", Bytes::from_static(b"two")).await.unwrap();
    assert_eq!(store.get("m.json").await.unwrap(), "two");
    store.rename("m.json", "n.json").await.unwrap();
    assert_eq!(files(folder.path()), ["n.json"]);
    store.delete("n.json").await.unwrap();
    store.delete("n.json").await.unwrap();
    assert!(files(folder.path()).is_empty());
}

#[tokio::test]
async fn a_symbolic_link_is_not_followed() {
    let (folder, store) = store().await;
    let secret = TempDir::new().unwrap();
    let outside = secret.path().join("outside");
    std::fs::write(&outside, "secret").unwrap();
    symlink(&outside, folder.path().join("a")).unwrap();

    for error in [
        store.get("a").await.unwrap_err(),
        store.read("a", 0, 10).await.unwrap_err(),
        store.create("a").await.unwrap().seal().await.unwrap().commit().await.unwrap_err(),
    ] {
        assert!(!format!("{error:#}").contains("secret"));
    }
    assert_eq!(store.get("a").await.unwrap_err().exit(), Exit::Usage);
    assert!(store.list().await.unwrap().is_empty(), "a link is no file of ours");

    // A replacement takes the link's place and leaves what it pointed at.
    store.put("a", Bytes::from_static(b"ours")).await.unwrap();
    assert_eq!(std::fs::read_to_string(&outside).unwrap(), "secret");

    symlink(&outside, folder.path().join(".b.partial")).unwrap();
    store.create("b").await.unwrap_err();
    store.put("b", Bytes::from_static(b"ours")).await.unwrap_err();
    assert_eq!(std::fs::read_to_string(&outside).unwrap(), "secret");
}

#[tokio::test]
async fn no_name_reaches_outside() {
    let (_folder, store) = store().await;
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
    let long = "a".repeat(300);
    assert_eq!(store.create(&long).await.unwrap_err().exit(), Exit::Usage);
}

#[tokio::test]
async fn sweep_removes_only_old_leftovers_of_ours_that_no_one_holds() {
    let (folder, store) = store().await;
    let day = Duration::from_hours(24);
    let old = SystemTime::now() - day * 2;
    let age = |name: &str| {
        let file = std::fs::File::options().write(true).open(folder.path().join(name)).unwrap();
        file.set_modified(old).unwrap();
    };
    for name in [".mine-1.partial", ".mine-2.partial", ".other.partial", "mine-3", ".partial"] {
        std::fs::write(folder.path().join(name), "x").unwrap();
        age(name);
    }
    std::fs::write(folder.path().join(".mine-young.partial"), "x").unwrap();
    let held = store.create("mine-slow").await.unwrap();
    age(".mine-slow.partial");

    let swept = store.sweep(|name| name.starts_with("mine-"), day).await.unwrap();
    assert_eq!(swept, ["mine-1", "mine-2"]);
    assert_eq!(
        files(folder.path()),
        [".mine-slow.partial", ".mine-young.partial", ".other.partial", ".partial", "mine-3"]
    );
    held.seal().await.unwrap().commit().await.unwrap();
}

#[tokio::test]
async fn a_store_that_cannot_be_used_says_what_to_do() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let missing = folder.path().join("missing");
    for path in [&file, &missing] {
        let error = Store::directory(path).await.unwrap_err();
        assert_eq!(error.exit(), Exit::Usage);
        assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
        assert!(error.to_string().contains("name "), "{error}");
    }
}
