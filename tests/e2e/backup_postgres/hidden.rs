//! What only some roles may read is saved or refused by name, never left out.

use super::corpus;
use super::store::Store;
use testkit::{Database, Postgres};

/// A database of a role that may log in and is no superuser.
pub(crate) fn kept(major: u32) -> (Database, String) {
    let server = Postgres::start(major);
    corpus::make_roles(&server);
    let database = server.create_database();
    let keeper = format!("keeper_{}", database.name());
    server.statement(&format!("CREATE ROLE {keeper} LOGIN"));
    server.statement(&format!("ALTER DATABASE {} OWNER TO {keeper}", database.name()));
    (database, keeper)
}

#[track_caller]
fn refuses(database: &Database, keeper: &str, words: &[&str]) {
    let ran = Store::new().program("backup", database, &["--user", keeper]);
    let named = words.iter().all(|word| ran.stderr.contains(word));
    assert!(ran.code == 2 && named, "{words:?}: {} {}", ran.code, ran.stderr);
}

#[test]
fn options_of_user_mappings_are_not_lost_to_those_who_may_not_read_them() {
    for major in [13, 18] {
        let (database, keeper) = kept(major);
        database.psql(&format!(
            "CREATE EXTENSION postgres_fdw; GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO {keeper};
             CREATE SERVER away FOREIGN DATA WRAPPER postgres_fdw; ALTER SERVER away OWNER TO {keeper};
             CREATE USER MAPPING FOR {keeper} SERVER away OPTIONS (password 'secret');
             CREATE USER MAPPING FOR PUBLIC SERVER away"
        ));
        // Its own ones it can read.
        Store::backup(&database, &["--user", &keeper]);
        database.psql("CREATE USER MAPPING FOR owner_one SERVER away OPTIONS (password 'secret')");
        refuses(&database, &keeper, &["USER MAPPING FOR \"owner_one\" SERVER \"away\""]);
        if major > 13 {
            database.psql(&format!("GRANT pg_read_all_data TO {keeper}"));
            Store::backup(&database, &["--user", &keeper]);
        }
    }
}

#[test]
fn subscriptions_are_not_lost_to_those_who_may_not_read_them() {
    for major in [13, 18] {
        let (database, keeper) = kept(major);
        database.psql(
            "CREATE SUBSCRIPTION news CONNECTION 'password=secret' PUBLICATION p
             WITH (connect = false, slot_name = NONE)",
        );
        refuses(&database, &keeper, &["subscription \"news\""]);
        if major > 13 {
            database.psql(&format!("GRANT pg_read_all_data TO {keeper}"));
            Store::backup(&database, &["--user", &keeper]);
        }
    }
}

#[test]
fn large_objects_are_not_lost_to_those_who_may_not_read_them() {
    for major in [13, 18] {
        let (database, keeper) = kept(major);
        database.psql("SELECT lo_from_bytea(4711, 'secret')");
        refuses(&database, &keeper, &["large object 4711"]);
        database.psql(&format!("GRANT SELECT ON LARGE OBJECT 4711 TO {keeper}"));
        Store::backup(&database, &["--user", &keeper]);
    }
}
