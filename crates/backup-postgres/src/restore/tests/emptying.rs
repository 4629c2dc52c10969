//! What counts as empty, and how `--clean` makes a database so.

use super::*;
use crate::restore::target::{objects, refuse_objects};

async fn cleaning_leaves_a_database_as_new(major: u32) {
    let server = testkit::Postgres::start(major);
    let database = server.create_database();
    database.psql(
        "CREATE EXTENSION pg_trgm; CREATE SCHEMA \"S's\"; CREATE TABLE \"S's\".t (a int);
         CREATE TYPE public.e AS ENUM ('a'); CREATE DOMAIN d AS int CHECK (VALUE > 0);
         CREATE FUNCTION f(int) RETURNS e LANGUAGE sql AS $$ SELECT 'a'::e $$;
         CREATE CAST (int AS e) WITH FUNCTION f(int);
         CREATE FUNCTION pg_catalog.stray() RETURNS int LANGUAGE sql AS 'SELECT 1';
         CREATE AGGREGATE \"S's\".agg(int) (SFUNC = int4pl, STYPE = int);
         CREATE FUNCTION g() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
         CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;
         CREATE LANGUAGE l HANDLER plpgsql_call_handler;
         CREATE ACCESS METHOD m TYPE INDEX HANDLER bthandler;
         CREATE TEXT SEARCH CONFIGURATION c (COPY = simple); CREATE COLLATION o FROM \"C\";
         CREATE PUBLICATION p FOR ALL TABLES; SELECT lo_create(0) FROM generate_series(1, 3);
         CREATE OPERATOR === (FUNCTION = int4eq, LEFTARG = int, RIGHTARG = int);
         ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC;
         ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
         ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON SEQUENCES TO PUBLIC;
         CREATE EVENT TRIGGER et ON ddl_command_start EXECUTE FUNCTION g();",
    );
    let target = endpoint(&database);
    let stored = made().await.store().await;
    let full = restore(&task(), &stored.source, &target, &OPTIONS).await.unwrap_err();
    assert_eq!(full.exit(), Exit::Usage, "{full:?}");
    restore(&task(), &stored.source, &target, &CLEAN).await.unwrap();
    assert!(objects(&connect(&target).await).await.unwrap().is_empty());
    let fresh = server.create_database();
    let public = "SELECT nspowner::regrole, nspacl FROM pg_namespace WHERE nspname = 'public'";
    assert_eq!(database.psql(public), fresh.psql(public));
    let dump = ["--restrict-key=a"];
    assert_eq!(database.pg_dump(&dump), fresh.pg_dump(&dump));
}

#[tokio::test(flavor = "multi_thread")]
async fn cleaning_leaves_a_database_as_new_on_the_oldest_server() {
    cleaning_leaves_a_database_as_new(13).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cleaning_leaves_a_database_as_new_on_the_newest_server() {
    cleaning_leaves_a_database_as_new(18).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_class_of_object_counts_as_not_empty() {
    let server = testkit::Postgres::start(15);
    for make in [
        "CREATE TABLE t ()",
        "CREATE SCHEMA s",
        "CREATE TYPE e AS ENUM ()",
        "CREATE EXTENSION pg_trgm",
        "SELECT lo_create(0)",
        "CREATE CAST (int AS xid) WITH INOUT",
        "CREATE PUBLICATION p",
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",
        "CREATE FOREIGN DATA WRAPPER w",
    ] {
        let database = server.create_database();
        let target = endpoint(&database);
        let client = connect(&target).await;
        refuse_objects(&client, &target).await.unwrap();
        client.batch_execute("CREATE TEMP TABLE mine (a text)").await.unwrap();
        refuse_objects(&client, &target).await.unwrap();
        client.batch_execute(make).await.unwrap();
        assert!(refuse_objects(&client, &target).await.is_err(), "{make}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_the_server_itself_is_never_emptied() {
    let server = testkit::Postgres::start(15);
    let database = server.create_database();
    let target = endpoint(&database).with_database("postgres");
    let stored = made().await.store().await;
    let error = restore(&task(), &stored.source, &target, &CLEAN).await.unwrap_err();
    assert_eq!(error.exit(), Exit::Usage);
    assert!(error.to_string().contains("belongs to the server itself"), "{error:?}");
}
