//! The same in a bucket.

use super::shelf::{Shelf, said, strings};
use std::collections::BTreeSet;
use std::fs;
use testkit::{S3, run};
use tests::program;

#[test]
fn a_bucket_is_cleaned_like_a_directory() {
    let server = S3::versity();
    server.create_bucket("backups");
    let shelf = Shelf::new();
    let old = shelf.add("postgres", "shop", 40);
    shelf.add("volume", "media", 40);
    fs::write(shelf.path().join("postgres-shop-20200101T000000Z.sql.gz"), "an orphan").unwrap();
    for file in shelf.files() {
        let bytes = fs::read(shelf.path().join(&file)).unwrap();
        server.put("backups", &format!("all/{file}"), &bytes);
        // Another prefix is another store.
        server.put("backups", &format!("all2/{file}"), &bytes);
    }
    let before = server.keys("backups", "");
    let clean = |arguments: &[&str]| {
        let mut command = program("cleanup-backups");
        command.envs(server.environment()).env("BACKUP_STORE", "s3://backups/all");
        let ran = run(command.args(["--keep-last=1", "--output=json"]).args(arguments));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran
    };
    let planned = said(&clean(&["--dry-run"]), "planned");
    assert_eq!(strings(&planned["removed"]), BTreeSet::from([old.clone()]));
    assert_eq!(server.keys("backups", ""), before);
    let cleaned = said(&clean(&[]), "cleaned");
    assert_eq!(cleaned["removed"], planned["removed"]);
    let mut left = before;
    left.retain(|key| !key.starts_with(&format!("all/{old}")));
    assert_eq!(server.keys("backups", ""), left);
}
