//! Servers and roles that are set to be impatient, or to read names and dates their own way.

use super::databases::MAJOR;
use super::store::Store;
use testkit::Postgres;
use testkit::faults::Target;

/// Each with the first version that knows it. Nothing protects the very first statement of a
/// connection, so these are short, and no shorter.
const SETTINGS: [(&str, &str, u32); 15] = [
    ("statement_timeout", "'200ms'", 13),
    ("lock_timeout", "'1ms'", 13),
    ("idle_in_transaction_session_timeout", "'50ms'", 13),
    ("idle_session_timeout", "'200ms'", 14),
    ("transaction_timeout", "'200ms'", 17),
    ("default_transaction_read_only", "on", 13),
    ("default_transaction_isolation", "'serializable'", 13),
    ("row_security", "on", 13),
    ("search_path", "evil, public, pg_catalog", 13),
    ("\"DateStyle\"", "'SQL, DMY'", 13),
    ("\"IntervalStyle\"", "'sql_standard'", 13),
    ("bytea_output", "'escape'", 13),
    ("extra_float_digits", "-15", 13),
    ("\"TimeZone\"", "'Asia/Kathmandu'", 13),
    ("quote_all_identifiers", "off", 13),
];

/// Rows that look different under such settings, and enough of them that a timeout could strike.
const ROWS: &str = r"
    CREATE TABLE slow AS SELECT n, 'a\b' || md5(n::text) AS s, 1.0::float8 / n AS f,
        date '2026-02-03' + n % 999 AS d, interval '-1 day 3 hours' * n AS i, '\xff00'::bytea AS y
        FROM generate_series(1, 60000) n;
    ALTER TABLE slow ADD PRIMARY KEY (n);
    CREATE INDEX ON slow (s);
    CREATE VIEW over AS SELECT s FROM slow WHERE d > '2026-02-03';";

/// Whoever means one of these by its bare name reads nothing, or waits.
const EVIL: &str = "
    CREATE SCHEMA evil;
    CREATE TABLE evil.pg_class (LIKE pg_catalog.pg_class);
    CREATE TABLE evil.pg_namespace (LIKE pg_catalog.pg_namespace);
    CREATE TABLE evil.pg_settings (name text, setting text);
    CREATE FUNCTION evil.set_config(text, text, bool) RETURNS text LANGUAGE sql AS
        'SELECT pg_sleep(60)::text';
    CREATE FUNCTION evil.pg_export_snapshot() RETURNS text LANGUAGE sql AS 'SELECT 1::text';";

#[test]
fn settings_of_a_role_disturb_neither_backup_nor_restore() {
    for major in [13, MAJOR, 18] {
        let server = Postgres::start(major);
        let database = server.create_database();
        database.psql(ROWS);
        database.psql(EVIL);
        let role = format!("hasty_{}", database.name());
        server.statement(&format!("CREATE ROLE {role} LOGIN SUPERUSER"));
        for (name, value, since) in SETTINGS {
            if major >= since {
                server.statement(&format!("ALTER ROLE {role} SET {name} = {value}"));
            }
        }
        let store = Store::new();
        store.run_on(&database, "backup", &["--user", &role, "--jobs", "2"]).ok();
        let target = server.create_database();
        let file = store.artifact();
        store.run_on(&target, "restore", &[&file, "--user", &role, "--jobs", "2"]).ok();
        assert!(target.state() == database.state(), "on {major} it is not the same");
        // Emptied, made and dropped by the same role.
        store.run_on(&target, "restore", &[&file, "--user", &role, "--clean"]).ok();
        assert!(target.state() == database.state(), "on {major} it is not the same again");
        let url = server.server_url().replace("postgres@", &format!("{role}@"));
        store.run("verify", &["--restore-to", &format!("{url}/postgres")]).ok();
        server.statement(&format!("DROP ROLE {role}"));
    }
}

#[test]
fn a_pattern_without_a_schema_means_what_the_search_path_of_the_role_says() {
    let server = Postgres::start(MAJOR);
    let database = server.create_database();
    database.psql(
        "CREATE SCHEMA a; CREATE SCHEMA b;
         CREATE TABLE a.t AS SELECT 1 AS x; CREATE TABLE b.t AS SELECT 2 AS x;
         CREATE TABLE b.u AS SELECT 3 AS x;",
    );
    let role = format!("finds_{}", database.name());
    server.statement(&format!("CREATE ROLE {role} LOGIN SUPERUSER"));
    server.statement(&format!("ALTER ROLE {role} SET search_path = a, b, pg_catalog"));
    let store = Store::new();
    store.run_on(&database, "backup", &["--user", &role, "--exclude-table=t"]).ok();
    let target = server.create_database();
    store.restore(&store.artifact(), &target).ok();
    let left = "SELECT string_agg(schemaname || '.' || tablename, ' ' ORDER BY 1) FROM pg_tables
        WHERE schemaname IN ('a', 'b')";
    assert_eq!(target.psql(left).trim(), "b.t b.u", "b.t stands behind a.t");
    server.statement(&format!("DROP ROLE {role}"));
}
