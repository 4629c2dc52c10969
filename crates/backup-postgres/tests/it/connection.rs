//! Connections that are lost in the middle.

use super::databases::{MAJOR, large, small};
use super::store::BackupPostgres;
use std::fs;
use std::process::Command;
use std::time::Duration;
use testkit::{Postgres, Settings, faults, run};

#[test]
fn a_backup_cut_off_at_any_byte_leaves_nothing() {
    faults::a_backup_cut_off_at_any_byte_leaves_nothing::<BackupPostgres>(&large());
}

#[test]
fn a_cut_while_the_catalogs_are_read_is_tried_again_or_said() {
    faults::a_cut_while_the_catalogs_are_read_is_tried_again_or_said::<BackupPostgres>(&small());
}

#[test]
fn a_restore_cut_off_at_any_byte_says_so() {
    faults::a_restore_cut_off_at_any_byte_says_so::<BackupPostgres>(&large());
}

#[test]
fn a_drill_cut_off_drops_its_database() {
    faults::a_drill_cut_off_drops_its_database::<BackupPostgres>(&large());
}

const READING: &str = "cannot read table public.";

#[test]
fn a_worker_that_is_terminated_ends_the_run() {
    let database = large();
    faults::a_worker_that_is_terminated_ends_the_run::<BackupPostgres>(&database, READING, || {
        let killed = database.psql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND application_name = 'backup-postgres'
               AND state = 'active' AND query LIKE 'COPY%' ORDER BY pid LIMIT 1",
        );
        assert_eq!(killed.trim(), "t", "a worker was reading");
    });
}

#[test]
fn a_server_that_crashes_ends_the_run() {
    let server = Postgres::private(MAJOR, &Settings::default());
    let database = server.create_database();
    database.psql("CREATE TABLE big AS SELECT n, md5(n::text) FROM generate_series(1, 500000) n");
    faults::a_server_that_crashes_ends_the_run::<BackupPostgres>(&database, READING, || {
        let file = server.socket().join("data/postmaster.pid");
        let id = fs::read_to_string(&file).unwrap().lines().next().unwrap().to_owned();
        // An immediate shutdown, as by `pg_ctl stop -m immediate`.
        run(Command::new("kill").args(["-QUIT", &id])).ok();
        while file.exists() {
            std::thread::sleep(Duration::from_millis(5));
        }
    });
}
