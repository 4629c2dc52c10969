//! What is backed up here: small databases where the moment does not matter, larger ones where
//! there must be time for something to happen.

use testkit::{Database, Postgres};

/// Most of what is tested here is the same on every server.
pub(crate) const MAJOR: u32 = 15;

/// A table of rows, one of another kind of rows, and what comes after rows.
pub(crate) const SMALL: &str = "
    CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL, note text);
    CREATE TABLE orders (id serial PRIMARY KEY, customer int NOT NULL REFERENCES customers);
    INSERT INTO customers SELECT n, 'customer ' || n, nullif(repeat(md5(n::text), n % 3), '')
        FROM generate_series(1, 120) n;
    INSERT INTO orders (customer) SELECT n FROM generate_series(1, 40) n;
    CREATE VIEW names AS SELECT name FROM customers;
    CREATE INDEX ON customers (name);";

/// Some 30 MB, so that a run has a middle.
const LARGE: &str = "
    CREATE TABLE big (id int PRIMARY KEY, a text NOT NULL, b text NOT NULL, c numeric);
    CREATE TABLE other (LIKE big INCLUDING ALL);
    CREATE TABLE third (LIKE big INCLUDING ALL);
    INSERT INTO big SELECT n, md5(n::text), md5((n * 7)::text) || md5(n::text), n / 7.0
        FROM generate_series(1, 110000) n;
    INSERT INTO other SELECT id + 1, b, a, c FROM big WHERE id <= 60000;
    INSERT INTO third SELECT id + 2, b, a, c FROM big WHERE id <= 60000;
    ALTER TABLE other ADD FOREIGN KEY (id) REFERENCES big;
    CREATE INDEX ON big (a);";

pub(crate) fn empty() -> Database {
    Postgres::start(MAJOR).create_database()
}

pub(crate) fn small() -> Database {
    filled(SMALL)
}

pub(crate) fn large() -> Database {
    filled(LARGE)
}

pub(crate) fn filled(sql: &str) -> Database {
    let database = empty();
    database.psql(sql);
    database
}

/// All that a user's statements could have changed, to be compared, whatever the order of rows.
pub(crate) fn state(database: &Database) -> Vec<String> {
    let dump = database.pg_dump(&[]);
    // A key that is random in every dump.
    let lines = dump.lines().filter(|line| !line.contains("restrict "));
    let mut lines: Vec<_> = lines.map(str::to_owned).collect();
    lines.sort();
    lines
}

/// Connections of programs that are not `psql` or `pg_dump`.
pub(crate) fn connections(database: &Database) -> u32 {
    let count = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND backend_type =
            'client backend' AND application_name IN ('backup-postgres', 'nightshift restore')",
        database.name()
    );
    database.server().statement(&count).trim().parse().unwrap()
}

/// Server processes notice soon that their client is gone, but not at once.
#[track_caller]
pub(crate) fn all_disconnect(database: &Database) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while connections(database) > 0 {
        assert!(std::time::Instant::now() < deadline, "a connection is left on the server");
    }
}

pub(crate) fn exists(server: &Postgres, database: &str) -> bool {
    let query = format!("SELECT count(*) FROM pg_database WHERE datname = '{database}'");
    server.statement(&query).trim() == "1"
}

/// Others may hold drills on the same server: the number of our process is in the name of ours.
pub(crate) fn scratch_databases(database: &Database, ids: &[u32]) -> String {
    let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    database.server().statement(&format!(
        "SELECT datname FROM pg_database WHERE datname ~ '^nightshift_drill_.*_({})_'",
        ids.join("|")
    ))
}
