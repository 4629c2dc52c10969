//! What cannot be saved faithfully is refused by name, and nothing is left in the store.

use super::store::Store;
use testkit::Postgres;

/// The SQL that makes an object of a class, and words of the refusal.
const CLASSES: [(&str, &[&str]); 9] = [
    // Its number is the user's to choose, and may be one that looks like the system's.
    ("SELECT lo_from_bytea(4711, 'x')", &["large object", "4711"]),
    ("SELECT lo_from_bytea(0, 'x')", &["large object"]),
    ("CREATE PUBLICATION news FOR ALL TABLES", &["publication", "news"]),
    ("CREATE FOREIGN DATA WRAPPER far", &["foreign-data wrapper", "far"]),
    (
        "CREATE FOREIGN DATA WRAPPER far; CREATE SERVER away FOREIGN DATA WRAPPER far;
         CREATE FOREIGN TABLE distant (a int) SERVER away",
        &["distant"],
    ),
    (
        "CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
         CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION f()",
        &["event trigger", "watch"],
    ),
    (
        "CREATE TABLE t (a int, b int); CREATE STATISTICS twins ON a, b FROM t",
        &["statistics", "twins"],
    ),
    ("REVOKE EXECUTE ON FUNCTION pg_catalog.pg_sleep(float8) FROM PUBLIC", &["pg_sleep"]),
    (
        "CREATE EXTENSION hstore; GRANT EXECUTE ON FUNCTION hstore_to_json(hstore) TO reader",
        &["hstore_to_json"],
    ),
];

#[test]
fn classes_that_cannot_be_written_are_named_and_nothing_is_saved() {
    let mut wrong = Vec::new();
    for major in [13, 18] {
        let server = Postgres::start(major);
        super::corpus::make_roles(&server);
        for (sql, words) in CLASSES {
            let database = server.create_database();
            database.psql(sql);
            let (ran, left) = Store::try_backup(&database);
            let said = &ran.stderr;
            let named = words.iter().chain(&["README"]).all(|word| said.contains(word));
            if ran.code != 2 || !named || left != 0 {
                wrong.push(format!("on {major}, {sql}: {}, {left} files, {said}", ran.code));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
