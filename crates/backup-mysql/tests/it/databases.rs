//! What is backed up here: small databases where the moment does not matter, larger ones where there
//! must be time for something to happen.

use testkit::{Mysql, Schema};

/// A table of rows, one of another kind of rows, and what comes after rows.
const SMALL: &str = "
    CREATE TABLE customers (id INT PRIMARY KEY, name VARCHAR(99) NOT NULL, note TEXT, KEY (name));
    CREATE TABLE orders (id INT AUTO_INCREMENT PRIMARY KEY, customer INT NOT NULL,
        FOREIGN KEY (customer) REFERENCES customers (id));
    INSERT INTO customers WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 120)
        SELECT i, CONCAT('customer ', i), NULLIF(REPEAT(MD5(i), i % 3), '') FROM n;
    INSERT INTO orders (customer) SELECT id FROM customers WHERE id <= 40;
    CREATE VIEW names AS SELECT name FROM customers;";

/// Some 30 MB, so that a run has a middle.
const LARGE: &str = "
    CREATE TABLE big (id INT PRIMARY KEY, a CHAR(64) NOT NULL, b CHAR(64) NOT NULL, c DECIMAL(20, 6));
    INSERT INTO big WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 299)
        SELECT a.i * 300 + b.i, SHA2(a.i * 300 + b.i, 256), SHA2(-a.i * 300 - b.i, 256), b.i / 7
        FROM n a JOIN n b;
    CREATE TABLE other AS SELECT id + 1 AS id, b, a, c FROM big WHERE id < 50000;
    CREATE TABLE third AS SELECT id + 2 AS id, b, a, c FROM big WHERE id < 50000;";

pub(crate) fn small(release: &'static str) -> Schema {
    filled(release, SMALL)
}

pub(crate) fn large(release: &'static str) -> Schema {
    filled(release, LARGE)
}

fn filled(release: &'static str, sql: &str) -> Schema {
    let schema = Mysql::start(release).create_schema();
    schema.sql(sql);
    schema
}
