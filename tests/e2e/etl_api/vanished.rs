//! Rows whose record the source has no more: deleted if that is wanted, and never too many.

use super::server::Server;
use super::world::{SIMPLE, World, counts, ended, expected, items};

fn removing(major: u32) -> World {
    World::new(major, &SIMPLE.replace("key: [id]", "key: [id], remove-missing: true"))
}

#[test]
fn what_the_source_has_no_more_is_deleted_in_the_same_run() {
    let world = removing(13);
    assert_eq!(counts(&world.report(&Server::of(&items(1, 100)), &[])), [100, 0, 0]);
    let fewer = Server::of(&items(1, 80));
    let dry = world.report(&fewer, &["--dry-run"]);
    assert_eq!((counts(&dry), &dry["removed"]), ([0, 0, 80], &20.into()));
    assert_eq!(world.rows(), expected(100));
    let report = world.report(&fewer, &[]);
    assert_eq!((counts(&report), &report["removed"]), ([0, 0, 80], &20.into()));
    assert_eq!(world.rows(), expected(80));
    let versions = world.versions();
    assert_eq!(world.report(&fewer, &[])["removed"], 0);
    assert_eq!(world.versions(), versions);
}

#[test]
fn without_that_nothing_is_deleted() {
    let world = World::new(14, SIMPLE);
    world.report(&Server::of(&items(1, 10)), &[]);
    assert_eq!(world.report(&Server::of("[]"), &[])["removed"], 0);
    assert_eq!(world.rows(), expected(10));
}

#[test]
fn too_many_are_not_deleted_and_nothing_else_is_changed() {
    let world = removing(15);
    world.report(&Server::of(&items(1, 100)), &[]);
    let few = Server::of(&items(60, 105));
    for arguments in [&["--max-delete=50%"][..], &["--max-delete=58"], &["--dry-run"]] {
        ended(&world.run(&few, arguments), 2, &["59 of ", "--max-delete"]);
        assert_eq!(world.rows(), expected(100));
    }
    assert_eq!(world.report(&few, &["--max-delete=59"])["removed"], 59);
    assert_eq!(world.database.psql("SELECT count(*), min(id), max(id) FROM items"), "46|60|105\n");
}

#[test]
fn an_empty_source_deletes_nothing() {
    let world = removing(16);
    let empty = Server::of("[]");
    world.report(&empty, &[]);
    world.report(&Server::of(&items(1, 10)), &[]);
    ended(&world.run(&empty, &["--max-delete=100%"]), 2, &["the source is empty"]);
    assert_eq!(world.rows(), expected(10));
}

#[test]
fn a_rejected_record_may_be_the_one_of_a_row() {
    let world = removing(17);
    world.report(&Server::of(&items(1, 10)), &[]);
    let bad = items(1, 9).replace("\"value\": 3.50", "\"value\": \"?\"");
    let ran = world.run(&Server::of(&bad), &[]);
    ended(&ran, 0, &["nothing is deleted"]);
    assert_eq!(world.rows(), expected(10));
}
