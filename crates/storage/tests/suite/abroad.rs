//! What a bucket has that a directory has not: prefixes, pages, neighbours, classes, checksums.

use crate::behaviour::{noise, write};
use crate::kinds::{Place, WAIT, on_servers, settings};
use bytes::Bytes;
use storage::{Checksums, S3Settings, Sse, Store};
use task::{Exit, Task};
use testkit::run;

on_servers! {
    a_prefix_is_the_same_with_and_without_a_slash
    what_lies_deeper_or_beside_is_not_listed
    a_list_of_several_pages_is_whole
    prefixes_may_have_odd_characters
    checksums_of_s3_are_sent_when_asked_for
    parts_have_the_size_that_is_given
    several_files_are_written_at_once
}

async fn a_prefix_is_the_same_with_and_without_a_slash(place: Place) {
    let url = format!("s3://{}/some/place/", place.bucket);
    place.store.put("a", Bytes::from_static(b"x")).await.unwrap();
    let other = place.open(&url).await;
    assert_eq!(other.get("a").await.unwrap(), "x");
    assert_eq!(other.location("a"), place.store.location("a"));
    let root = place.open(&format!("s3://{}", place.bucket)).await;
    root.put("b", Bytes::from_static(b"y")).await.unwrap();
    assert_eq!(root.list().await.unwrap().len(), 1);
    assert_eq!(place.server().keys(&place.bucket, ""), ["b", "some/place/a"]);
}

async fn what_lies_deeper_or_beside_is_not_listed(place: Place) {
    let keys =
        ["some/place2/a", "some/placeb", "some/place/deep/c", "some/place/x y", "some/place/"];
    for key in keys {
        place.server().put(&place.bucket, key, b"");
    }
    let listed = place.store.list().await.unwrap();
    assert_eq!(listed.iter().map(|one| &one.name).collect::<Vec<_>>(), ["x y"]);
}

async fn a_list_of_several_pages_is_whole(place: Place) {
    let mut putting = tokio::task::JoinSet::new();
    for number in 0..1007 {
        let store = place.store.clone();
        putting.spawn(async move {
            store.put(&format!("n{number:04}"), Bytes::from_static(b"x")).await.unwrap();
        });
        if putting.len() >= 16 {
            putting.join_next().await.unwrap().unwrap();
        }
    }
    putting.join_all().await;
    let listed = place.store.list().await.unwrap();
    assert_eq!(listed.len(), 1007);
    assert!(listed.iter().enumerate().all(|(n, one)| one.name == format!("n{n:04}")));
}

async fn prefixes_may_have_odd_characters(place: Place) {
    for prefix in ["ü ber/a+b", "100%/%20", "a&b=c?d#e", "(x)'\"!*$,;:@"] {
        let store = place.open(&format!("s3://{}/{prefix}", place.bucket)).await;
        let sealed = write(&store, "a", &noise(6 << 20)).await;
        sealed.commit_beside("a.m", Bytes::from_static(b"{}")).await.unwrap();
        store.rename("a.m", "b.m").await.unwrap();
        let listed = store.list().await.unwrap();
        assert_eq!(listed.iter().map(|one| &one.name).collect::<Vec<_>>(), ["a", "b.m"]);
        let keys = place.server().keys(&place.bucket, &format!("{prefix}/"));
        assert_eq!(keys, [format!("{prefix}/a"), format!("{prefix}/b.m")]);
    }
}

async fn with(place: &Place, change: impl FnOnce(&mut S3Settings)) -> Store {
    let mut settings = settings(place.server());
    change(&mut settings);
    let task = Task::standalone(false, WAIT);
    Store::open(&task, &format!("s3://{}/some/place", place.bucket), &settings).await.unwrap()
}

async fn checksums_of_s3_are_sent_when_asked_for(place: Place) {
    let store = with(&place, |settings| {
        settings.s3_request_checksums = Some(Checksums::WhenSupported);
        settings.s3_response_checksums = Some(Checksums::WhenSupported);
    })
    .await;
    for size in [1000, 11 << 20] {
        let (name, bytes) = (format!("of-{size}"), noise(size));
        let sealed = write(&store, &name, &bytes).await;
        assert_eq!(sealed.read(0, size).await.unwrap(), bytes);
        sealed.commit().await.unwrap();
        let mut head = place.server().aws();
        head.args(["s3api", "head-object", "--checksum-mode", "ENABLED", "--bucket"]);
        let head = run(head.args([&place.bucket, "--key", &format!("some/place/{name}")])).ok();
        assert!(head.contains("ChecksumCRC32"), "{head}");
    }
}

async fn parts_have_the_size_that_is_given(place: Place) {
    let store = with(&place, |settings| {
        settings.s3_part_size = Some(7);
        settings.s3_sse = Some(Sse::Aes256);
    })
    .await;
    let (whole, key) = (noise(15 << 20), "some/place/a");
    let ended = write(&store, "a", &whole).await.commit().await;
    ended.unwrap();
    assert!(place.seen("a") == whole);
    let mut head = place.server().aws();
    head.args(["s3api", "head-object", "--bucket", &place.bucket, "--key", key]);
    let head = run(&mut head).ok();
    assert!(head.contains("-3\\\""), "an ETag of three parts: {head}");
}

async fn several_files_are_written_at_once(place: Place) {
    let mut writing = tokio::task::JoinSet::new();
    for number in 0..4 {
        let store = place.store.clone();
        writing.spawn(async move {
            write(&store, &format!("n{number}"), &noise(6 << 20)).await.commit().await
        });
    }
    for ended in writing.join_all().await {
        ended.unwrap();
    }
    assert_eq!(place.all().await, ["n0", "n1", "n2", "n3"]);
    let error = place.store.create("n0").await.unwrap_err();
    assert_eq!(error.exit(), Exit::Failed);
}
