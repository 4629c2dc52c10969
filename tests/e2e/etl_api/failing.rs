//! A server that is away, slow, overloaded, or breaks off: asked again, and what was half read is not counted.

use super::server::{Answer, Server};
use super::world::{SIMPLE, World, counts, ended, expected, item, items};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use testkit::{Running, run};

const PAGED: &str = "source: {paging: {page: {param: page}}}";

fn paged() -> String {
    format!("{PAGED}\n{SIMPLE}")
}

/// Pages of ten records; 40 in all.
fn page(number: &str) -> String {
    match number.parse().unwrap() {
        page @ 1..=4 => items(page * 10 - 9, page * 10),
        _ => "[]".to_owned(),
    }
}

#[test]
fn a_server_that_fails_now_and_then_is_asked_again() {
    let server = Server::start(|request, number| {
        let whole = Answer::json(page(&request.query["page"]));
        match number {
            1 => Answer::status("500 Internal Server Error"),
            3 => Answer::status("503 Service Unavailable"),
            // Cut off in the body, in the head, and a page that is cut off but says it is whole.
            5 => whole.cut_at(100),
            6 => whole.cut_at(0),
            7 => Answer::json(&page("3")[..200]),
            8 => Answer::json("<html>nginx</html>"),
            9 => Answer::json("").bytes(b"[\"\xff\"]"),
            _ => whole,
        }
    });
    let world = World::new(13, &paged());
    let report = world.report(&server, &[]);
    assert_eq!(world.rows(), expected(40));
    assert_eq!((&report["records"], &report["pages"]), (&40.into(), &5.into()));
    assert_eq!(server.requests().len(), 12);
}

#[test]
fn retry_after_is_kept_in_seconds_and_as_a_date() {
    let server = Server::start(|request, number| match number {
        0 => Answer::status("429 Too Many Requests").with("retry-after", "1"),
        2 => Answer::status("503 Service Unavailable")
            .with("date", "Fri, 27 Nov 2026 10:00:00 GMT")
            .with("retry-after", "Fri, 27 Nov 2026 10:00:02 GMT"),
        _ => Answer::json(page(&request.query["page"])),
    });
    let world = World::new(14, &paged());
    let started = Instant::now();
    let ran = world.run(&server, &[]);
    let took = started.elapsed();
    ended(&ran, 0, &["429 Too Many Requests", "asked again in 2.0s"]);
    assert!(took >= Duration::from_secs(3), "{took:?}");
    assert_eq!(world.rows(), expected(40));
}

