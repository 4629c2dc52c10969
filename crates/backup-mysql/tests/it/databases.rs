//! What is backed up here: small databases where the moment does not matter, larger ones where there
//! must be time for something to happen.

use std::sync::Arc;
use testkit::{Mysql, Schema};

/// A table of rows, one of another kind of rows, and what comes after rows.
const SMALL: &str = "
    CREATE TABLE customers (id INT PRIMARY KEY, name VARCHAR(99) NOT NULL, note TEXT, KEY (name));
    CREATE TABLE orders (id INT AUTO_INCREMENT PRIMARY KEY, customer INT NOT NULL,
        FOREIGN KEY (customer) REFERENCES customers (id));
    INSERT INTO customers WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 120)
        SELECT i, CONCAT('customer ', i), NULLIF(REPEAT(SHA2(i, 256), i % 3), '') FROM n;
    INSERT INTO orders (customer) SELECT id FROM customers WHERE id <= 40;
    CREATE VIEW names AS SELECT name FROM customers;";

/// Some 30 MB, so that a run has a middle.
const LARGE: &str = "
    CREATE TABLE big (id INT PRIMARY KEY, a CHAR(64) NOT NULL, b CHAR(64) NOT NULL, c DECIMAL(20, 6));
    INSERT INTO big WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 299)
        SELECT a.i * 300 + b.i, SHA2(a.i * 300 + b.i, 256), SHA2(-a.i * 300 - b.i, 256), b.i / 7
        FROM n a JOIN n b;
    CREATE TABLE other LIKE big;
    CREATE TABLE third LIKE big;
    INSERT INTO other SELECT id + 1, b, a, c FROM big WHERE id < 50000;
    INSERT INTO third SELECT id + 2, b, a, c FROM big WHERE id < 50000;";

pub(crate) fn small(release: &'static str) -> Schema {
    filled(&Mysql::start(release), SMALL)
}

pub(crate) fn large(release: &'static str) -> Schema {
    large_on(&Mysql::start(release))
}

pub(crate) fn large_on(server: &Arc<Mysql>) -> Schema {
    filled(server, LARGE)
}

fn filled(server: &Arc<Mysql>, sql: &str) -> Schema {
    let schema = server.create_schema();
    schema.sql(sql);
    schema
}
