//! Tables that are there: of another shape, of other rights, of odd names; refused before anything is changed.

use super::server::Server;
use super::world::{SIMPLE, World, counts, ended, items};
use testkit::{Postgres, run};

#[test]
fn a_table_of_another_shape_is_refused_by_name() {
    let server = Server::of(&items(1, 3));
    let world = World::new(13, SIMPLE);
    let whole = "id bigint PRIMARY KEY, name text, value numeric, synced_at timestamptz";
    for (definition, words) in [
        ("TABLE items (id bigint PRIMARY KEY, name text, synced_at timestamptz)", &["no column value"][..]),
        (
            "TABLE items (id text PRIMARY KEY, name text, value numeric, synced_at timestamptz)",
            &["the column id of public.items is text", "bigint, integer"],
        ),
        (
            "TABLE items (id bigint, name text, value numeric, synced_at timestamptz)",
            &["may hold a key twice", r#"CREATE UNIQUE INDEX ON "public"."items" ("id")"#],
        ),
        (
            "TABLE items (id bigint, name text, value numeric, synced_at timestamptz, UNIQUE (id, name))",
            &["may hold a key twice"],
        ),
        (
            "TABLE items (id bigint UNIQUE DEFERRABLE, name text, value numeric, synced_at timestamptz)",
            &["may hold a key twice"],
        ),
        (
            "TABLE items (id bigint PRIMARY KEY, name text, value numeric, synced_at date)",
            &["the column synced_at of public.items is date"],
        ),
        (&format!("TABLE items ({whole}, owner text NOT NULL)"), &["owner", "has to have a value"]),
        (
            "TABLE items (id bigint PRIMARY KEY, name text, value numeric GENERATED ALWAYS AS (id * 2) STORED,
                synced_at timestamptz)",
            &["value", "computed by the server"],
        ),
        ("VIEW items AS SELECT 1::bigint AS id, ''::text AS name, 1::numeric AS value", &["is no table"]),
        (
            "DOMAIN price AS numeric CHECK (VALUE < 2); CREATE TABLE items (id bigint PRIMARY KEY, name text,
                value price, synced_at timestamptz)",
            &["the column value of public.items is price"],
        ),
    ] {
        world.database.psql(&format!("CREATE {definition}"));
        ended(&world.run(&server, &[]), 2, words);
        let kind = if definition.starts_with("VIEW") { "VIEW" } else { "TABLE" };
        world.database.psql(&format!("DROP {kind} items; DROP DOMAIN IF EXISTS price"));
    }
    assert!(server.requests().is_empty(), "the API was asked before");
}

#[test]
fn a_table_of_ones_own_with_more_columns_is_written_to() {
    let world = World::new(14, SIMPLE);
    world.database.psql(
        "CREATE TABLE items (note text DEFAULT 'mine', value double precision, name varchar(50), id smallint,
            synced_at timestamp, made timestamptz DEFAULT now());
        CREATE UNIQUE INDEX ON items (id) INCLUDE (name);
        INSERT INTO items (id, note) VALUES (2, 'old')",
    );
    assert_eq!(counts(&world.report(&Server::of(&items(1, 3)), &[])), [2, 1, 0]);
    let found = world
        .database
        .psql("SELECT id, name, value, note, synced_at IS NULL FROM items ORDER BY id");
    assert_eq!(found, "1|item 1|1.5|mine|f\n2|item 2|2.5|old|f\n3|item 3|3.5|mine|f\n");
}

#[test]
fn a_partitioned_table_is_written_to() {
    let world = World::new(13, SIMPLE);
    world.database.psql(
        "CREATE TABLE items (id bigint PRIMARY KEY, name text, value numeric, synced_at timestamptz)
            PARTITION BY RANGE (id);
        CREATE TABLE low PARTITION OF items FOR VALUES FROM (0) TO (5);
        CREATE TABLE high PARTITION OF items FOR VALUES FROM (5) TO (50)",
    );
    assert_eq!(counts(&world.report(&Server::of(&items(1, 9)), &[])), [9, 0, 0]);
    assert_eq!(counts(&world.report(&Server::of(&items(1, 10)), &[])), [1, 0, 9]);
    // One that has no partition is the server's to refuse: nothing is written then.
    let ran = world.run(&Server::of(&items(11, 60)), &[]);
    ended(&ran, 2, &["no partition of relation"]);
    assert_eq!(world.database.psql("SELECT count(*) FROM items"), "10\n");
}

