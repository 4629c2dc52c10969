//! Large objects: proven like rows, whoever reads and restores them.

use super::corpus;
use super::hidden::kept;
use super::store::Store;
use testkit::Database;

const CONTENT: &str =
    "SELECT oid, md5(lo_get(oid)), length(lo_get(oid)) FROM pg_largeobject_metadata ORDER BY oid";

fn drill(store: &Store, like: &Database) -> testkit::Ran {
    let url = format!("{}/postgres", like.server().server_url());
    store.program("verify", like, &["--restore-to", &url])
}

/// What the manifest says of the large objects.
fn tally(store: &Store) -> serde_json::Value {
    let path = format!("{}.manifest.json", store.artifact().display());
    let manifest: serde_json::Value =
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let contents = manifest["contents"].as_array().unwrap();
    contents.iter().find(|content| content["name"] == "large objects").unwrap().clone()
}

/// Read from the catalog by a superuser, by functions by anybody: the lines are the same.
#[test]
fn who_owns_them_can_save_and_restore_them() {
    for major in [13, 18] {
        let (source, keeper) = kept(major);
        corpus::load(&source, "large_objects");
        source.psql(&format!(
            "DO $$ DECLARE o oid; BEGIN FOR o IN SELECT oid FROM pg_largeobject_metadata LOOP
                EXECUTE format('ALTER LARGE OBJECT %s OWNER TO {keeper}', o);
                EXECUTE format('GRANT ALL ON LARGE OBJECT %s TO {keeper}', o); END LOOP; END $$"
        ));
        let by_superuser = Store::backup(&source, &[]);
        let by_keeper = Store::backup(&source, &["--user", &keeper]);
        assert_eq!(tally(&by_superuser), tally(&by_keeper), "on {major}");
        let target = source.server().create_database();
        let server = source.server();
        server.statement(&format!("ALTER DATABASE {} OWNER TO {keeper}", target.name()));
        let arguments = ["latest", "--name", source.name(), "--user", &keeper, "--no-privileges"];
        by_keeper.program("restore", &target, &arguments).ok();
        tests::assert_same(&source.psql(CONTENT), &target.psql(CONTENT), "restored by its owner");
        drill(&by_keeper, &source).ok();
    }
}

#[test]
fn holes_cost_neither_time_nor_space() {
    let source = testkit::Postgres::start(17).create_database();
    source.psql("SELECT lo_create(1), lo_put(1, 8000000000, 'far'), lo_put(1, 3000000000, 'near')");
    let store = Store::backup(&source, &[]);
    assert!(std::fs::metadata(store.artifact()).unwrap().len() < 10_000);
    let target = store.restore_by_ours(&source, "");
    let pages = "SELECT pageno, data FROM pg_largeobject ORDER BY 1";
    assert_eq!(target.psql(pages).lines().count(), 2);
    let ends = "SELECT lo_lseek64(lo_open(1, 262144), 0, 2), lo_get(1, 2999999998, 6), lo_get(1, 8000000000, 9)";
    assert_eq!(source.psql(ends), target.psql(ends));
    drill(&store, &source).ok();
}

/// An event trigger of the backup itself writes to one while the drill restores.
#[test]
fn a_drill_reads_them_back() {
    let source = testkit::Postgres::start(17).create_database();
    source.psql(
        "SELECT lo_from_bytea(5, 'as it was');
         CREATE MATERIALIZED VIEW m AS SELECT 1;
         CREATE FUNCTION alter_it() RETURNS event_trigger LANGUAGE plpgsql AS
             $$ BEGIN PERFORM lo_put(5, 0, 'A'); END $$;
         CREATE EVENT TRIGGER meddle ON ddl_command_start WHEN TAG IN ('REFRESH MATERIALIZED VIEW')
             EXECUTE FUNCTION alter_it()",
    );
    let store = Store::backup(&source, &[]);
    let ran = drill(&store, &source);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("large objects has 1 rows with other contents"), "{}", ran.stderr);
}

#[test]
fn a_schema_alone_has_none() {
    let source = testkit::Postgres::start(17).create_database();
    source.psql("SELECT lo_from_bytea(5, 'x'); CREATE TABLE t (a int)");
    let target = Store::backup(&source, &["--schema", "public"]).restore_by_psql(&source, "");
    assert_eq!(target.psql(CONTENT), "");
}

/// Their subscriptions would keep a scratch database from being dropped, and that is an error.
#[test]
fn a_drill_leaves_no_subscription_behind() {
    let source = corpus::source("replication", 17);
    drill(&Store::backup(&source, &[]), &source).ok();
}
