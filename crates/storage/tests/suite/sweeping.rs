//! What a killed run leaves, and what the next one makes of it.

use crate::behaviour::{noise, write};
use crate::kinds::{Kind, Place, on_servers};
use bytes::Bytes;
use std::time::Duration;
use testkit::run;

on_servers! {
    what_a_killed_run_left_is_removed_and_nothing_else
    what_is_young_may_still_be_at_work
    a_finished_file_stays_though_its_marker_was_left
    anothers_object_under_our_name_stays
    an_upload_without_a_marker_is_found
}

const NOW: Duration = Duration::ZERO;
const DAY: Duration = Duration::from_hours(24);

fn mine(name: &str) -> bool {
    name.starts_with("mine-")
}

/// As SIGKILL does it.
async fn killed_while_writing(place: &Place, name: &str) {
    let mut upload = place.store.create(name).await.unwrap();
    upload.write(noise(6 << 20)).await.unwrap();
    // What the kill would stop ends by itself here.
    std::mem::forget(upload);
    let server = place.server();
    while server.uploads(&place.bucket).is_empty() {}
}

async fn what_a_killed_run_left_is_removed_and_nothing_else(place: Place) {
    killed_while_writing(&place, "mine-1").await;
    std::mem::forget(write(&place.store, "mine-2", &noise(6 << 20)).await);
    std::mem::forget(write(&place.store, "mine-3", &noise(100)).await);
    std::mem::forget(place.store.create("mine-4").await.unwrap());
    std::mem::forget(write(&place.store, "other-1", &noise(100)).await);
    write(&place.store, "mine-5", &noise(100)).await.commit().await.unwrap();
    // Markers have a time of whole seconds.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let swept = place.store.sweep(mine, NOW).await.unwrap();
    assert_eq!(swept, ["mine-1", "mine-2", "mine-3", "mine-4"]);
    assert_eq!(place.all().await, [".other-1.partial", "mine-5", "other-1"]);
    assert_eq!(place.store.sweep(mine, NOW).await.unwrap(), [""; 0]);
}

async fn what_is_young_may_still_be_at_work(place: Place) {
    let mut upload = place.store.create("mine-1").await.unwrap();
    upload.write(noise(6 << 20)).await.unwrap();
    let sealed = write(&place.store, "mine-2", &noise(100)).await;
    assert_eq!(place.store.sweep(mine, DAY).await.unwrap(), [""; 0]);
    upload.seal().await.unwrap().commit().await.unwrap();
    sealed.commit().await.unwrap();
    assert_eq!(place.all().await, ["mine-1", "mine-2"]);
}

/// Killed after the manifest was put, and before the marker was taken away.
async fn a_finished_file_stays_though_its_marker_was_left(place: Place) {
    std::mem::forget(write(&place.store, "mine-1", &noise(100)).await);
    place.store.put("mine-1.manifest.json", Bytes::from_static(b"{}")).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(place.store.sweep(mine, NOW).await.unwrap(), ["mine-1"]);
    assert_eq!(place.all().await, ["mine-1", "mine-1.manifest.json"]);
}

async fn anothers_object_under_our_name_stays(place: Place) {
    std::mem::forget(place.store.create("mine-1").await.unwrap());
    place.put("mine-1", b"someone else's");
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(place.store.sweep(mine, NOW).await.unwrap(), ["mine-1"]);
    assert_eq!(place.all().await, ["mine-1"]);
    assert_eq!(place.seen("mine-1"), b"someone else's");
}

async fn an_upload_without_a_marker_is_found(place: Place) {
    for name in ["mine-1", "other-1"] {
        let key = format!("some/place/{name}");
        let mut begin = place.server().aws();
        begin.args(["s3api", "create-multipart-upload", "--bucket", &place.bucket, "--key", &key]);
        run(&mut begin).ok();
    }
    // moto says that all uploads were begun in 2010.
    if place.kind != Kind::Moto {
        assert_eq!(place.store.sweep(mine, DAY).await.unwrap(), [""; 0]);
    }
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(place.store.sweep(mine, NOW).await.unwrap(), ["mine-1"]);
    assert_eq!(place.server().uploads(&place.bucket).len(), 1);
}
