//! What cannot be saved faithfully is refused by name, and nothing is in the store afterwards.

use super::store::{Store, expect};
use std::io::Write;
use std::process::{Child, Stdio};
use testkit::{Database, Postgres};

/// Hostile to whoever forgets to quote, and to whoever prints a line.
const HOSTILE: &str = "it's \"h\\!\n%s $$ ";

/// What the refusal calls the class, the SQL that makes one object of it, and what undoes what
/// would keep the database from being dropped. `{n}` is a name, `{l}` the same as a literal's text.
struct Case(&'static str, &'static str, &'static str);

const fn case(class: &'static str, sql: &'static str) -> Case {
    Case(class, sql, "")
}

/// Every class is written: what is left are objects where none of a user should be.
const CASES: [Case; 4] = [
    case(
        "function \"pg_catalog\".",
        "CREATE FUNCTION pg_catalog.{n}() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ),
    case(
        "table \"pg_catalog\".",
        "SET allow_system_table_mods = on; CREATE TABLE pg_catalog.{n} (a int)",
    ),
    case("view \"information_schema\".", "CREATE VIEW information_schema.{n} AS SELECT 1 AS one"),
    case("type \"pg_catalog\".", "CREATE TYPE pg_catalog.{n} AS ENUM ('a')"),
];

fn named(sql: &str, name: &str) -> String {
    let quoted = format!("\"{}\"", name.replace('"', "\"\""));
    sql.replace("{n}", &quoted).replace("{l}", &name.replace('\'', "''"))
}

/// A name of its own for what belongs to the whole server.
fn own(name: &str, database: &Database) -> String {
    format!("{name}{}", database.name())
}

fn every_class_is_refused(major: u32, name: &str) {
    let server = Postgres::start(major);
    let mut wrong = Vec::new();
    for Case(class, sql, undo) in CASES {
        // 14 took postfix operators away, and left prefix ones as they were.
        let database = server.create_database();
        let name = own(name, &database);
        database.psql(&named(sql, &name));
        let store = Store::new();
        let ran = store.run_on(&database, "backup", &[]);
        // A line break in a name is shown as one or as an escape.
        let shown = name.split('\n').next_back().unwrap().trim();
        let says = |text: &str| ran.stderr.contains(text);
        let named_by_user = sql.contains("{n}");
        if ran.code != 2
            || !says("refusing to back up")
            || !says(class)
            || named_by_user && !says(shown)
            || !says("README")
            || !store.names().is_empty()
        {
            wrong.push(format!("{sql}: {} {:?}\n{}", ran.code, store.names(), ran.stderr));
        }
        if !undo.is_empty() {
            // Settings for a role go with the role.
            database.psql(&named(undo, &name));
        }
    }
    assert!(wrong.is_empty(), "on {major}: {}", wrong.join("\n"));
}

#[test]
fn on_13() {
    every_class_is_refused(13, "mine_");
}

#[test]
fn on_15() {
    every_class_is_refused(15, "mine_");
}

#[test]
fn on_18_with_hostile_names() {
    every_class_is_refused(18, HOSTILE);
}

/// A session that keeps what only it can see.
fn temporary_objects(database: &Database) -> Child {
    let mut psql = database.psql_command();
    let mut psql = psql.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let sql = b"CREATE TEMP TABLE passing (id serial PRIMARY KEY, t text, CHECK (id > 0));
        CREATE TEMP VIEW glance AS SELECT 1 AS one;
        CREATE TYPE pg_temp.mood AS ENUM ('a');
        CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE COLLATION pg_temp.c (LOCALE = 'C');
        CREATE OPERATOR pg_temp.=== (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq);
        CREATE TEMP TABLE done_with_it ();
";
    psql.stdin.as_mut().unwrap().write_all(sql).unwrap();
    while database.psql("SELECT count(*) FROM pg_class WHERE relname = 'done_with_it'").trim()
        == "0"
    {}
    psql
}

#[test]
fn what_belongs_to_others_or_to_the_server_is_no_reason() {
    for major in [13, 15, 18] {
        let database = Postgres::start(major).create_database();
        database.psql(
            "CREATE TABLE wide (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a text, b bytea);
             INSERT INTO wide (a) SELECT string_agg(md5(n::text), '') FROM generate_series(1, 3000) n;
             CREATE UNLOGGED TABLE quick (id serial, a text DEFAULT 'x', CHECK (id > 0));
             CREATE TABLE parts (k int PRIMARY KEY, v text DEFAULT 'v', CHECK (k > 0))
                 PARTITION BY RANGE (k);
             CREATE TABLE low PARTITION OF parts FOR VALUES FROM (1) TO (10);
             CREATE TABLE rest PARTITION OF parts DEFAULT PARTITION BY LIST (k);
             CREATE TABLE leaf PARTITION OF rest DEFAULT;
             CREATE INDEX ON parts (v);
             CREATE TABLE refers (k int REFERENCES parts);
             CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
             CREATE TRIGGER touch AFTER INSERT ON parts FOR EACH ROW EXECUTE FUNCTION touch();
             CREATE VIEW seen AS SELECT * FROM wide;
             CREATE RULE also AS ON INSERT TO quick DO ALSO SELECT 1;
             CREATE MATERIALIZED VIEW kept AS SELECT 1 AS one;
             CREATE TYPE pair AS (a int, b int);
             CREATE DOMAIN positive AS int CHECK (VALUE > 0);
             CREATE TYPE span AS RANGE (SUBTYPE = int);
             CREATE EXTENSION hstore; CREATE EXTENSION postgres_fdw; CREATE EXTENSION btree_gist;
             CREATE EXTENSION unaccent; CREATE EXTENSION amcheck; CREATE EXTENSION pg_trgm;
             COMMENT ON DATABASE postgres IS 'default administrative connection database';
             ANALYZE",
        );
        let mut other = temporary_objects(&database);
        let store = Store::new();
        let ran = store.run_on(&database, "backup", &[]);
        other.kill().unwrap();
        other.wait().unwrap();
        expect(&ran, 0, &[]);
        let url = format!("{}/postgres", database.server().server_url());
        store.run("verify", &["--restore-to", &url]).ok();
    }
}

/// What is left out on purpose is no reason either, and only that.
#[test]
fn what_is_left_out_by_the_user_is_no_reason() {
    let database = Postgres::start(super::databases::MAJOR).create_database();
    database.psql(
        "CREATE TABLE t (a int); CREATE SCHEMA dark;
         CREATE TABLE dark.secret (a int); CREATE FOREIGN DATA WRAPPER w;
         SET allow_system_table_mods = on; CREATE TABLE pg_catalog.strange (a int)",
    );
    let run = |arguments: &[&str]| Store::new().run_on(&database, "backup", arguments);
    expect(&run(&[]), 2, &["strange"]);
    let left_out = ["--exclude-table", "pg_catalog.strange", "--exclude-schema", "dark"];
    expect(&run(&left_out), 0, &["saved 1 table"]);
    expect(&run(&[&left_out[..2], &["--schema", "dark"]].concat()), 0, &["saved 1 table"]);
}
