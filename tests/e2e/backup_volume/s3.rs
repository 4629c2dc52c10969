//! Straight to S3 and back, in a chain, encrypted.

use super::tree::{make, seen};
use std::fs;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use testkit::{S3, run};
use tests::program;

const KEY: &str = "age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z";
const IDENTITY: &str =
    "AGE-SECRET-KEY-1N9JEPW6DWJ0ZQUDX63F5A03GX8QUW7PXDE39N8UYF82VZ9PC8UFS3M7XA9\n";

fn second() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

#[test]
fn a_chain_in_s3_comes_back_and_stock_tools_open_a_full_one() {
    let server = S3::versity();
    server.create_bucket("volumes");
    let (tree, to, key) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    make(tree.path());
    let identity = key.path().join("identity");
    fs::write(&identity, IDENTITY).unwrap();
    let backup_volume = |arguments: &[&str]| {
        let mut command = program("backup-volume");
        command.envs(server.environment()).env("BACKUP_STORE", "s3://volumes/some/prefix");
        command.env("AGE_IDENTITY_FILE", &identity).env("BACKUP_NAME", "data").args(arguments);
        run(&mut command)
    };
    let source = tree.path().to_str().unwrap();
    let backup = ["backup", "--source", source, "--incremental", "--encrypt-to", KEY];
    backup_volume(&backup).ok();
    let first = second();
    fs::write(tree.path().join("plain/file05"), "changed").unwrap();
    fs::remove_file(tree.path().join("large")).unwrap();
    while second() == first {
        std::thread::sleep(Duration::from_millis(20));
    }
    backup_volume(&backup).ok();
    let keys = server.keys("volumes", "some/prefix/");
    assert_eq!(keys.len(), 4, "{keys:?}");
    backup_volume(&["verify"]).ok();
    backup_volume(&["restore", "latest", "--to", to.path().to_str().unwrap()]).ok();
    let (found, wanted) = (seen(to.path()), seen(tree.path()));
    tests::assert_same(&wanted, &found, "the tree");
    // The full one, by age and tar alone.
    let full = keys.iter().find(|key| !key.contains(".manifest.json")).unwrap();
    let file = key.path().join("full.tar.gz.age");
    fs::write(&file, server.object("volumes", full)).unwrap();
    let plain = key.path().join("full.tar.gz");
    let mut age = Command::new(testkit::installed("s3/age"));
    run(age.arg("-d").arg("-i").arg(&identity).arg("-o").arg(&plain).arg(&file)).ok();
    let listed = run(Command::new("tar").arg("tzf").arg(&plain)).ok();
    assert!(listed.lines().any(|line| line == "./large"), "{listed}");
}
