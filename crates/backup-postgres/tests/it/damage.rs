//! Bytes of an artifact that are not what they were.

use super::databases::{large, small};
use super::store::BackupPostgres;
use testkit::faults;

#[test]
fn every_harm_is_found_in_gzip() {
    faults::every_harm_is_found::<BackupPostgres>(&small(), "gzip:6");
}

#[test]
fn every_harm_is_found_in_zstd() {
    faults::every_harm_is_found::<BackupPostgres>(&small(), "zstd:3");
}

/// Without compression nothing but our own sums tells.
#[test]
fn every_harm_is_found_in_plain_text() {
    faults::every_harm_is_found::<BackupPostgres>(&small(), "none");
}

#[test]
fn an_older_artifact_of_the_same_size_is_found() {
    faults::an_older_artifact_of_the_same_size_is_found::<BackupPostgres>(&small());
}

#[test]
fn rows_in_another_table_are_found() {
    faults::rows_in_another_table_are_found::<BackupPostgres>(&small(), |table, row| {
        format!("COPY \"public\".\"{table}\" (\"n\") FROM stdin;\n{row}\n\\.\n")
    });
}

#[test]
fn damage_while_it_restores_is_no_success() {
    faults::damage_while_it_restores_is_no_success::<BackupPostgres>(&large());
}