#[test]
fn a_server_that_wants_more_time_than_there_is_ends_the_run_at_once() {
    let server =
        Server::start(|_, _| Answer::status("429 Too Many Requests").with("retry-after", "3600"));
    let world = World::new(15, SIMPLE);
    let started = Instant::now();
    ended(&world.run(&server, &[]), 1, &["429", "1h 00m", "--wait is 20.0s"]);
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_server_that_stays_away_is_worth_another_try() {
    let world = World::new(16, &paged());
    let server = Server::start(|request, _| match request.query["page"].as_str() {
        "3" => Answer::status("502 Bad Gateway"),
        other => Answer::json(page(other)),
    });
    let ran = run(world.command(&server.url, &[]).env("WAIT", "1s"));
    ended(&ran, 1, &["cannot read page 3 of http://127.0.0.1", "502 Bad Gateway"]);
    assert!(!ran.stderr.contains("secret-body"), "{}", ran.stderr);
    assert!(!world.has("items"));
    let ran = run(world.command("http://127.0.0.1:1/x?key=s3cret", &[]).env("WAIT", "0"));
    ended(&ran, 1, &["127.0.0.1:1/x"]);
    assert!(!ran.stderr.contains("s3cret"), "{}", ran.stderr);
    let ran = run(world.command(&server.url, &[]).env("WAIT", "0").env("PGPORT", "1"));
    ended(&ran, 1, &["127.0.0.1:1"]);
}

#[test]
fn what_no_retry_helps_is_not_tried_again() {
    for (status, word) in
        [("401 Unauthorized", "API_KEY"), ("403 Forbidden", "403"), ("404 Not Found", "404")]
    {
        let server = Server::start(move |_, _| Answer::status(status));
        let world = World::new(17, SIMPLE);
        ended(&world.run(&server, &[]), 2, &[word]);
        assert_eq!(server.requests().len(), 1);
    }
}

#[test]
fn an_answer_that_takes_too_long_is_given_up() {
    let server = Server::start(|_, number| match number {
        0 => Answer::json(items(1, 2)).after(Duration::from_secs(30)),
        _ => Answer::json(items(1, 2)),
    });
    let world = World::new(18, SIMPLE);
    let ran = run(world.command(&server.url, &["--timeout=1s"]).env("WAIT", "0"));
    ended(&ran, 1, &["no answer in time"]);
    assert_eq!(counts(&world.report(&server, &["--timeout=1s"])), [2, 0, 0]);
}

#[test]
fn a_page_that_is_too_large_is_wrong_use() {
    let server = Server::of(&items(1, 60_000));
    let world = World::new(18, SIMPLE);
    ended(&world.run(&server, &["--max-page=1"]), 2, &["--max-page 1.0 MiB"]);
    assert_eq!(counts(&world.report(&server, &[])), [60_000, 0, 0]);
}

#[test]
fn a_signal_ends_it_wherever_it_is_and_nothing_is_changed() {
    for hang in ["api", "pause", "database"] {
        let server =
            Server::start(move |request, _| match (hang, request.query["page"].as_str()) {
                ("api", "3") => Answer::json("[]").after(Duration::from_secs(30)),
                ("pause", "3") => Answer::status("429 Too Many").with("retry-after", "15"),
                (_, other) => Answer::json(page(other)),
            });
        let world = World::new(18, &paged());
        if hang == "database" {
            world.database.psql(
                "CREATE TABLE items (id bigint PRIMARY KEY, name text, value numeric, synced_at timestamptz);
                CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
                    'BEGIN PERFORM pg_sleep(100); RETURN NEW; END';
                CREATE TRIGGER slow BEFORE INSERT ON items FOR EACH ROW EXECUTE FUNCTION slow()",
            );
        }
        let mut running = Running::start(&mut world.command(&server.url, &[]));
        let sleeping = || {
            world.database.psql(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                AND application_name = 'etl-api' AND wait_event = 'PgSleep'",
            )
        };
        running.until(hang, || match hang {
            "database" => sleeping().trim() == "1",
            _ => server.requests().len() == 3,
        });
        running.runs_for(Duration::from_millis(100));
        running.terminate();
        let ran = running.ends_within(Duration::from_secs(5));
        assert_eq!(ran.code, 143, "{hang}: {}", ran.stderr);
        if hang == "database" {
            let deadline = Instant::now() + Duration::from_secs(10);
            while sleeping().trim() != "0" {
                assert!(Instant::now() < deadline, "the server goes on");
            }
            assert_eq!(world.rows(), "");
        } else {
            assert!(!world.has("items"));
        }
    }
}

#[test]
fn a_connection_to_the_database_that_is_lost_leaves_nothing() {
    let waiting = std::sync::Arc::new(AtomicBool::new(true));
    let wait = std::sync::Arc::clone(&waiting);
    let server = Server::start(move |request, _| {
        let page_of = &request.query["page"];
        while page_of == "3" && wait.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(5));
        }
        Answer::json(page(page_of))
    });
    let world = World::new(18, &paged());
    let mut running = Running::start(&mut world.command(&server.url, &[]));
    running.until("third page", || server.requests().len() == 3);
    world.database.psql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = 'etl-api' AND datname = current_database()",
    );
    waiting.store(false, Ordering::Relaxed);
    let ran = running.ends_within(Duration::from_secs(20));
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(!world.has("items"));
    world.report(&server, &[]);
    assert_eq!(world.rows(), expected(40));
}

#[test]
fn no_answer_is_no_records_and_an_answer_of_another_shape_is_wrong_use() {
    let world = World::new(18, &format!("source: {{records: data.items}}\n{SIMPLE}"));
    for body in ["", "null", r#"{"data": {"items": null}}"#, r#"{"data": {"items": []}}"#] {
        let server = Server::of(body);
        assert_eq!(world.report(&server, &[])["records"], 0, "{body:?}");
    }
    for (body, word) in [
        (item(1), "has no data.items"),
        (r#"{"error": "s3cret"}"#.to_owned(), "has no data.items"),
        (r#"{"data": {"items": {}}}"#.to_owned(), "has an object at data.items"),
        (r#"{"data": "s3cret"}"#.to_owned(), "text has no field items"),
        ("[]".to_owned(), "a list has no field data"),
    ] {
        let ran = world.run(&Server::of(&body), &[]);
        ended(&ran, 2, &[word]);
        assert!(!ran.stderr.contains("s3cret"), "{}", ran.stderr);
    }
    // One with a mark at its head is as good.
    let marked = Server::of(&format!("\u{feff}{{\"data\": {{\"items\": [{}]}}}}", item(1)));
    assert_eq!(counts(&world.report(&marked, &[])), [1, 0, 0]);
}
