//! Each class in turn is made unknown on purpose: the guard has to name what is then not written.

use super::*;
use crate::catalog::{Properties, Scope, Selection};
use crate::object::Kind;
use crate::snapshot;
use postgres::Endpoint;
use testkit::Postgres;

/// One object of every kind that the guard can miss.
const EVERYTHING: &str = "
    CREATE SCHEMA s; CREATE EXTENSION hstore; CREATE LANGUAGE l HANDLER plpgsql_call_handler;
    CREATE COLLATION c (LOCALE = 'C');
    CREATE FUNCTION to_sql(internal) RETURNS internal LANGUAGE internal IMMUTABLE AS 'int4in';
    CREATE TRANSFORM FOR int LANGUAGE l (FROM SQL WITH FUNCTION to_sql(internal));
    CREATE TYPE mood AS ENUM ('a'); CREATE CAST (mood AS int) WITH INOUT;
    CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
    CREATE AGGREGATE total (int) (SFUNC = int4pl, STYPE = int);
    CREATE ACCESS METHOD am TYPE INDEX HANDLER bthandler;
    CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq);
    CREATE OPERATOR FAMILY fam USING btree;
    ALTER OPERATOR FAMILY fam USING btree ADD OPERATOR 1 < (int2, int8);
    CREATE OPERATOR CLASS cls FOR TYPE int4 USING btree AS OPERATOR 1 <, FUNCTION 1 btint4cmp(int4, int4);
    CREATE CONVERSION conv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
    CREATE TEXT SEARCH PARSER p (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end,
        LEXTYPES = prsd_lextype);
    CREATE TEXT SEARCH TEMPLATE t (LEXIZE = dsimple_lexize);
    CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = simple);
    CREATE TEXT SEARCH CONFIGURATION cfg (PARSER = default);
    CREATE FOREIGN DATA WRAPPER w; CREATE SERVER srv FOREIGN DATA WRAPPER w;
    CREATE USER MAPPING FOR CURRENT_USER SERVER srv; CREATE FOREIGN TABLE far (a int) SERVER srv;
    CREATE SEQUENCE seq;
    CREATE TABLE tab (a int PRIMARY KEY, b int UNIQUE REFERENCES tab);
    CREATE INDEX idx ON tab (b); CREATE STATISTICS stat ON a, b FROM tab;
    CREATE VIEW v AS SELECT 1 AS one; CREATE MATERIALIZED VIEW m AS SELECT 1 AS one;
    CREATE RULE r AS ON INSERT TO tab DO ALSO SELECT 1;
    CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER trg AFTER INSERT ON tab FOR EACH ROW EXECUTE FUNCTION tf();
    CREATE POLICY pol ON tab;
    CREATE PUBLICATION pub FOR TABLE tab;
    CREATE SUBSCRIPTION sub CONNECTION 'dbname=x' PUBLICATION p
        WITH (connect = false, slot_name = NONE, enabled = false, create_slot = false);
    ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO pg_monitor;
    CREATE FUNCTION ef() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
    CREATE EVENT TRIGGER ev ON ddl_command_end EXECUTE FUNCTION ef();";

#[tokio::test]
async fn a_class_made_unknown_is_refused_by_name() {
    for major in [13, 15, 18] {
        let database = Postgres::start(major).create_database();
        database.psql(EVERYTHING);
        let client = Endpoint::from_url(&database.url()).unwrap().connect("test").await.unwrap();
        client.batch_execute(snapshot::SESSION).await.unwrap();
        let scope = Scope::resolve(&client, &Selection::default()).await.unwrap();
        client.batch_execute("SELECT set_config('search_path', '', false)").await.unwrap();
        let properties = Properties { owners: true, privileges: true, tablespaces: true };
        let catalog = Catalog::open(&client, major * 10_000, scope, properties).await.unwrap();
        let mut contents = catalog.contents().await.unwrap();
        let dependencies = Dependencies::read(&catalog, &contents.objects).await.unwrap();
        check(&catalog, &contents, &dependencies).await.unwrap();
        let mut kinds: Vec<Kind> = contents.objects.iter().map(|object| object.kind).collect();
        kinds.sort();
        kinds.dedup();
        assert!(kinds.len() >= 35, "{kinds:?}");
        for kind in kinds {
            let forgotten = contents.objects.forget(kind);
            let refused = check(&catalog, &contents, &dependencies).await.err();
            let refused = refused.unwrap_or_else(|| panic!("on {major}, nobody missed {kind:?}"));
            assert_eq!(refused.exit(), task::Exit::Usage, "{kind:?}: {refused:#}");
            let text = format!("{refused:#}");
            let named = forgotten.iter().any(|object| text.contains(nameable(&object.name)));
            assert!(named, "on {major}, {kind:?}: {text}");
            contents = catalog.contents().await.unwrap();
        }
        client.batch_execute("DROP SUBSCRIPTION sub").await.unwrap();
    }
}

/// What of an object's sort key is a word of its name: the last one.
fn nameable(name: &str) -> &str {
    name.rsplit(|c: char| !c.is_alphanumeric()).find(|word| !word.is_empty()).unwrap_or(name)
}
