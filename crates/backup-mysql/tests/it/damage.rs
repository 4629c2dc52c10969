//! Bytes of an artifact that are not what they were. What the file holds is the same whatever server it
//! comes from, so one release for each codec is enough.

use crate::databases::small;
use crate::program::BackupMysql;
use testkit::faults;

#[test]
fn every_harm_is_found_in_gzip() {
    faults::every_harm_is_found::<BackupMysql>(&small("mysql-9"), "gzip:6");
}

#[test]
fn every_harm_is_found_in_zstd() {
    faults::every_harm_is_found::<BackupMysql>(&small("mariadb-11"), "zstd:3");
}

/// Without compression nothing but our own sums tells.
#[test]
fn every_harm_is_found_in_plain_text() {
    faults::every_harm_is_found::<BackupMysql>(&small("mariadb-10"), "none");
}

#[test]
fn rows_in_another_table_are_found() {
    faults::rows_in_another_table_are_found::<BackupMysql>(&small("mysql-9"), |table, row| {
        format!("INSERT INTO `{table}` (`n`) VALUES\n({row});\n")
    });
}

journey!(an_older_artifact_of_the_same_size_is_found(small),
    mysql_9 "mysql-9", mariadb_11 "mariadb-11");
journey!(damage_while_it_restores_is_no_success(large),
    mysql_9 "mysql-9", mariadb_11 "mariadb-11");
