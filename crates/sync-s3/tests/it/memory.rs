//! A million keys in little memory: the server is a stub that makes them up, so that it does not
//! matter how long it would take to put them.

use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::time::Duration;
use testkit::Running;

const KEYS: u64 = 1_000_000;
const PAGE: u64 = 1000;
const MOST_KIB: u64 = 64 << 10;

/// Lists the same million keys for every bucket, and knows nothing else.
fn stub() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let client = client.unwrap();
            std::thread::spawn(move || serve(&client));
        }
    });
    port
}

fn serve(client: &TcpStream) {
    client.set_nodelay(true).unwrap();
    let mut lines = BufReader::new(client).lines();
    while let Some(Ok(first)) = lines.next() {
        while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
        let body = if first.contains("uploads") {
            "<ListMultipartUploadsResult></ListMultipartUploadsResult>".to_owned()
        } else {
            let from = first.split("continuation-token=").nth(1).unwrap_or("0");
            let digits: String = from.chars().take_while(char::is_ascii_digit).collect();
            page(digits.parse().unwrap())
        };
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        if { client }.write_all(format!("{head}{body}").as_bytes()).is_err() {
            return;
        }
    }
}

fn page(from: u64) -> String {
    let to = KEYS.min(from + PAGE);
    let mut xml = "<ListBucketResult><EncodingType>url</EncodingType>".to_owned();
    for key in from..to {
        xml += &format!(
            "<Contents><Key>x/some/folder/file-{key:09}.log</Key>\
             <LastModified>2026-01-02T03:04:05.000Z</LastModified>\
             <ETag>\"5d41402abc4b2a76b9719d911017c592\"</ETag><Size>5</Size>\
             <StorageClass>STANDARD</StorageClass></Contents>"
        );
    }
    if to < KEYS {
        xml += &format!(
            "<IsTruncated>true</IsTruncated><NextContinuationToken>{to}</NextContinuationToken>"
        );
    }
    xml + "</ListBucketResult>"
}

/// The most memory that it had, in KiB, and what it said.
fn measured(port: u16, arguments: &[&str]) -> (u64, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sync-s3"));
    command.env_clear().args(arguments).env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}"));
    command.env("AWS_ACCESS_KEY_ID", "id").env("AWS_SECRET_ACCESS_KEY", "secret");
    let mut running = Running::start(&mut command);
    let status = format!("/proc/{}/status", running.id());
    let mut most = 0;
    while running.runs_for(Duration::from_millis(20)) {
        let status = std::fs::read_to_string(&status).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let now = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        most = most.max(now.unwrap_or(0));
    }
    let ran = running.ends_within(Duration::from_mins(1));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    (most, ran.stdout)
}

#[test]
fn a_million_keys_are_listed_and_compared_in_64_mib() {
    let port = stub();
    let (most, listed) = measured(port, &["ls", "--recursive", "s3://one/x"]);
    assert_eq!(listed.lines().count() as u64, KEYS);
    assert!(most < MOST_KIB, "ls: {most} KiB");
    eprintln!("ls: {most} KiB");

    let (most, done) = measured(port, &["s3://one/x", "s3://other/x", "--output", "json"]);
    let done: Value = serde_json::from_str(&done).unwrap();
    assert_eq!(done["unchanged"], KEYS, "{done}");
    assert!(most < MOST_KIB, "a sync that changes nothing: {most} KiB");
    eprintln!("a sync that changes nothing: {most} KiB");

    let (most, planned) = measured(port, &["s3://one/x", "/nowhere/x", "--dry-run"]);
    assert!(planned.lines().count() as u64 > KEYS);
    assert!(most < MOST_KIB, "a dry run that would change all: {most} KiB");
    eprintln!("a dry run that would change all: {most} KiB");
}

/// All in one folder, which has to be sorted.
#[test]
fn a_million_names_in_one_folder_are_walked_in_64_mib() {
    let folder = tempfile::Builder::new().tempdir_in("/dev/shm").unwrap();
    let below = folder.path().join("some/folder");
    std::fs::create_dir_all(&below).unwrap();
    let one = below.join("file-000000000.log");
    std::fs::write(&one, "hello").unwrap();
    for key in 1..KEYS {
        // Links take no room; a file has so many at most.
        let name = below.join(format!("file-{key:09}.log"));
        std::fs::hard_link(&one, name).unwrap();
    }
    let port = stub();
    let line = [folder.path().to_str().unwrap(), "s3://one/x", "--size-only", "--output", "json"];
    let (most, done) = measured(port, &line);
    let done: Value = serde_json::from_str(&done).unwrap();
    assert_eq!(done["unchanged"], KEYS, "{done}");
    assert!(most < MOST_KIB, "{most} KiB");
    eprintln!("walked: {most} KiB");
}