#[test]
fn what_only_the_server_can_refuse_ends_it_with_nothing_written() {
    for (extra, word) in
        [("CHECK (value < 3)", "violates check constraint"), ("UNIQUE (value)", "duplicate key")]
    {
        let world = World::new(15, SIMPLE);
        world.database.psql(&format!(
            "CREATE TABLE items (id bigint PRIMARY KEY, name text, value numeric, synced_at timestamptz, {extra})"
        ));
        let body = format!("[{}]", items(1, 5).trim_matches(['[', ']']).replace("5.50", "1.50"));
        let ran = run(world.command(&Server::of(&body).url, &[]).env("WAIT", "1s"));
        assert!([1, 2].contains(&ran.code), "{}", ran.stderr);
        assert!(ran.stderr.contains(word), "{}", ran.stderr);
        assert_eq!(world.rows(), "");
    }
    let world = World::new(15, SIMPLE);
    world.database.psql(
        "CREATE TABLE items (id bigint PRIMARY KEY, name text, value numeric, synced_at timestamptz);
        CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN IF NEW.id = 2 THEN RETURN NULL; END IF; RETURN NEW; END';
        CREATE TRIGGER no BEFORE INSERT ON items FOR EACH ROW EXECUTE FUNCTION no()",
    );
    ended(&world.run(&Server::of(&items(1, 5)), &[]), 2, &["took 4 of 5 rows"]);
    assert_eq!(world.rows(), "");
}

#[test]
fn hostile_names_are_names() {
    let table = r#"a"b; DROP TABLE x --"#;
    let config = r#"
table: {name: '"we.ird"."a""b; DROP TABLE x --"', key: ["k'\"\\"], synced: "s y n c"}
columns:
  "k'\"\\": {from: "\"x.y\""}
  "select": {from: "'; --"}
  "ünï": {from: "a[1]", type: integer}
"#;
    let world = World::new(16, config);
    world.database.psql("CREATE SCHEMA \"we.ird\"; CREATE TABLE x ()");
    let server = Server::of(r#"[{"x.y": "1", "'; --": "'; DROP TABLE x", "a": [0, 7]}]"#);
    assert_eq!(counts(&world.report(&server, &[])), [1, 0, 0]);
    assert_eq!(counts(&world.report(&server, &[])), [0, 0, 1]);
    let quoted = table.replace('"', "\"\"");
    let found = world.database.psql(&format!(r#"SELECT "select", "ünï" FROM "we.ird"."{quoted}""#));
    assert_eq!(found, "'; DROP TABLE x|7\n");
    assert!(world.has("x"));
    let bad = Server::of(r#"[{"a": [0, 7]}]"#);
    world.report(&bad, &[]);
    assert!(world.files().first().unwrap().starts_with("rejects-a_b__DROP_TABLE_x_--"));
}

#[test]
fn a_role_needs_what_the_readme_says_and_no_more() {
    let server = Postgres::start(17);
    let world = World::in_database(server.create_database(), SIMPLE);
    let role = format!("importer_{}", world.database.name());
    server.statement(&format!("CREATE ROLE {role} LOGIN"));
    let api = Server::of(&items(1, 3));
    let as_role = || run(world.command(&api.url, &[]).env("PGUSER", &role));
    ended(&as_role(), 2, &["no permission to make it", "GRANT CREATE ON SCHEMA"]);
    world.database.psql(
        "CREATE TABLE items (id bigint PRIMARY KEY, name text, value numeric, synced_at timestamptz)",
    );
    ended(&as_role(), 2, &["no permission", "GRANT SELECT"]);
    world.database.psql(&format!("GRANT SELECT, INSERT, UPDATE ON items TO {role}"));
    as_role().ok();
    world.database.psql("ALTER TABLE items ENABLE ROW LEVEL SECURITY");
    ended(&as_role(), 2, &["row-level security"]);
    world.database.psql(&format!("DROP OWNED BY {role}"));
    server.statement(&format!("DROP ROLE {role}"));
}

#[test]
fn a_database_that_cannot_hold_all_letters_is_refused() {
    let database = Postgres::start(18).create_database_with("ENCODING 'LATIN1' LOCALE 'C'");
    let world = World::in_database(database, SIMPLE);
    ended(&world.run(&Server::of(&items(1, 3)), &[]), 2, &["LATIN1"]);
}
