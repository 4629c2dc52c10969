//! Several processes share the work.

use crate::place::{Place, read, sample, text, write};
use std::fs;
use testkit::run;

#[test]
fn shards_do_all_of_it_and_nothing_twice() {
    let place = Place::moto();
    let source = place.path("source");
    let files = sample(&source, 1000);
    let url = place.url("x");
    let mut uploaded = 0;
    for part in ["0/3", "1/3"] {
        let done = place.done(&[text(&source), &url, "--shard", part]);
        let count = done["uploaded"].as_u64().unwrap();
        assert!(count > 5, "{done}");
        uploaded += count;
    }
    // As an Indexed Job says it.
    let mut last = place.command(&[text(&source), &url]);
    run(last.env("JOB_COMPLETION_INDEX", "2").env("SHARD_COUNT", "3")).ok();
    assert_eq!(place.seen("x"), files);
    assert!(uploaded < files.len() as u64);

    fs::remove_dir_all(source.join("many")).unwrap();
    write(&source, &[("a", b"changed it")]);
    let mut deleted = 0;
    for part in ["0/3", "1/3", "2/3"] {
        let line = [text(&source), &url, "--delete", "--max-delete", "100%", "--shard", part];
        deleted += place.done(&line)["deleted"].as_u64().unwrap();
    }
    assert_eq!(deleted, 40);
    assert_eq!(place.seen("x"), read(&source));
}
