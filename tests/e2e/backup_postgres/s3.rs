//! Straight to S3 and back: every verb, kills, signals, and what must never be said.

use super::corpus;
use super::store::{feed, judged};
use serde_json::Value;
use std::process::{Command, Stdio};
use std::time::Duration;
use testkit::{Damage, Database, Postgres, Ran, Running, S3, Trouble, Weather, moments, run};
use tests::program;

/// Some 12 MB once compressed: three parts.
const ROWS: &str = "
CREATE TABLE visit (id bigint PRIMARY KEY, page text NOT NULL);
INSERT INTO visit SELECT i, md5(i::text) || md5((i * 7)::text) FROM generate_series(1, 300000) i;
CREATE INDEX ON visit (page);
";

/// A bucket, and a database that is backed up into it.
pub(crate) struct Remote<'a> {
    pub(crate) server: &'a S3,
    pub(crate) bucket: String,
    pub(crate) database: Database,
}

impl<'a> Remote<'a> {
    pub(crate) fn new(server: &'a S3, rows: &str) -> Self {
        let database = Postgres::start(15).create_database();
        database.psql(rows);
        // Names of buckets are stricter than those of databases.
        let bucket = database.name().replace('_', "-");
        server.create_bucket(&bucket);
        Self { server, bucket, database }
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.command_for(&self.database, arguments)
    }

    pub(crate) fn command_for(&self, database: &Database, arguments: &[&str]) -> Command {
        let mut command = program("backup-postgres");
        command.args(arguments).envs(database.environment()).envs(self.server.environment());
        command.env("BACKUP_STORE", format!("s3://{}/nightly/shop", self.bucket));
        command.env("BACKUP_NAME", self.database.name());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        run(&mut self.command(arguments))
    }

    pub(crate) fn keys(&self) -> Vec<String> {
        self.server.keys(&self.bucket, "")
    }

    /// The key of the one artifact.
    pub(crate) fn artifact(&self) -> String {
        let mut keys = self.keys();
        keys.retain(|key| !key.ends_with(".manifest.json"));
        assert_eq!(keys.len(), 1, "{keys:?}");
        keys.remove(0)
    }

    fn list(&self) -> Value {
        serde_json::from_str(&self.run(&["list", "--output", "json"]).ok()).unwrap()
    }
}

