//! A server on a bad day: what can be tried again is, and what was done is not done twice.

use crate::behaviour::{noise, write};
use crate::kinds::{Kind, Place, WAIT, settings};
use bytes::Bytes;
use std::time::{Duration, Instant};
use storage::Store;
use task::{Exit, Task};
use testkit::{Trouble, Weather};

const STEADY: Duration = Duration::from_secs(1);

/// A store behind the weather.
async fn behind(place: &Place, weather: &Weather, wait: Duration) -> (Task, Store) {
    let mut settings = settings(place.server());
    settings.s3_endpoint_url = Some(place.server().url_at(weather.port()));
    settings.s3_timeout = Some(STEADY);
    let task = Task::standalone(false, wait);
    let url = format!("s3://{}/some/place", place.bucket);
    let store = Store::open(&task, &url, &settings).await.unwrap();
    (task, store)
}

/// All that a backup and its end ask for.
async fn whole_life(place: &Place, store: &Store) {
    store.writable().await.unwrap();
    store.sweep(|_| true, Duration::from_hours(24)).await.unwrap();
    for (name, size) in [("small", 1000), ("large", (23 << 20) + 4711)] {
        let bytes = noise(size);
        let sealed = write(store, name, &bytes).await;
        let mut offset = 0;
        while offset < size {
            let read = sealed.read(offset as u64, 2 << 20).await.unwrap();
            assert!(read == bytes.slice(offset..offset + read.len()), "{name} at {offset}");
            offset += read.len();
        }
        let manifest = format!("{name}.m");
        sealed.commit_beside(&manifest, Bytes::from_static(b"{}")).await.unwrap();
        assert!(place.seen(name) == bytes);
    }
    assert_eq!(store.list().await.unwrap().len(), 4);
    assert_eq!(store.get("large.m").await.unwrap(), "{}");
    store.rename("large.m", "large.p").await.unwrap();
    store.delete("large").await.unwrap();
    store.delete("large.p").await.unwrap();
}

