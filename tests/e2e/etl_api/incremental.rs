//! Only what is new: the cursor moves with the rows, and never past what was not written.

use super::server::{Answer, Server};
use super::world::{SIMPLE, World, counts, ended};
use std::sync::{Arc, Mutex};

fn with(incremental: &str) -> String {
    format!("incremental: {incremental}\n{SIMPLE}")
}

/// Sends all records whose time is not before the one asked for.
fn journal(records: &Arc<Mutex<Vec<(u64, &'static str)>>>) -> Server {
    let records = Arc::clone(records);
    Server::start(move |request, _| {
        let since = request.query.get("since").map_or("", String::as_str);
        let all: Vec<_> = records
            .lock()
            .unwrap()
            .iter()
            .filter(|(_, at)| *at >= since)
            .map(|(id, at)| format!(r#"{{"id": {id}, "name": "n", "meta": {{"at": "{at}"}}}}"#))
            .collect();
        Answer::json(format!("[{}]", all.join(",")))
    })
}

#[test]
fn the_second_run_asks_for_what_is_new() {
    let records = Arc::new(Mutex::new(vec![
        (1, "2026-11-27T10:00:00Z"),
        (2, "2026-11-27T12:00:00.5Z"),
        (3, "2026-11-27T11:00:00Z"),
    ]));
    let server = journal(&records);
    let world = World::new(14, &with("{param: since, field: meta.at}"));
    let report = world.report(&server, &[]);
    assert_eq!((counts(&report), &report["cursor"]), ([3, 0, 0], &"2026-11-27T12:00:00.5Z".into()));
    records.lock().unwrap().push((4, "2026-11-27T12:30:00Z"));
    assert_eq!(counts(&world.report(&server, &["--dry-run"])), [1, 0, 1]);
    assert_eq!(counts(&world.report(&server, &[])), [1, 0, 1]);
    assert_eq!(counts(&world.report(&server, &[])), [0, 0, 1]);
    assert_eq!(counts(&world.report(&server, &["--full"])), [0, 0, 4]);
    let asked: Vec<_> =
        server.requests().iter().map(|request| request.query.get("since").cloned()).collect();
    let at = |text: &str| Some(text.to_owned());
    let (first, second) = (at("2026-11-27T12:00:00.5Z"), at("2026-11-27T12:30:00Z"));
    assert_eq!(asked, [None, first.clone(), first, second, None]);
    // With less than there once was, it does not go back.
    records.lock().unwrap().truncate(1);
    assert_eq!(world.report(&server, &["--full"])["cursor"], "2026-11-27T12:30:00Z");
    assert_eq!(world.report(&server, &[])["records"], 0);
}

#[test]
fn an_overlap_asks_for_a_little_more_and_a_start_for_less() {
    let records = Arc::new(Mutex::new(vec![(1, "2026-11-27T10:00:00+00:00")]));
    let server = journal(&records);
    let world =
        World::new(15, &with("{param: since, field: meta.at, overlap: 5m, start: 2026-01-01}"));
    world.report(&server, &[]);
    world.report(&server, &[]);
    let asked: Vec<_> =
        server.requests().iter().map(|request| request.query["since"].clone()).collect();
    assert_eq!(asked, ["2026-01-01", "2026-11-27T09:55:00Z"]);
}

#[test]
fn a_number_may_be_a_cursor_and_is_compared_as_one() {
    let world = World::new(16, &with("{param: after, field: id, type: number}"));
    let server = Server::of(r#"[{"id": 9}, {"id": 10}, {"id": 2}]"#);
    assert_eq!(world.report(&server, &[])["cursor"], "10");
    world.report(&server, &[]);
    assert_eq!(server.requests()[1].query["after"], "10");
}

#[test]
fn a_run_that_writes_nothing_moves_no_cursor() {
    let world = World::new(17, &with("{param: since, field: at}"));
    let server = Server::of(r#"[{"id": "x", "at": "2026-11-27"}]"#);
    ended(&world.run(&server, &["--max-rejects=0"]), 4, &["nothing was written"]);
    assert!(!world.has("etl_api_cursors"));
    world.report(&server, &["--dry-run"]);
    assert!(!world.has("etl_api_cursors") && !world.has("items"));
    // One that is rejected within the limit was seen: it lies in the file.
    assert_eq!(world.report(&server, &[])["cursor"], "2026-11-27");
    let none = Server::of(r#"[{"id": 1}]"#);
    let other = World::new(17, &with("{param: since, field: at}"));
    ended(&other.run(&none, &[]), 0, &["no record has the field of incremental"]);
}

#[test]
fn each_source_of_a_table_has_a_cursor_of_its_own() {
    let world = World::new(18, &with("{param: since, field: at}"));
    let one = Server::of(r#"[{"id": 1, "at": "2026-11-27T00:00:00Z"}]"#);
    let two = Server::of(r#"[{"id": 2, "at": "2026-11-26T00:00:00Z"}]"#);
    for server in [&one, &two, &one, &two] {
        world.report(server, &[]);
    }
    assert_eq!(one.requests()[1].query["since"], "2026-11-27T00:00:00Z");
    assert_eq!(two.requests()[1].query["since"], "2026-11-26T00:00:00Z");
    assert!(two.requests()[0].query.is_empty());
}
