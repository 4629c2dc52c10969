//! What the stock client makes of our file is what the source is, by the vendor's own word.

use super::judge::{checksums, judged};
use super::store::Store;
use std::path::{Path, PathBuf};
use testkit::{Mysql, Schema};
use tests::assert_same;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("e2e/backup_mysql").join(name)
}

/// Every class of object and every type of column that the server has.
fn corpus(server: &std::sync::Arc<Mysql>) -> Schema {
    server.statement("CREATE USER IF NOT EXISTS 'nobody'@'nowhere'");
    let source = server.create_schema();
    let own = if server.is_mariadb() { "mariadb.sql" } else { "mysql.sql" };
    for name in ["corpus.sql", own] {
        let mut client = source.client();
        client.arg("--comments");
        source.file_with(client, &file(name)).ok();
    }
    source
}

#[test]
fn the_stock_client_brings_back_what_there_was() {
    for release in Mysql::RELEASES {
        let server = Mysql::start(release);
        let source = corpus(&server);
        let before = judged(&source);
        assert!(before.lines().count() > 500, "{before}");
        let store = Store::backup(&source, &[]);
        let target = server.create_schema_with("CHARACTER SET latin2");
        store.restore_by(target.client());
        assert_same(&before, &judged(&target), &format!("{release} by the stock client"));
        assert_eq!(checksums(&source), checksums(&target), "{release}");

        // What comes out of the copy is what came out of the original.
        let again = Store::backup(&target, &[]);
        assert_eq!(contents(&store), contents(&again), "{release}");
        assert_eq!(judged(&source), before, "a backup changes nothing");
    }
}

#[test]
fn restore_brings_back_what_there_was() {
    for release in Mysql::RELEASES {
        let server = Mysql::start(release);
        let source = corpus(&server);
        let store = Store::backup(&source, &[]);
        let target = server.create_schema();
        store.run(&target, "restore", &["latest", "--name", source.name(), "--jobs", "3"]).ok();
        assert_same(&judged(&source), &judged(&target), &format!("{release} by restore"));
        assert_eq!(checksums(&source), checksums(&target), "{release}");
        let url = server.server_url();
        let proven = store.run(&source, "verify", &["--restore-to", url]).ok();
        assert!(proven.contains("passed the drill"), "{proven}");
    }
}

#[test]
fn a_newer_mariadb_takes_it() {
    let (older, newer) = (Mysql::start("mariadb-10"), Mysql::start("mariadb-11"));
    let source = corpus(&older);
    newer.statement("CREATE USER IF NOT EXISTS 'nobody'@'nowhere'");
    let store = Store::backup(&source, &[]);
    let target = newer.create_schema();
    store.restore_by(target.client());
    let again = Store::backup(&target, &[]);
    assert_eq!(contents(&store), contents(&again));
}

/// Tables, rows and checksums, in the order of their names.
fn contents(store: &Store) -> Vec<String> {
    let manifest = store.manifest();
    let contents = manifest["contents"].as_array().unwrap();
    let mut lines: Vec<_> = contents.iter().map(ToString::to_string).collect();
    lines.sort();
    assert!(lines.len() > 25);
    lines
}