async fn every_fifth_is(trouble: Trouble) {
    let place = Place::new(Kind::Moto).await;
    let weather = Weather::start(place.server().port(), move |number, _| {
        number.is_multiple_of(5).then_some(trouble)
    });
    let (task, store) = behind(&place, &weather, WAIT).await;
    whole_life(&place, &store).await;
    task.cleaned().await;
    assert!(weather.troubled() >= 10, "{} of {}", weather.troubled(), weather.requests());
    let left: Vec<String> = place.all().await;
    // A begin whose answer was lost leaves an upload that only a sweep can find.
    let known = |name: &str| ["small", "small.m"].contains(&name);
    let strays = left.iter().filter(|name| !known(name)).count();
    assert!(strays == 0 || matches!(trouble, Trouble::Lost | Trouble::Torn), "{left:?}");
    place.store.sweep(|_| true, Duration::ZERO).await.unwrap();
    assert_eq!(place.all().await, ["small", "small.m"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fifth_answer_is_an_internal_error() {
    every_fifth_is(Trouble::Answer(500, "InternalError")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fifth_answer_is_slow_down() {
    every_fifth_is(Trouble::Answer(503, "SlowDown")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fifth_connection_is_reset() {
    every_fifth_is(Trouble::Reset).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fifth_request_stalls() {
    every_fifth_is(Trouble::Stall).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fifth_answer_is_lost() {
    every_fifth_is(Trouble::Lost).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fifth_answer_is_torn() {
    every_fifth_is(Trouble::Torn).await;
}

/// The requests that change something, each done by the server without an answer, once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_done_without_an_answer_is_noticed() {
    for lost in [
        "PUT /BUCKET/some/place/.large.partial",
        "PUT /BUCKET/some/place/small",
        "PUT /BUCKET/some/place/large?",
        "POST /BUCKET/some/place/large?uploadId",
        "PUT /BUCKET/some/place/large.m",
        "DELETE /BUCKET/some/place/.large.partial",
        "PUT /BUCKET/some/place/large.p",
    ] {
        let place = Place::new(Kind::Moto).await;
        let lost = lost.replace("BUCKET", &place.bucket);
        let mut left = 1;
        let weather = Weather::start(place.server().port(), move |_, line| {
            let meant = left > 0 && line.starts_with(&lost);
            left -= i32::from(meant);
            meant.then_some(Trouble::Lost)
        });
        let (task, store) = behind(&place, &weather, WAIT).await;
        whole_life(&place, &store).await;
        task.cleaned().await;
        assert_eq!(weather.troubled(), 1);
        assert_eq!(place.all().await, ["small", "small.m"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_never_answers_is_given_up_in_time() {
    let place = Place::new(Kind::Moto).await;
    for (trouble, said) in [
        (Trouble::Stall, "no byte moved for 1.0s"),
        (Trouble::Answer(503, "SlowDown"), "503 SlowDown"),
        (Trouble::Reset, "cannot list"),
    ] {
        let weather = Weather::start(place.server().port(), move |_, _| Some(trouble));
        let (_, store) = behind(&place, &weather, Duration::from_secs(2)).await;
        let started = Instant::now();
        let error = store.list().await.unwrap_err();
        assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
        assert_eq!(error.exit(), Exit::Failed);
        assert!(format!("{error:#}").contains(said), "{error:#}");
        assert!(weather.requests() > 1);
    }
}

/// A part that cannot be written ends the upload, and nothing of it stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_that_cannot_be_written_ends_the_upload() {
    let place = Place::new(Kind::Moto).await;
    let weather = Weather::start(place.server().port(), |_, line| {
        line.contains("partNumber=2").then_some(Trouble::Answer(500, "InternalError"))
    });
    let (task, store) = behind(&place, &weather, Duration::from_secs(1)).await;
    let mut upload = store.create("a").await.unwrap();
    let error = loop {
        if let Err(error) = upload.write(noise(3 << 20)).await {
            break error;
        }
    };
    assert_eq!(error.exit(), Exit::Failed);
    let said = format!("{error:#}");
    assert!(said.contains("cannot write part 2 of s3://") && said.contains("/a"), "{said}");
    upload.write(Bytes::from_static(b"x")).await.unwrap_err();
    upload.seal().await.unwrap_err();
    task.cleaned().await;
    assert_eq!(place.all().await, [""; 0]);
}

/// The manifest cannot be put: then there is no file either, and none without the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_whose_manifest_cannot_be_put_is_removed() {
    for trouble in [Trouble::Answer(500, "InternalError"), Trouble::Lost] {
        let place = Place::new(Kind::Moto).await;
        let weather = Weather::start(place.server().port(), move |_, line| {
            (line.starts_with("PUT") && line.contains("/a.m")).then_some(trouble)
        });
        let (task, store) = behind(&place, &weather, Duration::from_secs(1)).await;
        let sealed = write(&store, "a", &noise(6 << 20)).await;
        let error = sealed.commit_beside("a.m", Bytes::from_static(b"{}")).await.unwrap_err();
        assert_eq!(error.exit(), Exit::Failed);
        task.cleaned().await;
        assert_eq!(place.all().await, [""; 0], "{trouble:?}");
    }
}

/// A signal while parts travel: all that is partial is gone within the time a pod has.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_removes_what_is_partial() {
    let place = Place::new(Kind::Moto).await;
    let weather = Weather::start(place.server().port(), |_, line| {
        line.contains("partNumber=2").then_some(Trouble::Stall)
    });
    let (task, store) = behind(&place, &weather, WAIT).await;
    let mut upload = store.create("a").await.unwrap();
    let stopping = task.stopping().clone();
    let working = async {
        loop {
            upload.write(noise(3 << 20)).await?;
        }
    };
    let stopped = task.until_stopped::<()>(working);
    let (stopped, ()) = tokio::join!(stopped, async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        stopping.cancel();
    });
    assert_eq!(stopped.unwrap_err().exit(), Exit::Stopped);
    let started = Instant::now();
    drop(upload);
    task.cleaned().await;
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
    assert_eq!(place.all().await, [""; 0]);
}
