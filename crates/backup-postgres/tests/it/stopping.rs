//! SIGTERM and SIGINT at any moment.

use super::databases::{large, small};
use super::store::BackupPostgres;
use testkit::faults;

#[test]
fn a_backup_stopped_at_any_moment_leaves_nothing() {
    faults::a_backup_stopped_at_any_moment_leaves_nothing::<BackupPostgres>(&large());
}

#[test]
fn a_backup_stopped_while_it_reads_back_leaves_nothing() {
    faults::a_backup_stopped_while_it_reads_back_leaves_nothing::<BackupPostgres>(&large());
}

#[test]
fn a_backup_stopped_while_it_waits_for_a_server_ends_at_once() {
    faults::a_backup_stopped_while_it_waits_for_a_server_ends_at_once::<BackupPostgres>(&small());
}

#[test]
fn a_server_that_does_not_answer_does_not_keep_it() {
    faults::a_server_that_does_not_answer_does_not_keep_it::<BackupPostgres>(&large());
}

#[test]
fn a_read_back_stopped_at_any_moment_changes_nothing() {
    faults::a_read_back_stopped_at_any_moment_changes_nothing::<BackupPostgres>(&large());
}

#[test]
fn a_restore_stopped_at_any_moment_lets_go_of_the_server() {
    faults::a_restore_stopped_at_any_moment_lets_go_of_the_server::<BackupPostgres>(&large());
}

#[test]
fn a_drill_stopped_at_any_moment_drops_its_database() {
    faults::a_drill_stopped_at_any_moment_drops_its_database::<BackupPostgres>(&large());
}

#[test]
fn a_drill_on_a_server_that_does_not_answer_ends_in_time() {
    faults::a_drill_on_a_server_that_does_not_answer_ends_in_time::<BackupPostgres>(&large());
}

#[test]
fn a_dry_run_stops_too() {
    faults::a_dry_run_stops_too::<BackupPostgres>(&small());
}
