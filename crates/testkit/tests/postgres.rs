//! The servers work, are shared, and do not outlive their process.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use testkit::Postgres;

#[test]
fn every_major_starts_and_says_its_version() {
    for major in [13, 14, 15, 16, 17, 18] {
        let database = Postgres::start(major).create_database();
        let version = database.psql("SHOW server_version_num");
        assert!(version.starts_with(&major.to_string()), "{version}");
        assert!(database.pg_dump(&["--schema-only"]).contains("PostgreSQL database dump"));
    }
}

#[test]
fn a_server_is_shared_and_a_database_is_not() {
    let (one, two) = (Postgres::start(15), Postgres::start(15));
    assert_eq!(one.port(), two.port());
    let name = {
        let (a, b) = (one.create_database(), two.create_database());
        a.psql("CREATE TABLE t (a int)");
        assert_eq!(b.psql("SELECT to_regclass('t') IS NULL").trim(), "t");
        a.name().to_owned()
    };
    let left = one.statement(&format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'"));
    assert_eq!(left.trim(), "0");
}

#[test]
fn an_sql_error_is_shown() {
    let database = Postgres::start(15).create_database();
    let ran = database.try_psql(&["-c", "SELECT 1/0"]);
    assert_ne!(ran.code, 0);
    assert!(ran.stderr.contains("division by zero"), "{}", ran.stderr);
}

/// Not a test of its own: what the next one kills.
#[test]
#[ignore = "run by a_server_dies_with_its_process"]
fn print_the_folder_and_hang() {
    let server = Postgres::start(15);
    println!("folder={}", server.socket().display());
    std::io::read_to_string(std::io::stdin()).unwrap();
}

#[test]
fn a_server_dies_with_its_process() {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "print_the_folder_and_hang", "--nocapture"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    let folder = lines
        .map_while(Result::ok)
        .find_map(|line| line.split_once("folder=").map(|(_, folder)| folder.to_owned()))
        .expect("it says where");
    let folder = std::path::Path::new(&folder);
    assert!(folder.exists());
    child.kill().unwrap();
    child.wait().unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while folder.exists() {
        assert!(Instant::now() < deadline, "the server outlived its process");
        std::thread::sleep(Duration::from_millis(20));
    }
}
