//! SIGKILL at any moment: what is listed is whole, what is left is removed in time.

use super::databases::large;
use super::store::BackupPostgres;
use testkit::faults;

#[test]
fn a_run_killed_at_any_moment_leaves_nothing_false() {
    faults::a_run_killed_at_any_moment_leaves_nothing_false::<BackupPostgres>(&large(), 26);
}