#[test]
fn every_verb_works_in_s3() {
    let server = S3::versity();
    let remote = Remote::new(&server, ROWS);
    let made = remote.run(&["backup", "--log-level", "trace"]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    let (id, secret) = S3::keys_to_it();
    for text in [&made.stdout, &made.stderr] {
        assert!(!text.contains(secret) && !text.contains(id), "a secret is in the log");
    }
    assert!(made.stderr.contains("s3://"), "{}", made.stderr);
    let keys = remote.keys();
    assert_eq!(keys.len(), 2, "{keys:?}");
    assert_eq!(keys[1], format!("{}.manifest.json", keys[0]));
    let manifest = String::from_utf8(server.object(&remote.bucket, &keys[1])).unwrap();
    assert!(!manifest.contains(secret) && !manifest.contains(id), "{manifest}");

    let listed = remote.list();
    assert_eq!(listed["backups"][0]["rows"], 300_000, "{listed}");
    assert_eq!(listed["backups"][0]["verified"], true, "{listed}");
    let verified = remote.run(&["verify"]);
    assert_eq!(verified.code, 0, "{}", verified.stderr);
    let url = remote.database.url();
    let drilled = remote.run(&["verify", "--restore-to", &url]);
    assert_eq!(drilled.code, 0, "{}", drilled.stderr);

    let ours = corpus::empty(remote.database.server(), "s3");
    run(&mut remote.command_for(&ours, &["restore"])).ok();
    let theirs = corpus::empty(remote.database.server(), "s3");
    by_stock_tools(&remote, &theirs);
    let wanted = judged(&remote.database, "s3", &[]);
    assert_eq!(judged(&ours, "s3", &[]), wanted);
    assert_eq!(judged(&theirs, "s3", &[]), wanted);

    // Names are of seconds.
    std::thread::sleep(Duration::from_millis(1100));
    remote.run(&["backup", "--no-prune"]).ok();
    assert_eq!(remote.keys().len(), 4);
    let keep = ["prune", "--keep-days", "0", "--keep-last", "1"];
    let dry = remote.run(&[&keep[..], &["--dry-run"]].concat()).ok();
    assert!(dry.contains(&keys[0]["nightly/shop/".len()..]), "{dry}");
    assert_eq!(remote.keys().len(), 4);
    remote.run(&keep).ok();
    assert_eq!(remote.keys().len(), 2);
    assert!(!remote.keys().contains(&keys[0]));

    damage_is_found(&remote);
}

/// `aws s3 cp … - | gunzip | psql`.
fn by_stock_tools(remote: &Remote<'_>, target: &Database) {
    let url = format!("s3://{}/{}", remote.bucket, remote.artifact());
    let mut copy = remote.server.aws();
    let mut copy = copy.args(["s3", "cp", &url, "-"]).stdout(Stdio::piped()).spawn().unwrap();
    let packed = copy.stdout.take().unwrap();
    let mut gunzip = Command::new("gunzip").stdin(packed).stdout(Stdio::piped()).spawn().unwrap();
    feed(target, gunzip.stdout.take().unwrap().into());
    assert!(copy.wait().unwrap().success() && gunzip.wait().unwrap().success());
}

fn damage_is_found(remote: &Remote<'_>) {
    let key = remote.artifact();
    let whole = remote.server.object(&remote.bucket, &key);
    for damage in [Damage::Flip { at: whole.len() / 2, bit: 3 }, Damage::Cut(whole.len() - 1)] {
        remote.server.put(&remote.bucket, &key, &damage.to(&whole));
        let found = remote.run(&["verify"]);
        assert_eq!(found.code, 3, "{damage:?}: {}", found.stderr);
        let refused = remote.run(&["restore", "--clean"]);
        assert_eq!(refused.code, 3, "{damage:?}: {}", refused.stderr);
    }
    remote.server.delete(&remote.bucket, &key);
    assert_eq!(remote.run(&["verify"]).code, 3);
    assert_eq!(remote.run(&["list"]).code, 4);
}

#[test]
fn a_run_that_is_killed_leaves_nothing_false_and_the_next_one_sweeps() {
    let server = S3::moto();
    let remote = Remote::new(&server, ROWS);
    let mut first = remote.command(&["backup"]);
    let started = std::time::Instant::now();
    run(&mut first).ok();
    let whole = started.elapsed();
    let mut killed = 0;
    for moment in moments(3, 12, whole) {
        let mut running = Running::start(&mut remote.command(&["backup"]));
        if running.reaches(moment) {
            killed += 1;
        }
        running.kill();
        running.ends_within(Duration::from_secs(10));
        // Whatever has a manifest is whole.
        let listed = remote.list();
        for backup in listed["backups"].as_array().unwrap() {
            assert_eq!(backup["problem"], Value::Null, "{moment:?}: {listed}");
        }
        assert_eq!(listed["unreadable"], Value::Array(Vec::new()), "{moment:?}: {listed}");
    }
    assert!(killed >= 6, "{killed} of 12 were killed");
    std::thread::sleep(Duration::from_millis(1100));
    let last = remote.run(&["backup", "--leftover-age", "0s"]);
    assert_eq!(last.code, 0, "{}", last.stderr);
    assert_eq!(server.uploads(&remote.bucket), [""; 0]);
    let keys = remote.keys();
    assert!(keys.iter().all(|key| !key.ends_with(".partial")), "{keys:?}");
    for key in keys.iter().filter(|key| !key.ends_with(".manifest.json")) {
        assert!(keys.contains(&format!("{key}.manifest.json")), "{key} of {keys:?}");
    }
    assert_eq!(remote.run(&["verify"]).code, 0);
}

#[test]
fn a_run_that_is_told_to_stop_removes_what_it_made() {
    let server = S3::moto();
    let remote = Remote::new(&server, ROWS);
    // A part that never arrives.
    let weather = Weather::start(server.port(), |_, line| {
        line.contains("partNumber=2").then_some(Trouble::Stall)
    });
    let mut command = remote.command(&["backup"]);
    command.env("AWS_ENDPOINT_URL", server.url_at(weather.port()));
    let mut running = Running::start(&mut command);
    assert!(running.until("part", || weather.troubled() > 0), "it ended too early");
    assert_eq!(server.uploads(&remote.bucket).len(), 1);
    running.terminate();
    let stopped = running.ends_within(Duration::from_secs(5));
    assert_eq!(stopped.code, 143, "{}", stopped.stderr);
    assert_eq!(remote.keys(), [""; 0], "{}", stopped.stderr);
    assert_eq!(server.uploads(&remote.bucket), [""; 0]);
}

#[test]
fn what_is_wrong_with_the_settings_ends_with_2() {
    let server = S3::versity();
    let remote = Remote::new(&server, "CREATE TABLE t ()");
    let cases: [(&str, &str, &str); 6] = [
        ("AWS_SECRET_ACCESS_KEY", "wr0ng", "AWS_SECRET_ACCESS_KEY"),
        ("AWS_REGION", "us-west-2", "AWS_REGION"),
        ("BACKUP_STORE", "s3://no-such-bucket/x", "no-such-bucket"),
        ("S3_STORAGE_CLASS", "GLACIER", "GLACIER_IR"),
        ("AWS_CA_BUNDLE", "/no/such/file", "AWS_CA_BUNDLE"),
        ("AWS_ACCESS_KEY_ID", "", "AWS_SECRET_ACCESS_KEY is set, but not AWS_ACCESS_KEY_ID"),
    ];
    for (name, value, said) in cases {
        let refused = run(remote.command(&["backup"]).env(name, value));
        assert_eq!(refused.code, 2, "{name}: {}", refused.stderr);
        assert!(refused.stderr.contains(said), "{name}: {}", refused.stderr);
        assert!(!refused.stderr.contains("wr0ng"), "{}", refused.stderr);
    }
    // No credentials at all, and nobody to ask.
    let mut none = remote.command(&["list"]);
    none.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    none.env("AWS_EC2_METADATA_DISABLED", "true").env("HOME", "/nowhere");
    let none = run(&mut none);
    assert_eq!(none.code, 2, "{}", none.stderr);
    assert!(none.stderr.contains("there are no credentials for S3"), "{}", none.stderr);
    assert_eq!(remote.keys(), [""; 0]);
}

#[test]
fn credentials_may_come_from_files_and_profiles() {
    let server = S3::versity();
    let remote = Remote::new(&server, "CREATE TABLE t ()");
    let (id, secret) = S3::keys_to_it();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let without = || {
        let mut command = remote.command(&["backup"]);
        command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
        command
    };
    let mut files = without();
    files.env("AWS_ACCESS_KEY_ID_FILE", path("id", &format!("{id}\n")));
    files.env("AWS_SECRET_ACCESS_KEY_FILE", path("secret", &format!("{secret}\n")));
    run(&mut files).ok();
    let profile = format!("[night]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n");
    let mut shared = without();
    shared.env("AWS_PROFILE", "night");
    shared.env("AWS_SHARED_CREDENTIALS_FILE", path("credentials", &profile));
    std::thread::sleep(Duration::from_millis(1100));
    run(&mut shared).ok();
    assert_eq!(remote.keys().len(), 4);
}
