//! Stores without room, and stores that may not be written. No server has a part in it: one is enough.

use crate::databases::{large, small};
use crate::program::BackupMysql;
use testkit::faults;

#[test]
fn a_full_disk_costs_nothing_but_this_run() {
    let (small, large) = (small("mariadb-10"), large("mariadb-10"));
    faults::a_full_disk_costs_nothing_but_this_run::<BackupMysql>(&small, &large);
}

journey!(a_disk_that_is_full_at_the_last_moment_costs_nothing_either(small), mysql_9 "mysql-9");
journey!(a_disk_mounted_read_only_is_said_before_anything_is_done(small), mariadb_11 "mariadb-11");
journey!(a_folder_of_somebody_else_is_said_with_what_to_do(small), mysql_9 "mysql-9");
