//! What a restore does, and how it fails.

use super::*;

async fn one(endpoint: &Endpoint, query: &str) -> String {
    connect(endpoint).await.query_one(query, &[]).await.unwrap().get(0)
}

async fn everything_arrives_on(major: u32) {
    let server = testkit::Postgres::start(major);
    let database = absent(&server);
    let target = endpoint(&database);
    let stored = shop().await.store().await;
    let report = restore(&task(), &stored.source, &target, &CREATE).await.unwrap();
    assert_eq!((report.items, report.json["rows"].as_u64()), (2, Some(7)));
    let rows = format!("SELECT string_agg({COLUMN}, ',' ORDER BY n) FROM {TABLE}");
    assert_eq!(one(&target, &rows).await, "\\.,a;'");
    assert_eq!(one(&target, "SELECT sum(id)::text FROM public.parent").await, "10");
    assert_eq!(one(&target, "SELECT nextval('public.s')::text").await, "43");
    let keys = "SELECT count(*)::text FROM pg_constraint WHERE contype = 'f' AND convalidated";
    assert_eq!(one(&target, keys).await, "6");

    let again = restore(&task(), &stored.source, &target, &CREATE).await.unwrap_err();
    assert_eq!(again.exit(), Exit::Usage, "{again:?}");
    let full = restore(&task(), &stored.source, &target, &OPTIONS).await.unwrap_err();
    assert_eq!(full.exit(), Exit::Usage);
    let text = full.to_string();
    assert!(
        text.contains("is not empty: it holds table public.") && text.contains("--clean"),
        "{text}"
    );
    restore(&task(), &stored.source, &target, &CLEAN).await.unwrap();
    assert_eq!(one(&target, "SELECT sum(id)::text FROM public.parent").await, "10");
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_arrives_in_a_new_database_of_the_oldest_server() {
    everything_arrives_on(13).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_arrives_in_a_new_database_of_the_newest_server() {
    everything_arrives_on(18).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_failure_is_told_and_the_new_database_is_gone() {
    let server = testkit::Postgres::start(15);
    let database = absent(&server);
    let stored = shop().await;
    let stored = stored.part("post-data", "CREATE VIEW public.w\nAS SELECT nope;\n").await;
    let stored = stored.store().await;
    let failed = restore(&task(), &stored.source, &endpoint(&database), &CREATE).await;
    let text = format!("{:#}", failed.unwrap_err());
    assert!(text.contains("cannot run CREATE VIEW public.w…: column \"nope\""), "{text}");
    assert!(!has(&server, database.name()));

    let empty = server.create_database();
    let failed = restore(&task(), &stored.source, &endpoint(&empty), &OPTIONS).await;
    let text = format!("{:#}", failed.unwrap_err());
    assert!(text.contains("half restored"), "{text}");

    let stored = made().await.part("pre-data", "CREATE TABLE public.t (a int);\n").await;
    let stored = stored.rows("public.t", "a", &[&["1", "two"]]).await.store().await;
    let failed = restore(&task(), &stored.source, &endpoint(&database), &CREATE).await;
    let text = format!("{:#}", failed.unwrap_err());
    assert!(text.contains("COPY public.t") && text.contains("\"two\""), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_is_found_before_anything_is_run() {
    let server = testkit::Postgres::start(15);
    let database = absent(&server);
    let stored = shop().await.store().await;
    let file = stored.folder.path().join(&stored.source.manifest().artifact.file);
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let target = endpoint(&database);
    let error = restore(&task(), &stored.source, &target, &CREATE).await.unwrap_err();
    assert_eq!(error.exit(), Exit::Integrity, "{error:?}");
    assert!(!has(&server, database.name()));
    let error = drill(&task(), &stored.source, &target, 2).await.unwrap_err();
    assert_eq!(error.exit(), Exit::Integrity, "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_the_manifest_does_not_promise_are_an_error() {
    let server = testkit::Postgres::start(15);
    let database = absent(&server);
    let mut made = shop().await;
    made.missing.row(b"5");
    let stored = made.store().await;
    let failed = restore(&task(), &stored.source, &endpoint(&database), &CREATE).await;
    let error = failed.unwrap_err();
    assert_eq!(error.exit(), Exit::Integrity, "{error:?}");
    assert!(error.to_string().contains("public.parent has 4 rows instead of 5"), "{error:?}");
    assert!(!has(&server, database.name()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_changes_nothing() {
    let server = testkit::Postgres::start(15);
    let database = absent(&server);
    let target = endpoint(&database);
    let stored = shop().await.store().await;
    let dry = Task::standalone(true, Duration::from_secs(5));
    restore(&dry, &stored.source, &target, &CREATE).await.unwrap();
    drill(&dry, &stored.source, &target, 2).await.unwrap();
    assert!(!has(&server, database.name()));
    let database = server.create_database();
    database.psql("CREATE TABLE kept ()");
    restore(&dry, &stored.source, &endpoint(&database), &CLEAN).await.unwrap();
    assert_eq!(database.psql("SELECT 'public.kept'::regclass").trim(), "kept");
}
