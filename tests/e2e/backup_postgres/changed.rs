//! What users changed on what the server or an extension made, where `pg_dump` is silent about it:
//! judged by the catalogs.

use super::corpus;
use super::store::Store;
use testkit::Postgres;

const CHANGES: &str = "
    CREATE SCHEMA extended;
    CREATE EXTENSION nightshift_test;
    CREATE EXTENSION hstore;
    COMMENT ON FUNCTION hstore_to_json(hstore) IS E'ours\n\\! x';
    COMMENT ON TYPE hstore IS 'pairs';
    COMMENT ON OPERATOR -> (hstore, text) IS 'looks up';
    COMMENT ON COLUMN extended.setting.value IS 'a column';
    ALTER FUNCTION hstore_to_json(hstore) OWNER TO owner_one;
    ALTER TABLE extended.setting OWNER TO owner_two;
    ALTER TYPE extended.mood OWNER TO \"Role \"\"x\"\"\";
    SECURITY LABEL FOR nightshift ON FUNCTION hstore_to_jsonb(hstore) IS 'json';
    SECURITY LABEL FOR nightshift ON COLUMN extended.setting.id IS 'a column';
    SECURITY LABEL FOR nightshift ON TABLE extended.internal IS 'a table';
    SECURITY LABEL FOR \"other \"\"provider\" ON TABLE extended.internal IS 'the same table';
    CREATE TABLE ours (a int);
    SECURITY LABEL FOR \"other \"\"provider\" ON COLUMN ours.a IS 'one';
    SECURITY LABEL FOR nightshift ON COLUMN ours.a IS 'two';
    REVOKE USAGE ON LANGUAGE sql FROM PUBLIC;
    REVOKE SELECT ON information_schema.tables FROM PUBLIC;
    GRANT SELECT ON information_schema._pg_user_mappings TO reader;
    GRANT SELECT (table_name) ON information_schema.views TO writer;
    GRANT CREATE ON SCHEMA information_schema TO writer;
    GRANT EXECUTE ON FUNCTION information_schema._pg_truetypid(pg_attribute, pg_type) TO reader";

/// Owners, comments, labels and rights of all that a restore finds already made.
const STATE: &str = "
    SELECT 'owner', oid::regprocedure::text, proowner::regrole::text, proacl::text FROM pg_proc
    UNION ALL SELECT 'owner', oid::regclass::text, relowner::regrole::text, relacl::text FROM pg_class
        WHERE relkind IN ('r', 'v', 'S') AND relnamespace <> 'pg_toast'::regnamespace
    UNION ALL SELECT 'owner', oid::regtype::text, typowner::regrole::text, typacl::text FROM pg_type
        WHERE typrelid = 0
    UNION ALL SELECT 'language', lanname, lanacl::text, '' FROM pg_language
    UNION ALL SELECT 'schema', nspname, nspacl::text, '' FROM pg_namespace
    UNION ALL SELECT 'column', attrelid::regclass::text || attname, attacl::text, '' FROM pg_attribute
        WHERE attacl IS NOT NULL
    UNION ALL SELECT 'comment', pg_describe_object(classoid, objoid, objsubid), description, ''
        FROM pg_description WHERE objoid >= 16384
    UNION ALL SELECT 'label', pg_describe_object(classoid, objoid, objsubid), provider, label
        FROM pg_seclabel
    ORDER BY 1, 2, 3";

#[test]
fn what_was_changed_on_members_of_extensions_and_of_the_system_comes_back() {
    for major in [13, 15, 18] {
        let server = Postgres::start(major);
        corpus::make_roles(&server);
        let source = corpus::empty(&server, "labels");
        // Each in a transaction of its own, as users do it.
        for statement in CHANGES.split(';') {
            source.psql(statement);
        }
        source
            .psql("SECURITY LABEL FOR nightshift ON FUNCTION pg_catalog.now() IS 'of the system'");
        corpus::reset(&source);
        // No statement of ours is about that object.
        let ran = Store::new().program("backup", &source, &[]);
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        assert!(
            ran.stderr.contains("security label of function \"pg_catalog\".\"now\"()"),
            "{}",
            ran.stderr
        );
        source.psql(
            "LOAD 'nightshift_label'; SECURITY LABEL FOR nightshift ON FUNCTION now() IS NULL",
        );
        let expected = source.psql(STATE);
        let store = Store::backup(&source, &[]);
        for way in [Store::restore_by_psql, Store::restore_by_ours] {
            let target = way(&store, &source, "labels");
            tests::assert_same(&expected, &target.psql(STATE), &format!("on {major}"));
        }
    }
}

/// An extension's own comments are not the user's: what a newer version of it lacks must not be
/// commented on.
#[test]
fn what_the_extension_says_itself_is_not_repeated() {
    let source = Postgres::start(17).create_database();
    source.psql("CREATE SCHEMA extended");
    source.psql("CREATE EXTENSION nightshift_test");
    let comment = "SELECT obj_description('extended.twice(int)'::regprocedure)";
    assert_eq!(source.psql(comment).trim(), "twice as much");
    let store = Store::backup(&source, &[]);
    let text = testkit::run(std::process::Command::new("gunzip").arg("-c").arg(store.artifact()));
    assert!(!text.ok().contains("twice as much"));
}
