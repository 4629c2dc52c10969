//! What the settings have wrong is said at once, with what to do, and without a secret.

use crate::kinds::{Kind, Place, settings};
use std::net::TcpListener;
use std::time::{Duration, Instant};
use storage::{Keys, S3Settings, Store};
use task::{Error, Exit, Task};
use testkit::{S3, Trouble, Weather};

async fn refused(kind: Kind, url: &str, change: impl FnOnce(&mut S3Settings)) -> Error {
    let mut settings = settings(kind.server());
    change(&mut settings);
    let task = Task::standalone(false, Duration::from_mins(1));
    let started = Instant::now();
    let error = match Store::open(&task, url, &settings).await {
        Ok(store) => match store.writable().await {
            Ok(()) => store.list().await.unwrap_err(),
            Err(error) => error,
        },
        Err(error) => error,
    };
    assert!(started.elapsed() < Duration::from_secs(20), "no retry helps: {error:#}");
    let said = format!("{error:#}");
    assert!(!said.contains(S3::keys_to_it().1) && !said.contains("s3cret"), "{said}");
    error
}

fn usage(error: &Error, words: &[&str]) {
    let said = format!("{error:#}");
    assert_eq!(error.exit(), Exit::Usage, "{said}");
    for word in words {
        assert!(said.contains(word), "{word} in {said}");
    }
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_named() {
    for kind in [Kind::Versity, Kind::Moto] {
        let error = refused(kind, "s3://no-such-bucket/x", |_| {}).await;
        usage(&error, &["no-such-bucket", "create it, or name another"]);
    }
}

#[tokio::test]
async fn wrong_keys_are_told_apart_and_not_shown() {
    let place = Place::new(Kind::Versity).await;
    let url = format!("s3://{}/x", place.bucket);
    let keys =
        |id: &str, secret: &str| Some(Keys { id: id.into(), secret: secret.into(), token: None });
    let wrong = refused(Kind::Versity, &url, |settings| {
        settings.s3_keys = keys(S3::keys_to_it().0, "s3cret");
    });
    usage(&wrong.await, &["AWS_SECRET_ACCESS_KEY", "clock"]);
    let unknown = refused(Kind::Versity, &url, |settings| {
        settings.s3_keys = keys("AKIAUNKNOWN", "s3cret");
    });
    usage(&unknown.await, &["access key"]);
}

#[tokio::test]
async fn a_wrong_region_is_named() {
    let place = Place::new(Kind::Versity).await;
    let url = format!("s3://{}/x", place.bucket);
    let error = refused(Kind::Versity, &url, |settings| {
        settings.s3_region = Some("us-west-2".to_owned());
    });
    usage(&error.await, &["AWS_REGION"]);
}

#[tokio::test]
async fn an_authority_nobody_trusts_is_named() {
    let place = Place::new(Kind::Versity).await;
    let url = format!("s3://{}/x", place.bucket);
    let error = refused(Kind::Versity, &url, |settings| {
        settings.s3_ca_bundle = None;
    });
    usage(&error.await, &["certificate", "AWS_CA_BUNDLE"]);
    let error = refused(Kind::Versity, "s3://bucket/x", |settings| {
        settings.s3_ca_bundle = Some("/no/such/file".into());
    });
    usage(&error.await, &["AWS_CA_BUNDLE", "/no/such/file"]);
}

#[tokio::test]
async fn settings_that_cannot_be_are_refused() {
    let url = "s3://bucket/x";
    let class = |class: &'static str| {
        move |settings: &mut S3Settings| settings.s3_storage_class = Some(class.to_owned())
    };
    usage(&refused(Kind::Moto, url, class("DEEP_ARCHIVE")).await, &["GLACIER_IR"]);
    let key = |settings: &mut S3Settings| settings.s3_sse_kms_key_id = Some("key".to_owned());
    usage(&refused(Kind::Moto, url, key).await, &["S3_SSE=aws:kms"]);
    for endpoint in ["ftp://host", "host:9000", "http://me:s3cret@host"] {
        let wrong = |settings: &mut S3Settings| settings.s3_endpoint_url = Some(endpoint.into());
        usage(&refused(Kind::Moto, url, wrong).await, &["endpoint", "https://s3.example.com"]);
    }
}

#[tokio::test]
async fn a_server_that_is_away_is_waited_for_and_then_a_failure() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut settings = settings(Kind::Moto.server());
    settings.s3_endpoint_url = Some(format!("http://127.0.0.1:{port}"));
    let task = Task::standalone(false, Duration::from_secs(2));
    let store = Store::open(&task, "s3://bucket/x", &settings).await.unwrap();
    let started = Instant::now();
    let error = store.list().await.unwrap_err();
    assert_eq!(error.exit(), Exit::Failed, "{error:#}");
    assert!(started.elapsed() >= Duration::from_secs(2), "{:?}", started.elapsed());
    assert!(format!("{error:#}").to_lowercase().contains("refused"), "{error:#}");
}

/// Codes that no server at hand gives: what they mean is a table of ours, and this is its test.
#[tokio::test]
async fn what_aws_refuses_is_explained() {
    for (status, code, exit, word) in [
        (403, "InvalidAccessKeyId", Exit::Usage, "AWS_ACCESS_KEY_ID"),
        (403, "SignatureDoesNotMatch", Exit::Usage, "clock"),
        (403, "RequestTimeTooSkewed", Exit::Usage, "clock"),
        (400, "ExpiredToken", Exit::Usage, "AWS_SESSION_TOKEN"),
        (403, "AccessDenied", Exit::Usage, "s3:PutObject"),
        (404, "NoSuchBucket", Exit::Usage, "create it"),
        (301, "PermanentRedirect", Exit::Usage, "AWS_REGION"),
        (400, "AuthorizationHeaderMalformed", Exit::Usage, "AWS_REGION"),
        (400, "InvalidStorageClass", Exit::Usage, "S3_STORAGE_CLASS"),
        (400, "KMS.DisabledException", Exit::Usage, "S3_SSE_KMS_KEY_ID"),
        (400, "RequestTimeout", Exit::Failed, "RequestTimeout"),
        (429, "TooManyRequests", Exit::Failed, "TooManyRequests"),
        (502, "BadGateway", Exit::Failed, "502"),
        (400, "InvalidRequest", Exit::Usage, "InvalidRequest"),
    ] {
        let place = Kind::Moto.server();
        let weather = Weather::start(place.port(), move |_, _| Some(Trouble::Answer(status, code)));
        let mut settings = settings(place);
        settings.s3_endpoint_url = Some(place.url_at(weather.port()));
        let task = Task::standalone(false, Duration::ZERO);
        let store = Store::open(&task, "s3://bucket/x", &settings).await.unwrap();
        let error = store.list().await.unwrap_err();
        let said = format!("{error:#}");
        assert_eq!(error.exit(), exit, "{said}");
        assert!(said.contains(word) && said.contains("s3://bucket/x"), "{said}");
    }
}

/// Object lock is left alone, and said.
#[tokio::test]
async fn what_is_locked_is_said_to_be() {
    let place = Kind::Moto.server();
    let weather = Weather::start(place.port(), |_, line| {
        line.starts_with("DELETE").then_some(Trouble::Answer(403, "ObjectLocked"))
    });
    let mut settings = settings(place);
    settings.s3_endpoint_url = Some(place.url_at(weather.port()));
    let task = Task::standalone(false, Duration::ZERO);
    let store = Store::open(&task, "s3://bucket/x", &settings).await.unwrap();
    usage(&store.delete("a").await.unwrap_err(), &["s3://bucket/x/a", "object lock"]);
}
