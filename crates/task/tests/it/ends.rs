//! Exit codes, stdout, the log and the termination log.

use crate::process::{Place, run, sample};
use serde_json::{Value, json};
use std::fs::File;
use std::process::Stdio;

#[test]
fn done_is_zero_with_a_table_and_a_last_line() {
    let ended = run(&mut sample(&[]));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(ended.stdout, "ITEM\none\ntwo\nthree\n");
    let last = ended.stderr.lines().last().unwrap();
    assert!(last.contains("Z  INFO 3 items, 2.0 KiB, dry run false took="), "{last}");
}

#[test]
fn every_error_has_its_exit_code_and_its_chain_in_the_log() {
    for exit in ["1", "2", "3", "4"] {
        let ended = run(&mut sample(&["error", exit]));
        assert_eq!(ended.code.to_string(), exit);
        assert_eq!(ended.stdout, "");
        let said = format!("exit_code={exit}");
        assert!(ended.stderr.contains("ERROR cannot do it: first line\\nsecond line"));
        assert!(ended.stderr.contains(&said), "{}", ended.stderr);
    }
}

#[test]
fn a_part_is_four_and_names_the_rest() {
    let ended = run(&mut sample(&["partial", "--output", "json"]));
    assert_eq!(ended.code, 4);
    assert!(ended.stderr.contains("2 failed: two, three"), "{}", ended.stderr);
    let json: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(json["incomplete"], json!(["two", "three"]));
}

#[test]
fn a_panic_is_a_failure_in_one_piece() {
    let ended = run(&mut sample(&["panic", "--output=json"]));
    assert_eq!(ended.code, 1);
    let json: Value = serde_json::from_str(&ended.stdout).unwrap();
    let error = "the program has a bug: the sky falls";
    assert_eq!(json, json!({ "task": "sample", "error": error, "exit_code": 1 }));
    assert!(ended.stderr.contains("panic: the sky falls place=\"crates/task/examples/sample.rs"));
    assert!(!ended.stderr.contains("RUST_BACKTRACE"), "{}", ended.stderr);
}

#[test]
fn json_is_one_object_on_one_line() {
    let ended = run(sample(&[]).env("OUTPUT", "json"));
    assert_eq!(ended.stdout, "{\"dry_run\":false,\"items\":3}\n");
}

#[test]
fn logs_are_json_lines_when_asked_for() {
    let ended = run(sample(&["error", "3"]).env("LOG_FORMAT", "json"));
    let lines: Vec<Value> =
        ended.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let last = lines.last().unwrap();
    assert_eq!(last["message"], "cannot do it: first line\\nsecond line");
    assert_eq!((&last["level"], &last["exit_code"]), (&json!("ERROR"), &json!(3)));
    assert!(last["timestamp"].as_str().unwrap().ends_with('Z'));
}

#[test]
fn the_log_level_holds() {
    let ended = run(&mut sample(&["--log-level", "warn"]));
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
}

#[test]
fn the_termination_log_gets_the_error_in_one_line_if_it_is_there() {
    let place = Place::holding("of an earlier run, and longer than what comes now ...............");
    let code = run(sample(&["error", "2"]).env("TERMINATION_LOG", &place.0)).code;
    assert_eq!((code, place.text().as_str()), (2, "cannot do it: first line\\nsecond line\n"));

    let gone = Place::new();
    let code = run(sample(&["error", "2"]).env("TERMINATION_LOG", &gone.0)).code;
    assert_eq!((code, gone.0.exists()), (2, false));

    let code = run(sample(&["error", "2"]).env("TERMINATION_LOG", "/")).code;
    assert_eq!(code, 2, "a directory cannot be written");
}

#[test]
fn success_leaves_the_termination_log_alone() {
    let place = Place::holding("");
    assert_eq!(run(sample(&[]).env("TERMINATION_LOG", &place.0)).code, 0);
    assert_eq!(place.text(), "");
}

#[test]
fn a_reader_that_went_away_is_no_failure() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let ended = run(sample(&[]).stdout(Stdio::from(writer)));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
}

#[test]
fn a_log_that_nobody_reads_is_no_failure() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    assert_eq!(run(sample(&[]).stderr(Stdio::from(writer))).code, 0);
}

#[test]
fn a_result_that_cannot_be_written_is_a_failure() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let ended = run(sample(&[]).stdout(full));
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("cannot print the result: No space left"), "{}", ended.stderr);
}
