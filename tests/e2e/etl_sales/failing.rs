//! Servers that are away, a signal in the middle, a disk that is full: the code tells, and no row is there
//! without its files.

use super::shop::Shop;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;
use testkit::{Disk, Running, run};

const DAY: &str = "--date=2026-11-26";

#[test]
fn a_server_that_is_away_is_worth_another_try() {
    let shop = Shop::small(15);
    let ran = run(shop.command(&[DAY]).env("WAIT", "1s").env("PGPORT", "1"));
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("127.0.0.1:1"), "{}", ran.stderr);
}

#[test]
fn a_signal_ends_it_and_the_statement_of_the_server() {
    let shop = Shop::small(16);
    // A view that takes its time.
    shop.database.psql(
        "ALTER TABLE orders RENAME TO kept;
        CREATE VIEW orders AS SELECT kept.* FROM kept, (SELECT pg_sleep(100)) slow",
    );
    let mut running = Running::start(&mut shop.command(&[DAY]));
    let sessions = || {
        shop.database.psql(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'etl-sales'
            AND datname = current_database() AND query LIKE 'WITH lines%'",
        )
    };
    running.until("statement", || sessions().trim() == "1");
    running.terminate();
    let ran = running.ends_within(Duration::from_secs(5));
    assert_eq!(ran.code, 143, "{}", ran.stderr);
    let deadline = std::time::Instant::now() + Duration::from_secs(10);
    while sessions().trim() != "0" {
        assert!(std::time::Instant::now() < deadline, "the server goes on");
    }
    assert!(shop.files().is_empty(), "{:?}", shop.files());
    let table = shop.database.psql("SELECT to_regclass('daily_sales_reports')");
    assert_eq!(table.trim(), "");
}

#[test]
fn no_row_is_written_where_the_files_cannot_be() {
    let shop = Shop::small(17);
    let disk = Disk::new("1m");
    disk.fill(0);
    let ran = shop.run(&[DAY, "--reports", disk.path().to_str().unwrap()]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("space"), "{}", ran.stderr);
    assert_eq!(shop.database.psql("SELECT to_regclass('daily_sales_reports')").trim(), "");
}

#[test]
fn a_folder_that_may_not_be_written_is_wrong_use() {
    let shop = Shop::small(18);
    std::fs::set_permissions(shop.folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let ours = shop.command(&[DAY]);
    let mut command = std::process::Command::new("setpriv");
    command.args(["--reuid=65532", "--regid=65532", "--clear-groups"]);
    command.arg(ours.get_program()).args(ours.get_args());
    for (name, value) in ours.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    let ran = run(&mut command);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.to_lowercase().contains("permission denied"), "{}", ran.stderr);
    assert_eq!(shop.database.psql("SELECT to_regclass('daily_sales_reports')").trim(), "");
}

#[test]
fn a_connection_that_is_lost_in_the_middle_is_made_again() {
    let shop = Shop::small(14);
    shop.database.psql(
        "ALTER TABLE orders RENAME TO kept;
        CREATE VIEW orders AS SELECT kept.* FROM kept, (SELECT pg_sleep(1)) slow",
    );
    let mut running = Running::start(&mut shop.command(&[DAY]));
    let ended = || {
        shop.database.psql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE application_name = 'etl-sales' AND datname = current_database()
            AND query LIKE 'WITH lines%'",
        )
    };
    running.until("statement", || ended().trim() == "t");
    let ran = running.ends_within(Duration::from_secs(30));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("cannot report 2026-11-26 yet"), "{}", ran.stderr);
    assert_eq!(shop.rows(), "2026-11-26|103.50|15|3|tea\n");
}
