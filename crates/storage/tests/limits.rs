//! Disks that are full, read-only or not ours. Mounts small file systems, so it wants root.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use bytes::Bytes;
use std::path::Path;
use std::process::Command;
use storage::Store;
use task::Exit;
use tempfile::TempDir;

/// A file system of its own, unmounted when dropped.
struct Mount(TempDir);

impl Mount {
    fn new(options: &str) -> Self {
        let mount = Self(TempDir::new().unwrap());
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(mount.path());
        assert!(command.status().unwrap().success(), "mount a tmpfs: run the tests as root");
        mount
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        Command::new("umount").arg(self.path()).status().unwrap();
    }
}

#[tokio::test]
async fn a_full_disk_is_named_and_leaves_nothing() {
    let mount = Mount::new("size=1m");
    let store = Store::directory(mount.path()).await.unwrap();
    store.put("before", Bytes::from_static(b"good")).await.unwrap();

    let mut upload = store.create("big").await.unwrap();
    let error = loop {
        if let Err(error) = upload.write(Bytes::from(vec![7; 256 << 10])).await {
            break error;
        }
    };
    assert_eq!(error.exit(), Exit::Failed);
    assert!(error.to_string().contains("no space left"), "{error:#}");
    assert!(error.to_string().contains("big"), "{error:#}");
    // What is torn can be neither continued nor sealed.
    upload.write(Bytes::from_static(b"x")).await.unwrap_err();
    upload.seal().await.unwrap_err();

    let error = store.put("before", Bytes::from(vec![7; 2 << 20])).await.unwrap_err();
    assert_eq!(error.exit(), Exit::Failed);
    assert_eq!(store.get("before").await.unwrap(), "good");
    let names: Vec<_> =
        std::fs::read_dir(mount.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["before"]);

    // Room can be made where nothing can be written.
    let mut filler = store.create("filler").await.unwrap();
    while filler.write(Bytes::from(vec![7; 4 << 10])).await.is_ok() {}
    store.rename("before", "after").await.unwrap();
    store.delete("after").await.unwrap();
}

#[tokio::test]
async fn a_disk_mounted_read_only_can_be_listed_but_not_written() {
    let mount = Mount::new("size=1m");
    std::fs::write(mount.path().join("a"), "x").unwrap();
    let remount = Command::new("mount").args(["-o", "remount,ro"]).arg(mount.path()).status();
    assert!(remount.unwrap().success());

    let store = Store::directory(mount.path()).await.unwrap();
    assert_eq!(store.get("a").await.unwrap(), "x");
    for error in [
        store.writable().await.unwrap_err(),
        store.create("b").await.unwrap_err(),
        store.delete("a").await.unwrap_err(),
    ] {
        assert_eq!(error.exit(), Exit::Usage);
        assert!(error.to_string().contains("read-only"), "{error:#}");
    }
}
