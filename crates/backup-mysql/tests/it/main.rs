//! The program as a process against real servers, when things go wrong: whatever happens, nothing
//! false is ever listed, nothing is left behind, and the exit code tells the truth.
//!
//! What happens, and what must hold, stands in `testkit::faults`: it is the same for every database.

/// The journey of this name with such a database, on the servers of these releases: a test for each, so
/// that they run side by side.
macro_rules! journey {
    ($name:ident($database:ident), $($release:ident $server:literal),+) => {
        mod $name {
            use crate::databases::$database;
            use crate::program::BackupMysql;
            use testkit::faults;
            $(
                #[test]
                fn $release() {
                    faults::$name::<BackupMysql>(&$database($server));
                }
            )+
        }
    };
}

mod connection;
mod damage;
mod databases;
mod full_disk;
mod killing;
mod program;
mod stopping;
