//! Metrics, notices and pings, against a real HTTP server.

use crate::process::{Place, run, sample};
use crate::server::Server;
use serde_json::{Value, json};

#[test]
fn a_success_is_pinged_and_pushed_and_no_notice() {
    let server = Server::start(200);
    let mut command = sample(&[]);
    command.env("PING_URL", format!("{}/ping/uuid", server.url));
    command.env("PUSHGATEWAY_URL", &server.url).env("METRICS_JOB", "shop");
    command.env("NOTIFY_URL", format!("{}/hook", server.url));
    let ended = run(&mut command);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let mut lines = server.lines();
    assert_eq!(lines.remove(0), "GET /ping/uuid/start");
    lines.sort();
    assert_eq!(lines, ["GET /ping/uuid", "POST /metrics/job/shop"]);
    let metrics = server.requests().into_iter().find(|r| r.line.starts_with("POST")).unwrap();
    assert!(metrics.headers.contains("content-type: text/plain"), "{}", metrics.headers);
    for line in ["success", "last_success_timestamp_seconds", "items", "bytes", "duration_seconds"]
    {
        let line = format!("\nnightshift_{line}{{task=\"sample\",job=\"shop\"}} ");
        assert!(metrics.body.contains(&line), "{line}: {}", metrics.body);
    }
    assert!(metrics.body.contains("nightshift_items{task=\"sample\",job=\"shop\"} 3\n"));
}

#[test]
fn a_failure_is_pinged_pushed_without_last_success_and_noticed() {
    let server = Server::start(200);
    let mut command = sample(&["panic"]);
    command.env("PING_URL", format!("{}/ping", server.url));
    command.env("PUSHGATEWAY_URL", &server.url);
    command.env("NOTIFY_URL", format!("{0}/hook,slack+{0}/slack,ntfy+{0}/ntfy", server.url));
    assert_eq!(run(&mut command).code, 1);
    let mut lines = server.lines();
    assert_eq!(lines.remove(0), "GET /ping/start");
    lines.sort();
    let expected =
        ["GET /ping/fail", "POST /hook", "POST /metrics/job/sample", "POST /ntfy", "POST /slack"];
    assert_eq!(lines, expected);

    let body = |line: &str| {
        let requests = server.requests();
        requests.into_iter().find(|request| request.line == line).unwrap()
    };
    let metrics = body("POST /metrics/job/sample").body;
    assert!(metrics.contains("nightshift_success{task=\"sample\",job=\"sample\"} 0\n"));
    assert!(!metrics.contains("last_success"), "{metrics}");
    let hook: Value = serde_json::from_str(&body("POST /hook").body).unwrap();
    assert_eq!(hook["error"], "the program has a bug: the sky falls");
    assert_eq!((&hook["task"], &hook["exit_code"]), (&json!("sample"), &json!(1)));
    let slack: Value = serde_json::from_str(&body("POST /slack").body).unwrap();
    let text = slack["text"].as_str().unwrap();
    assert!(text.starts_with("*sample failed after "), "{text}");
    assert!(text.ends_with("\nthe program has a bug: the sky falls"), "{text}");
    let ntfy = body("POST /ntfy");
    assert_eq!(ntfy.body, "the program has a bug: the sky falls");
    assert!(ntfy.headers.contains("priority: high"), "{}", ntfy.headers);
}

#[test]
fn a_success_is_noticed_when_always_and_urls_come_from_a_file() {
    let server = Server::start(200);
    let urls = Place::holding(&format!("{0}/one\n{0}/two\n", server.url));
    let mut command = sample(&["--notify-on", "always"]);
    assert_eq!(run(command.env("NOTIFY_URL_FILE", &urls.0)).code, 0);
    let mut lines = server.lines();
    lines.sort();
    assert_eq!(lines, ["POST /one", "POST /two"]);
    let hook: Value = serde_json::from_str(&server.requests()[0].body).unwrap();
    assert_eq!((&hook["status"], &hook["items"]), (&json!("done"), &json!(3)));
}

#[test]
fn what_cannot_be_sent_is_a_warning_that_names_the_host_alone() {
    let server = Server::start(500);
    let mut command = sample(&["--notify-on", "always"]);
    command.env("PING_URL", format!("{}/s3cret", server.url));
    command.env("NOTIFY_URL", format!("{}/s3cret?s3cret", server.url));
    command.env("PUSHGATEWAY_URL", server.url.replace("//", "//user:s3cret@"));
    let ended = run(&mut command);
    assert_eq!(ended.code, 0);
    for what in ["ping", "notice", "metrics"] {
        let said = format!("WARN cannot send the {what} to 127.0.0.1: ");
        assert!(ended.stderr.contains(&said), "{}", ended.stderr);
    }
    assert!(ended.stderr.contains("500"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("s3cret"), "{}", ended.stderr);
}

#[test]
fn a_dry_run_is_between_us() {
    let server = Server::start(200);
    let file = Place::new();
    for verb in ["done", "panic"] {
        let mut command = sample(&["--dry-run", verb]);
        command.env("PING_URL", &server.url).env("PUSHGATEWAY_URL", &server.url);
        command.env("NOTIFY_URL", &server.url).env("NOTIFY_ON", "always");
        run(command.env("METRICS_FILE", &file.0));
    }
    assert_eq!(server.lines(), Vec::<String>::new());
    assert!(!file.0.exists());
}

#[test]
fn the_textfile_keeps_the_last_success_over_a_failure() {
    let file = Place::new();
    let last_success = || {
        let text = file.text();
        let line = text.lines().find(|line| line.starts_with("nightshift_last_success"));
        line.unwrap().to_owned()
    };
    assert_eq!(run(sample(&[]).env("METRICS_FILE", &file.0)).code, 0);
    let good = last_success();
    assert_eq!(run(sample(&["error", "1"]).env("METRICS_FILE", &file.0)).code, 1);
    assert_eq!(last_success(), good);
    assert!(file.text().contains("nightshift_success{task=\"sample\",job=\"sample\"} 0\n"));
}

#[test]
fn a_textfile_that_cannot_be_written_is_a_warning() {
    let ended = run(sample(&[]).env("METRICS_FILE", "/nowhere/x.prom"));
    assert_eq!(ended.code, 0);
    assert!(ended.stderr.contains("cannot write /nowhere/x.prom"), "{}", ended.stderr);
}
