//! Connections that are lost in the middle.

use crate::databases::{large, large_on};
use crate::program::BackupMysql;
use std::process::Command;
use testkit::{Mysql, Schema, faults, run};

journey!(a_backup_cut_off_at_any_byte_leaves_nothing(large),
    mysql_9 "mysql-9", mariadb_11 "mariadb-11");
journey!(a_cut_while_the_catalogs_are_read_is_tried_again_or_said(small),
    mysql_9 "mysql-9", mariadb_11 "mariadb-11");
journey!(a_restore_cut_off_at_any_byte_says_so(large),
    mysql_9 "mysql-9", mariadb_11 "mariadb-11");
journey!(a_drill_cut_off_drops_its_database(large),
    mysql_9 "mysql-9", mariadb_11 "mariadb-11");

const READING: &str = "cannot read the table `";

#[test]
fn a_worker_that_is_terminated_ends_the_run() {
    for release in ["mysql-9", "mariadb-11"] {
        let database = large(release);
        faults::a_worker_that_is_terminated_ends_the_run::<BackupMysql>(&database, READING, || {
            terminate_a_worker(&database);
        });
    }
}

fn terminate_a_worker(database: &Schema) {
    let worker = database.server().statement(&format!(
        "SELECT ID FROM information_schema.PROCESSLIST
         WHERE DB = '{}' AND INFO LIKE 'SELECT % FROM `%' ORDER BY ID LIMIT 1",
        database.name()
    ));
    assert_ne!(worker, "", "a worker was reading");
    database.server().statement(&format!("KILL {worker}"));
}

#[test]
fn a_server_that_crashes_ends_the_run() {
    let server = Mysql::private("mariadb-11", &[]);
    let database = large_on(&server);
    faults::a_server_that_crashes_ends_the_run::<BackupMysql>(&database, READING, || {
        let id = std::fs::read_to_string(server.folder().join("pid")).unwrap();
        run(Command::new("kill").args(["-KILL", id.trim()])).ok();
    });
}
