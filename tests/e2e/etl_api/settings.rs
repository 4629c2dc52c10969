//! What may be set, in which ways, and what is said about a mistake.

use super::server::Server;
use super::world::{SIMPLE, World, counts, ended, items};
use std::io::Write;
use testkit::run;

#[test]
fn a_mistake_in_the_settings_is_named_and_nothing_is_asked() {
    let server = Server::of(&items(1, 3));
    let world = World::new(14, SIMPLE);
    for (variable, value, word) in [
        ("API_URL", "", "set API_URL"),
        ("API_URL", "ftp://host/s3cret", "http or https"),
        ("API_URL", "https://me:s3cret@host/", "API_USER and API_PASSWORD"),
        ("CONFIG", "", "--config"),
        ("CONFIG", "/nowhere.yaml", "/nowhere.yaml"),
        ("API_TIMEOUT", "soon", "90s"),
        ("MAX_DELETE", "all", "100 or 10%"),
        ("DATABASE_URL", "mysql://x/s3cret", "PostgreSQL URL"),
    ] {
        let mut command = world.command(&server.url, &[]);
        if variable == "DATABASE_URL" {
            command.env_remove("PGHOST");
        }
        let ran = run(command.env(variable, value));
        ended(&ran, 2, &[word]);
        assert!(!ran.stderr.contains("s3cret"), "{}", ran.stderr);
    }
    for (config, word) in [
        ("table: {name: t, key: []}\ncolumns: {id: {}}", "names no column"),
        ("table: {name: t, key: [x]}\ncolumns: {id: {}}", "the key x is not among the columns"),
        ("table: {name: t, key: [id, id]}\ncolumns: {id: {}}", "twice"),
        ("table: {name: t, key: [id], synced: id}\ncolumns: {id: {}}", "keep one"),
        ("table: {name: t, key: [id]}\ncolumns: {id: {type: json}}", "JSON cannot be a key"),
        ("table: {name: t, key: [id]}\ncolumns: {id: {format: unix}}", "has a format"),
        (
            "table: {name: t, key: [id]}\ncolumns: {id: {}, a: {type: time, zone: Mars}}",
            "tz database",
        ),
        (
            "table: {name: t, key: [id]}\ncolumns: {id: {}, a: {type: integer, default: x}}",
            "is no number",
        ),
        ("table: {name: t, key: [id]}\ncolumns: {id: {}, a: {typ: text}}", "line 2, column"),
        (
            "table: {name: t, key: [id], remove-missing: true}\ncolumns: {id: {}}\nincremental: {param: a, field: b}",
            "remove-missing needs all records",
        ),
        ("source: {auth: bearer}\ntable: {name: t, key: [id]}\ncolumns: {id: {}}", "wants API_KEY"),
        ("source: {auth: basic}\ntable: {name: t, key: [id]}\ncolumns: {id: {}}", "wants API_USER"),
        (
            "source: {headers: {Authorization: x}}\ntable: {name: t, key: [id]}\ncolumns: {id: {}}",
            "is a secret",
        ),
        ("source: {rate: 0}\ntable: {name: t, key: [id]}\ncolumns: {id: {}}", "source.rate"),
    ] {
        world.configure(config);
        ended(&world.run(&server, &[]), 2, &[word]);
    }
    assert!(server.requests().is_empty());
}

fn file(content: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(content.as_bytes()).unwrap();
    file
}

#[test]
fn who_asks_is_told_in_three_ways_and_secrets_may_lie_in_files() {
    let server = Server::of(&items(1, 3));
    for (source, variables, header, wanted) in [
        ("{auth: bearer}", &[("API_KEY", "k1")][..], "authorization", "Bearer k1"),
        ("{}", &[("API_KEY", "k2")], "authorization", "Bearer k2"),
        (
            "{}",
            &[("API_USER", "ann"), ("API_PASSWORD", "p:w")],
            "authorization",
            "Basic YW5uOnA6dw==",
        ),
        ("{auth: {header: X-Api-Key}}", &[("API_KEY", "k3")], "x-api-key", "k3"),
    ] {
        let world = World::new(15, &format!("source: {source}\n{SIMPLE}"));
        let mut command = world.command(&server.url, &["--log-level=trace"]);
        let files: Vec<_> =
            variables.iter().map(|(_, value)| file(&format!("{value}\n"))).collect();
        for ((name, _), file) in variables.iter().zip(&files) {
            command.env(format!("{name}_FILE"), file.path());
        }
        let ran = run(&mut command);
        ended(&ran, 0, &[]);
        assert_eq!(server.requests().last().unwrap().headers[header], wanted);
        for (_, value) in variables.iter().filter(|(name, _)| *name != "API_USER") {
            assert!(!ran.stderr.contains(value), "{value}: {}", ran.stderr);
        }
        let request = server.requests().pop().unwrap();
        assert_eq!(request.headers["accept"], "application/json");
    }
    let world = World::new(
        15,
        &format!("source: {{auth: none, headers: {{Accept: a/b, X-N: 7}}}}\n{SIMPLE}"),
    );
    run(world.command(&server.url, &[]).env("API_KEY", "k")).ok();
    let headers = server.requests().pop().unwrap().headers;
    assert!(!headers.contains_key("authorization"));
    assert_eq!((headers["accept"].as_str(), headers["x-n"].as_str()), ("a/b", "7"));
}

#[test]
fn url_and_database_may_lie_in_files_and_a_query_stays() {
    let server = Server::of(&items(1, 3));
    let world = World::new(16, &format!("source: {{query: {{b: 2}}}}\n{SIMPLE}"));
    let url = file(&format!("{}/items?a=%20x&key=s3cret", server.url));
    let database = file(&world.database.url());
    let mut command = world.command("", &["--log-level=debug"]);
    for (name, _) in world.database.environment() {
        command.env_remove(name);
    }
    command.env("API_URL_FILE", url.path()).env("DATABASE_URL_FILE", database.path());
    let ran = run(&mut command);
    ended(&ran, 0, &["127.0.0.1"]);
    assert!(!ran.stderr.contains("s3cret") && !ran.stdout.contains("s3cret"), "{}", ran.stderr);
    assert_eq!(counts(&serde_json::from_str(&ran.stdout).unwrap()), [3, 0, 0]);
    let query = &server.requests()[0].query;
    assert_eq!(
        (query["a"].as_str(), query["key"].as_str(), query["b"].as_str()),
        (" x", "s3cret", "2")
    );
}
