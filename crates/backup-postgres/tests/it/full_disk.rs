//! Stores without room, and stores that may not be written.

use super::databases::{large, small};
use super::store::BackupPostgres;
use testkit::faults;

#[test]
fn a_full_disk_costs_nothing_but_this_run() {
    faults::a_full_disk_costs_nothing_but_this_run::<BackupPostgres>(&small(), &large());
}

#[test]
fn a_disk_that_is_full_at_the_last_moment_costs_nothing_either() {
    faults::a_disk_that_is_full_at_the_last_moment_costs_nothing_either::<BackupPostgres>(&small());
}

#[test]
fn a_disk_mounted_read_only_is_said_before_anything_is_done() {
    faults::a_disk_mounted_read_only_is_said_before_anything_is_done::<BackupPostgres>(&small());
}

#[test]
fn a_folder_of_somebody_else_is_said_with_what_to_do() {
    faults::a_folder_of_somebody_else_is_said_with_what_to_do::<BackupPostgres>(&small());
}
