//! Runs again, at once, and killed: the table holds what the API does, and what is the same is not touched.

use super::server::{Answer, Server};
use super::world::{SIMPLE, World, counts, ended, expected, item, items};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use testkit::{Running, moments, run};

const PAGED: &str = "source: {records: items, paging: {cursor: {param: after, path: next}}}
incremental: {param: since, field: changed}
";

#[test]
fn a_second_run_touches_no_row() {
    let (world, server) = (World::new(13, SIMPLE), Server::of(&items(1, 500)));
    assert_eq!(counts(&world.report(&server, &[])), [500, 0, 0]);
    let before = world.versions();
    assert_eq!(counts(&world.report(&server, &[])), [0, 0, 500]);
    assert_eq!(world.versions(), before);
    // Nor if a number is written otherwise, or a blank is more.
    let other = items(1, 500).replace(".50}", ".5}").replace("\" item", "\"   item");
    assert_eq!(counts(&world.report(&Server::of(&other), &[])), [0, 0, 500]);
    assert_eq!(world.versions(), before);
}

#[test]
fn what_changed_is_written_and_nothing_else() {
    let world = World::new(14, SIMPLE);
    world.report(&Server::of(&items(1, 300)), &[]);
    let before: Vec<String> = world.versions().lines().map(str::to_owned).collect();
    // Two are others: by its case alone, and to nothing.
    let changed = items(1, 320)
        .replace("\" item 7 \"", "\"Item 7\"")
        .replace(r#" item 9 ", "value": 9.50"#, r#" item 9 ", "value": null"#);
    assert_eq!(counts(&world.report(&Server::of(&changed), &[])), [20, 2, 298]);
    let after: Vec<String> = world.versions().lines().map(str::to_owned).collect();
    assert_eq!(before.iter().filter(|row| after.contains(row)).count(), 298);
    let rows =
        world.database.psql("SELECT id, name, value FROM items WHERE id IN (7, 9) ORDER BY 1");
    assert_eq!(rows, "7|Item 7|7.50\n9|item 9|\n");
}

#[test]
fn json_and_texts_are_compared_as_they_are() {
    let world = World::new(
        15,
        "table: {name: t, key: [k]}\ncolumns: {k: {}, j: {type: json}, b: {from: j, type: json}}",
    );
    world.database.psql("CREATE TABLE t (k text PRIMARY KEY, j json, b jsonb)");
    let of = |json: &str| Server::of(&format!(r#"[{{"k": "a", "j": {json}}}]"#));
    assert_eq!(counts(&world.report(&of(r#"{"x": [1], "y": 2}"#), &[])), [1, 0, 0]);
    assert_eq!(counts(&world.report(&of(r#"{"x": [1], "y": 2}"#), &[])), [0, 0, 1]);
    assert_eq!(counts(&world.report(&of(r#"{"y": 2, "x": [1]}"#), &[])), [0, 1, 0]);
    assert_eq!(counts(&world.report(&of("null"), &[])), [0, 1, 0]);
}

#[test]
fn of_runs_at_once_the_second_waits_for_the_first() {
    let world = World::new(16, SIMPLE);
    let asked = Arc::new(AtomicU64::new(0));
    let at_once = Arc::clone(&asked);
    let server = Server::start(move |_, _| {
        assert_eq!(at_once.fetch_add(1, Ordering::SeqCst), 0, "two runs read at once");
        std::thread::sleep(Duration::from_millis(700));
        at_once.fetch_sub(1, Ordering::SeqCst);
        Answer::json(items(1, 50))
    });
    let started = Instant::now();
    let runs: Vec<_> =
        (0..3).map(|_| Running::start(&mut world.command(&server.url, &[]))).collect();
    let mut found: Vec<_> = runs
        .into_iter()
        .map(|run| {
            let ran = run.ends_within(Duration::from_secs(40));
            counts(&serde_json::from_str(&ran.ok()).unwrap())
        })
        .collect();
    found.sort_unstable();
    assert_eq!(found, [[0, 0, 50], [0, 0, 50], [50, 0, 0]]);
    assert!(started.elapsed() >= Duration::from_millis(2100));
    assert_eq!(server.requests().len(), 3);
    // And in the end gives up.
    let slow = Server::start(|_, _| Answer::json(items(1, 50)).after(Duration::from_secs(20)));
    let mut first = Running::start(&mut world.command(&slow.url, &[]));
    first.until("request", || slow.requests().len() == 1);
    let ran = run(world.command(&server.url, &[]).env("WAIT", "1s"));
    ended(&ran, 1, &["another run is at work on public.items"]);
    // A dry run need not wait.
    world.report(&server, &["--dry-run"]);
}

/// Thirty pages of a hundred records; each tells when it was changed.
fn pages() -> Server {
    Server::start(|request, _| {
        let from = request.query.get("after").map_or(0, |text| text.parse::<u64>().unwrap());
        let all: Vec<_> = (from + 1..=from + 100)
            .map(|number| {
                let at = format!(
                    r#", "changed": "2026-11-27T10:{:02}:{:02}Z"}}"#,
                    number / 60,
                    number % 60
                );
                item(number).replace('}', &at)
            })
            .collect();
        let next = if from + 100 < 3000 { (from + 100).to_string() } else { "null".to_owned() };
        Answer::json(format!(r#"{{"items": [{}], "next": {next}}}"#, all.join(",")))
    })
}

#[test]
fn a_run_that_is_killed_leaves_all_or_nothing_and_the_cursor_with_it() {
    let (world, server) = (World::new(18, &format!("{PAGED}{SIMPLE}")), pages());
    let started = Instant::now();
    world.report(&server, &[]);
    let whole = started.elapsed();
    let wanted = expected(3000);
    assert_eq!(world.rows(), wanted);
    let cursor = |world: &World| {
        if world.has("etl_api_cursors") {
            world.database.psql("SELECT target, cursor FROM etl_api_cursors")
        } else {
            String::new()
        }
    };
    assert_eq!(cursor(&world), "public.items|2026-11-27T10:50:00Z\n");
    let mut cut_off = 0;
    for moment in moments(3, 25, whole) {
        world.database.psql("DROP TABLE IF EXISTS items, etl_api_cursors");
        let mut running = Running::start(&mut world.command(&server.url, &[]));
        running.reaches(moment);
        running.kill();
        running.ends_within(Duration::from_secs(10));
        if world.has("items") {
            assert_eq!(world.rows(), wanted);
            assert!(!cursor(&world).is_empty());
        } else {
            cut_off += 1;
            assert_eq!(cursor(&world), "");
        }
        let report = world.report(&server, &[]);
        assert_eq!(report["records"], 3000);
        assert_eq!(world.rows(), wanted);
    }
    assert!(cut_off > 5, "{cut_off} were killed before their end");
}
