//! No secret is ever seen: not in a log of any level, not in a result, not in a file.

use super::store::{Store, expect};
use std::fs;
use testkit::Ran;

const SECRETS: [&str; 5] = ["right", "wr0ng-w0rd", "h00k-t0ken", "gateway-w0rd", "ping-t0ken"];

/// The password of the role is a common word, so it is looked for as a word of its own.
#[track_caller]
fn assert_silent(text: &str, what: &str) {
    for word in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-') {
        assert!(!SECRETS.contains(&word), "{word} is in {what}:\n{text}");
    }
}

#[test]
fn no_output_shows_a_secret() {
    let database = super::wrong_use::locked().create_database();
    database.psql("CREATE TABLE t (n int); INSERT INTO t VALUES (1)");
    let store = Store::new();
    let termination = store.file("termination");
    let place = database.url().split_once('@').unwrap().1.to_owned();
    let drill = |word: &str| format!("postgres://locked:{word}@{place}");
    let run = |verb: &str, word: &str, arguments: &[&str]| -> Ran {
        let mut command = store.command_on(&database, verb, arguments);
        fs::write(&termination, "").unwrap();
        command
            .env("PGUSER", "locked")
            .env("PGPASSWORD", word)
            .env("NOTIFY_URL", "http://127.0.0.1:1/h00k-t0ken")
            .env("NOTIFY_ON", "always")
            .env("PUSHGATEWAY_URL", "http://ann:gateway-w0rd@127.0.0.1:1")
            .env("PING_URL", "http://127.0.0.1:1/ping-t0ken")
            .env("TERMINATION_LOG", &termination)
            .env("VERIFY_RESTORE_TO", drill(word));
        let ran = testkit::run(&mut command);
        for (text, what) in [
            (&ran.stderr, "stderr"),
            (&ran.stdout, "stdout"),
            (&fs::read_to_string(&termination).unwrap(), "the termination log"),
        ] {
            assert_silent(text, &format!("{what} of {verb} {arguments:?}"));
        }
        ran
    };
    for level in ["error", "warn", "info", "debug", "trace"] {
        for format in ["text", "json"] {
            let logs = ["--log-level", level, "--log-format", format, "--output", "json"];
            let with = |more: &[&'static str]| [&logs[..], more].concat();
            expect(&run("backup", "right", &with(&["--compress", "none"])), 0, &[]);
            expect(&run("backup", "wr0ng-w0rd", &with(&[])), 2, &["password"]);
            expect(&run("backup", "right", &with(&["--dbname", "no_such"])), 2, &["no_such"]);
            expect(&run("list", "right", &logs), 0, &[]);
            expect(&run("verify", "right", &logs), 0, &[]);
            expect(&run("verify", "wr0ng-w0rd", &logs), 2, &["password"]);
            expect(&run("restore", "right", &logs), 2, &["is not empty"]);
            expect(&run("prune", "right", &logs), 0, &[]);
        }
    }
    for name in store.names() {
        let text = String::from_utf8_lossy(&fs::read(store.file(&name)).unwrap()).into_owned();
        assert_silent(&text, &name);
    }
    let help = run("backup", "right", &["--help"]);
    assert_eq!(help.code, 0, "{}", help.stderr);
}

/// What cannot be read as a URL is not shown either.
#[test]
fn a_url_that_is_wrong_is_not_repeated() {
    let database = super::databases::small();
    let store = Store::of(&database, &[]);
    for url in [
        "postgres://ann:wr0ng-w0rd@db:port/x",
        "postgres://ann:wr0ng-w0rd@a,b/x",
        "postgresql://ann:wr0ng-w0rd@db/x?sslmode=never",
        "mysql://ann:wr0ng-w0rd@db/x",
        "wr0ng-w0rd",
        "postgres://ann:wr0ng-w0rd@no-such-host.invalid/x",
    ] {
        for level in ["info", "trace"] {
            let mut command = store.command_on(&database, "verify", &["--log-level", level]);
            let ran = testkit::run(command.env("VERIFY_RESTORE_TO", url));
            assert_ne!(ran.code, 0);
            assert_silent(&format!("{}{}", ran.stderr, ran.stdout), url);
        }
    }
}
