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
