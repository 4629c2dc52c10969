//! A server that has no place left: for connections, or for locks.

use super::databases::{MAJOR, empty, filled, large};
use super::store::{Store, expect};
use testkit::faults::Target;
use testkit::{Database, Postgres, Settings};

/// A role that owns the database and may have so many connections; no superuser, for whom there
/// is no limit.
fn limited(database: &Database, limit: u32) -> String {
    let (server, name) = (database.server(), database.name());
    let role = format!("lonely_{name}");
    server.statement(&format!("CREATE ROLE {role} LOGIN CONNECTION LIMIT {limit}"));
    server.statement(&format!("GRANT pg_read_all_data TO {role}"));
    server.statement(&format!("ALTER DATABASE {name} OWNER TO {role}"));
    database.psql(&format!("GRANT ALL ON SCHEMA public TO {role}"));
    role
}

fn forget(database: &Database, role: &str) {
    database.psql(&format!("REASSIGN OWNED BY {role} TO postgres"));
    database.psql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[test]
fn fewer_workers_save_and_restore_the_same() {
    for limit in [1, 2, 3] {
        let source = large();
        let store = Store::new();
        let user = limited(&source, limit);
        let ran = store.run_on(&source, "backup", &["--user", &user, "--jobs", "4"]);
        expect(&ran, 0, &["no place for"]);
        forget(&source, &user);
        assert_eq!(source.connections(), 0);
        assert!(
            ran.stderr.contains(&format!("going on with {}", limit.max(2) - 1)),
            "{}",
            ran.stderr
        );

        let target = empty();
        let user = limited(&target, limit + 1);
        let file = Store::of(&source, &["--no-owner", "--no-privileges"]);
        let name = file.artifact();
        let ran = file.run_on(&target, "restore", &[&name, "--user", &user, "--jobs", "4"]);
        expect(&ran, 0, &["no place for"]);
        forget(&target, &user);
        assert!(target.state() == source.state(), "with {limit} connections");
    }
}

#[test]
fn more_tables_than_locks_are_refused_with_the_name_of_the_setting() {
    let lines = "max_locks_per_transaction = 10\nmax_connections = 10\n".to_owned();
    let server = Postgres::private(MAJOR, &Settings { lines, ..Settings::default() });
    let database = server.create_database();
    let tables: Vec<String> = (0..2000).map(|n| format!("CREATE TABLE t{n} ()")).collect();
    for some in tables.chunks(20) {
        database.psql(&some.join("; "));
    }
    let store = Store::new();
    let ran = store.run_on(&database, "backup", &[]);
    expect(&ran, 2, &["max_locks_per_transaction"]);
    assert_eq!(store.names().len(), 0);
}

#[test]
fn a_table_of_a_thousand_partitions_is_saved_and_comes_back() {
    let source = filled("CREATE TABLE parent (id int PRIMARY KEY, v text) PARTITION BY RANGE (id)");
    source.psql(
        "DO $$ BEGIN FOR n IN 0..999 LOOP
            EXECUTE format('CREATE TABLE part_%s PARTITION OF parent FOR VALUES FROM (%s) TO (%s)',
                n, n * 2, n * 2 + 2);
            IF n % 50 = 0 THEN COMMIT; END IF;
         END LOOP; END $$;",
    );
    source.psql("CREATE INDEX ON parent (v)");
    source.psql("INSERT INTO parent SELECT n, md5(n::text) FROM generate_series(0, 1999) n");
    let store = Store::of(&source, &[]);
    let target = empty();
    store.restore(&store.artifact(), &target).ok();
    assert!(target.state() == source.state(), "it is all there again");
}
