//! What a role may not read is one error that names all of it, before anything is written.

use super::databases::{SMALL, empty, filled};
use super::store::{Store, expect};
use testkit::Database;
use testkit::faults::Target;

const HELD_BACK: &str = "
    CREATE TABLE allowed (a int); INSERT INTO allowed VALUES (1);
    CREATE TABLE forbidden (a int); INSERT INTO forbidden VALUES (2);
    CREATE TABLE \"Some columns\" (a int, b int);
    CREATE TABLE parts (a int) PARTITION BY LIST (a);
    CREATE SEQUENCE counted;
    CREATE TABLE guarded (a int); INSERT INTO guarded VALUES (3);
    ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
    CREATE POLICY everything ON guarded USING (true);
    CREATE SCHEMA closed; CREATE TABLE closed.inside (a int);";

/// A role with these rights.
fn role(database: &Database, rights: &str) -> String {
    let role = format!("reader_{}", database.name());
    database.psql(&format!("CREATE ROLE {role} LOGIN {rights}"));
    role
}

fn forget(database: &Database, role: &str) {
    database.psql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[test]
fn all_that_may_not_be_read_is_named_at_once_and_nothing_is_written() {
    let database = filled(HELD_BACK);
    let role = role(&database, "");
    database.psql(&format!(
        "GRANT SELECT ON allowed, guarded TO {role}; GRANT SELECT (a) ON \"Some columns\" TO {role}"
    ));
    let store = Store::new();
    let ran = store.run_on(&database, "backup", &["--user", &role]);
    let named = [
        r#"schema "closed""#,
        r#"table "closed"."inside""#,
        r#"table "public"."forbidden""#,
        r#"table "public"."Some columns""#,
        r#"table "public"."parts""#,
        r#"sequence "public"."counted""#,
        r#"table "public"."guarded" (row-level security"#,
    ];
    expect(&ran, 2, &named);
    assert!(!ran.stderr.contains("allowed"), "{}", ran.stderr);
    assert_eq!(store.names().len(), 0);

    // What is left out need not be readable.
    let left_out = [
        "--user",
        &role,
        "--exclude-schema=closed",
        "--exclude-table=forbidden,parts,counted,\"Some columns\"",
        "--exclude-table-data=guarded",
    ];
    store.run_on(&database, "backup", &left_out).ok();
    forget(&database, &role);
}

#[test]
fn a_role_that_may_read_everything_needs_no_more() {
    let database = filled(SMALL);
    database.psql("ALTER TABLE orders ENABLE ROW LEVEL SECURITY");
    let role = role(&database, "BYPASSRLS IN ROLE pg_read_all_data");
    let store = Store::new();
    store.run_on(&database, "backup", &["--user", &role]).ok();
    let target = empty();
    store.restore(&store.artifact(), &target).ok();
    assert!(target.state() == database.state(), "it is all there again");
    forget(&database, &role);
}
