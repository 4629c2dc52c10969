//! SIGKILL at any moment: what is listed is whole, what is left is removed in time.

use crate::databases::large;
use crate::program::BackupMysql;
use testkit::faults;

const KILLS: u32 = 8;

#[test]
fn on_mysql_9() {
    faults::a_run_killed_at_any_moment_leaves_nothing_false::<BackupMysql>(
        &large("mysql-9"),
        KILLS,
    );
}

#[test]
fn on_mariadb_11() {
    let large = large("mariadb-11");
    faults::a_run_killed_at_any_moment_leaves_nothing_false::<BackupMysql>(&large, KILLS);
}
