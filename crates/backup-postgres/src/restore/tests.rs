//! Restores and drills of small artifacts made by hand, on a real server.

use super::source::hex;
use super::{Leaving, RestoreOptions, Source, drill, restore};
use backup::codec::{Codec, Compressor};
use backup::manifest::{Artifact, Chunk, Content, FORMAT, Manifest, Tally};
use bytes::Bytes;
use postgres::{Client, Endpoint};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use storage::Store;
use task::{Exit, Task};

const OPTIONS: RestoreOptions = RestoreOptions {
    jobs: 2,
    create: false,
    clean: false,
    leaving: Leaving { owner: false, privileges: false },
};
const CREATE: RestoreOptions = RestoreOptions { create: true, ..OPTIONS };
const CLEAN: RestoreOptions = RestoreOptions { clean: true, ..OPTIONS };

const CODEC: Codec = Codec::Gzip(1);

const SETTINGS: &str = "SET client_encoding = 'UTF8';\n\
    SELECT pg_catalog.set_config('search_path', '', false);\n";

/// A table whose name and column are as bad as names get.
const TABLE: &str = "\"public\".\"a;\n\\! \"\"('\"";
const COLUMN: &str = "\"from) $$\"";

fn task() -> Task {
    Task::standalone(false, Duration::from_secs(5))
}

/// An artifact of one part after the other; rows are given as lines.
struct Made {
    bytes: Vec<u8>,
    manifest: Manifest,
}

fn made() -> Made {
    let artifact = Artifact {
        file: "postgres-shop-20261120T020000Z.sql.gz".into(),
        size: 0,
        sha256: String::new(),
        codec: CODEC,
        raw_size: 0,
        recipients: Vec::new(),
    };
    let now = jiff::Timestamp::now();
    let made = Made {
        bytes: Vec::new(),
        manifest: Manifest {
            format: FORMAT.into(),
            kind: "postgres".into(),
            name: "shop".into(),
            started: now,
            finished: now,
            tool: "test".into(),
            server: None,
            artifact,
            verified: true,
            properties: BTreeMap::from([("encoding".to_owned(), "UTF8".to_owned())]),
            contents: Vec::new(),
            chunks: Vec::new(),
        },
    };
    made.part("settings", SETTINGS)
}

impl Made {
    fn chunk(&mut self, part: &str, raw: &str, content: Option<usize>, rows: u64) {
        let offset = self.bytes.len() as u64;
        self.bytes.extend(compressed(raw));
        let length = self.bytes.len() as u64 - offset;
        self.manifest.artifact.raw_size += raw.len() as u64;
        self.manifest.chunks.push(Chunk { offset, length, part: part.into(), content, rows });
    }

    fn part(mut self, part: &str, statements: &str) -> Self {
        self.chunk(part, statements, None, 0);
        self
    }

    /// Rows of one table in several chunks.
    fn rows(mut self, table: &str, columns: &str, chunks: &[&[&str]]) -> Self {
        let content = self.manifest.contents.len();
        let mut all = Tally::default();
        for rows in chunks {
            let mut raw = format!("COPY {table} ({columns}) FROM stdin;\n");
            for row in *rows {
                all.row(row.as_bytes());
                raw.push_str(row);
                raw.push('\n');
            }
            raw.push_str("\\.\n");
            self.chunk("data", &raw, Some(content), rows.len() as u64);
        }
        self.manifest.contents.push(Content { name: table.into(), tally: all });
        self
    }

    fn property(mut self, key: &str, value: &str) -> Self {
        self.manifest.properties.insert(key.into(), value.into());
        self
    }

    async fn store(mut self) -> Stored {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().to_str().unwrap()).await.unwrap();
        let artifact = &mut self.manifest.artifact;
        artifact.size = self.bytes.len() as u64;
        artifact.sha256 = hex(&Sha256::digest(&self.bytes));
        store.put(&artifact.file, Bytes::from(self.bytes)).await.unwrap();
        Stored { source: Source::new(store, self.manifest), folder }
    }
}

struct Stored {
    source: Source,
    folder: tempfile::TempDir,
}

fn compressed(raw: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    Compressor::new(CODEC).unwrap().compress(raw.as_bytes(), &mut bytes).unwrap();
    bytes
}

/// One of everything that a restore treats in its own way.
fn shop() -> Made {
    let children: String =
        (0..6).map(|n| format!("CREATE TABLE public.child{n} (id int, parent int);\n")).collect();
    let keys: String = (0..6)
        .map(|n| {
            format!(
                "ALTER TABLE ONLY public.child{n} ADD FOREIGN KEY (parent) \
                 REFERENCES public.parent (id);\n"
            )
        })
        .collect();
    made()
        .part(
            "pre-data",
            &format!(
                "CREATE TABLE {TABLE} ({COLUMN} text, n int);\nCREATE SEQUENCE public.s;\n\
                 CREATE TABLE public.parent (id int);\n{children}"
            ),
        )
        .rows(TABLE, &format!("{COLUMN}, n"), &[&["\\\\.\t1", "\\N\t2"], &["a;'\t3"]])
        .rows("public.parent", "id", &[&["1", "2"], &["3"], &["4"]])
        .part("sequences", "SELECT pg_catalog.setval('public.s', 42, true);\n")
        .part(
            "indexes",
            &format!(
                "CREATE INDEX a ON {TABLE} (n);\nCREATE INDEX b ON {TABLE} (n);\n\
                 ALTER TABLE ONLY public.parent ADD PRIMARY KEY (id);\n"
            ),
        )
        .part("post-data", "CREATE VIEW public.v AS SELECT 1 AS x;\n")
        .part("foreign-keys", &keys)
        .part("final", "GRANT SELECT ON public.v TO PUBLIC;\n")
}

struct Running {
    server: testkit::Postgres,
    admin: Client,
}

impl Running {
    async fn start() -> Self {
        let server = testkit::Postgres::start(15);
        let admin = endpoint(&server, "postgres").connect("test").await.unwrap();
        Self { server, admin }
    }

    fn endpoint(&self, database: &str) -> Endpoint {
        endpoint(&self.server, database)
    }

    async fn database(&self, name: &str) -> Endpoint {
        let statement = format!("CREATE DATABASE \"{name}\" TEMPLATE template0");
        self.admin.batch_execute(&statement).await.unwrap();
        self.endpoint(name)
    }

    async fn drop(&self, name: &str) {
        let statement = format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)");
        self.admin.batch_execute(&statement).await.unwrap();
    }

    async fn has(&self, like: &str) -> bool {
        let query = "SELECT 1 FROM pg_database WHERE datname LIKE $1";
        !self.admin.query(query, &[&like]).await.unwrap().is_empty()
    }
}

fn endpoint(server: &testkit::Postgres, database: &str) -> Endpoint {
    Endpoint::from_url(&server.url(database)).unwrap()
}

async fn one(endpoint: &Endpoint, query: &str) -> String {
    let client = endpoint.connect("test").await.unwrap();
    client.query_one(query, &[]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_arrives_in_a_new_database() {
    let running = Running::start().await;
    running.drop("new one").await;
    let target = running.endpoint("new one");
    let stored = shop().store().await;
    let report = restore(&task(), &stored.source, &target, &CREATE).await.unwrap();
    assert_eq!((report.items, report.json["rows"].as_u64()), (2, Some(7)));
    let rows = format!("SELECT string_agg({COLUMN}, ',' ORDER BY n) FROM {TABLE}");
    assert_eq!(one(&target, &rows).await, "\\.,a;'");
    assert_eq!(one(&target, "SELECT sum(id)::text FROM public.parent").await, "10");
    assert_eq!(one(&target, "SELECT nextval('public.s')::text").await, "43");
    let count = "SELECT count(*)::text FROM pg_constraint WHERE contype = 'f' AND convalidated";
    assert_eq!(one(&target, count).await, "6");

    let again = restore(&task(), &stored.source, &target, &CREATE).await.unwrap_err();
    assert_eq!(again.exit(), Exit::Usage, "{again:?}");
    let full = restore(&task(), &stored.source, &target, &OPTIONS).await.unwrap_err();
    assert_eq!(full.exit(), Exit::Usage);
    let text = full.to_string();
    assert!(
        text.contains("is not empty: it holds table public.") && text.contains("--clean"),
        "{text}"
    );
    restore(&task(), &stored.source, &target, &CLEAN).await.unwrap();
    assert_eq!(one(&target, "SELECT sum(id)::text FROM public.parent").await, "10");
    running.drop("new one").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cleaning_leaves_a_database_as_new() {
    let running = Running::start().await;
    running.drop("dirty").await;
    let target = running.database("dirty").await;
    let dirt = target.connect("test").await.unwrap();
    dirt.batch_execute(
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
    )
    .await
    .unwrap();
    let stored = shop().store().await;
    let full = restore(&task(), &stored.source, &target, &OPTIONS).await.unwrap_err();
    assert_eq!(full.exit(), Exit::Usage, "{full:?}");
    restore(&task(), &stored.source, &target, &CLEAN).await.unwrap();
    let left = super::target::objects(&dirt).await.unwrap();
    let left: Vec<_> =
        left.iter().map(|object| format!("{} {}", object.kind, object.name)).collect();
    assert!(
        left.iter().all(|name| name.contains("public.") && !name.contains("public.e")),
        "{left:?}"
    );
    let owner = "SELECT nspowner::regrole || ' ' || nspacl::text FROM pg_namespace WHERE nspname = 'public'";
    let fresh = running.database("fresh").await;
    assert_eq!(one(&target, owner).await, one(&fresh, owner).await);
    running.drop("fresh").await;
    running.drop("dirty").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_class_of_object_counts_as_not_empty() {
    let running = Running::start().await;
    for (n, make) in [
        "CREATE TABLE t ()",
        "CREATE SCHEMA s",
        "CREATE TYPE e AS ENUM ()",
        "CREATE EXTENSION pg_trgm",
        "SELECT lo_create(0)",
        "CREATE CAST (int AS xid) WITH INOUT",
        "CREATE PUBLICATION p",
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",
        "CREATE FOREIGN DATA WRAPPER w",
    ]
    .iter()
    .enumerate()
    {
        let name = format!("holds {n}");
        running.drop(&name).await;
        let target = running.database(&name).await;
        let client = target.connect("test").await.unwrap();
        assert!(super::target::refuse_objects(&client, &target).await.is_ok());
        client.batch_execute("CREATE TEMP TABLE mine (a text)").await.unwrap();
        assert!(super::target::refuse_objects(&client, &target).await.is_ok());
        client.batch_execute(make).await.unwrap();
        assert!(super::target::refuse_objects(&client, &target).await.is_err(), "{make}");
        drop(client);
        running.drop(&name).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_failure_is_told_and_the_new_database_is_gone() {
    let running = Running::start().await;
    running.drop("failing").await;
    let target = running.endpoint("failing");
    let stored = shop().part("post-data", "CREATE VIEW public.w\nAS SELECT nope;\n").store().await;
    let error = restore(&task(), &stored.source, &target, &CREATE).await.unwrap_err();
    let text = format!("{error:#}");
    assert!(text.contains("cannot run CREATE VIEW public.w…: column \"nope\""), "{text}");
    assert!(!running.has("failing").await);

    let target = running.database("failing").await;
    let error = restore(&task(), &stored.source, &target, &OPTIONS).await.unwrap_err();
    assert!(format!("{error:#}").contains("half restored"), "{error:?}");
    running.drop("failing").await;

    let stored = made()
        .part("pre-data", "CREATE TABLE public.t (a int);\n")
        .rows("public.t", "a", &[&["1", "two"]])
        .store()
        .await;
    let error = restore(&task(), &stored.source, &target, &CREATE).await.unwrap_err();
    let text = format!("{error:#}");
    assert!(text.contains("COPY public.t") && text.contains("\"two\""), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_is_found_before_anything_is_run() {
    let running = Running::start().await;
    running.drop("damaged").await;
    let stored = shop().store().await;
    let file = stored.folder.path().join(&stored.source.manifest().artifact.file);
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let target = running.endpoint("damaged");
    let error = restore(&task(), &stored.source, &target, &CREATE).await.unwrap_err();
    assert_eq!(error.exit(), Exit::Integrity, "{error:?}");
    assert!(!running.has("damaged").await);
    let error = drill(&task(), &stored.source, &running.endpoint("postgres"), 2).await.unwrap_err();
    assert_eq!(error.exit(), Exit::Integrity, "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_the_manifest_does_not_promise_are_an_error() {
    let running = Running::start().await;
    running.drop("other rows").await;
    let mut made = shop();
    made.manifest.contents[1].tally.rows += 1;
    let stored = made.store().await;
    let error = restore(&task(), &stored.source, &running.endpoint("other rows"), &CREATE).await;
    let error = error.unwrap_err();
    assert_eq!(error.exit(), Exit::Integrity, "{error:?}");
    assert!(error.to_string().contains("public.parent has 4 rows instead of 5"), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drill_reads_the_rows_back_and_leaves_nothing() {
    let running = Running::start().await;
    let server = running.endpoint("postgres");
    let stored = shop().store().await;
    let report = drill(&task(), &stored.source, &server, 2).await.unwrap();
    assert!(report.summary.contains("passed the drill"), "{}", report.summary);
    assert!(!running.has("nightshift\\_drill\\_%").await);

    // A table that does not keep what it is given.
    let stored = made()
        .part(
            "pre-data",
            "CREATE TABLE public.t (a int);\nCREATE FUNCTION public.f() RETURNS trigger LANGUAGE \
             plpgsql AS $$ BEGIN NEW.a := NEW.a + 1; RETURN NEW; END $$;\nCREATE TRIGGER x BEFORE \
             INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION public.f();\n",
        )
        .rows("public.t", "a", &[&["1"], &["2"]])
        .store()
        .await;
    let error = drill(&task(), &stored.source, &server, 2).await.unwrap_err();
    assert_eq!(error.exit(), Exit::Integrity, "{error:?}");
    assert!(format!("{error:#}").contains("public.t has 2 rows with other contents"), "{error:#}");
    assert!(!running.has("nightshift\\_drill\\_%").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drill_lends_the_roles_that_a_server_lacks() {
    let running = Running::start().await;
    let server = running.endpoint("postgres");
    let stored = made()
        .property("roles", r#"["postgres", "app'\"s"]"#)
        .property("lc_collate", "xx_XX.UTF-8")
        .part(
            "pre-data",
            "CREATE TABLE public.t (a int);\nALTER TABLE public.t OWNER TO \"app'\"\"s\";\n",
        )
        .part("final", "GRANT SELECT ON public.t TO \"app'\"\"s\";\n")
        .store()
        .await;
    drill(&task(), &stored.source, &server, 2).await.unwrap();
    let role = "SELECT count(*)::text FROM pg_roles WHERE rolname LIKE 'app%'";
    assert_eq!(one(&server, role).await, "0");

    running.drop("no roles").await;
    let target = running.database("no roles").await;
    let error = restore(&task(), &stored.source, &target, &OPTIONS).await.unwrap_err();
    assert_eq!(error.exit(), Exit::Usage);
    assert!(error.to_string().contains("lacks roles that the backup names: app'\"s;"), "{error:?}");
    let leaving = Leaving { owner: true, privileges: true };
    let options = RestoreOptions { leaving, ..OPTIONS };
    restore(&task(), &stored.source, &target, &options).await.unwrap();
    running.drop("no roles").await;

    let options = RestoreOptions { leaving, ..CREATE };
    let error = restore(&task(), &stored.source, &target, &options).await.unwrap_err();
    assert_eq!(error.exit(), Exit::Usage);
    assert!(error.to_string().contains("xx_XX.UTF-8"), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_ends_a_drill_and_a_restore_at_once() {
    let running = Running::start().await;
    running.drop("stopped").await;
    let stored = shop().part("post-data", "SELECT pg_sleep(600);\n").store().await;
    for drilling in [false, true] {
        let task = task();
        let stopping = task.stopping().clone();
        let work = async {
            if drilling {
                drill(&task, &stored.source, &running.endpoint("postgres"), 2).await
            } else {
                restore(&task, &stored.source, &running.endpoint("stopped"), &CREATE).await
            }
        };
        let stop = async {
            let sleeping = "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep%600%' \
                            AND state = 'active' AND pid <> pg_backend_pid()";
            while running.admin.query(sleeping, &[]).await.unwrap().is_empty() {}
            stopping.cancel();
            Instant::now()
        };
        let (result, stopped) = tokio::join!(work, stop);
        assert_eq!(result.unwrap_err().exit(), Exit::Stopped);
        assert!(stopped.elapsed() < Duration::from_secs(3), "{:?}", stopped.elapsed());
        assert!(!running.has("stopped").await && !running.has("nightshift\\_drill\\_%").await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn old_leftovers_are_swept_and_others_are_not() {
    let running = Running::start().await;
    let now = jiff::Timestamp::now().as_second();
    let old = format!("nightshift_drill_{}_1_000000001", now - 90_000);
    let young = format!("nightshift_drill_{}_1_000000001", now - 60);
    for name in [&old, &young] {
        running.drop(name).await;
        running.database(name).await;
    }
    let stored = made().store().await;
    drill(&task(), &stored.source, &running.endpoint("postgres"), 1).await.unwrap();
    assert!(!running.has(&old).await);
    assert!(running.has(&young).await);
    running.drop(&young).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_changes_nothing() {
    let running = Running::start().await;
    running.drop("dry").await;
    let stored = shop().store().await;
    let dry = Task::standalone(true, Duration::from_secs(5));
    restore(&dry, &stored.source, &running.endpoint("dry"), &CREATE).await.unwrap();
    drill(&dry, &stored.source, &running.endpoint("postgres"), 2).await.unwrap();
    assert!(!running.has("dry").await);
    let target = running.database("dry").await;
    let client = target.connect("test").await.unwrap();
    client.batch_execute("CREATE TABLE kept ()").await.unwrap();
    restore(&dry, &stored.source, &target, &CLEAN).await.unwrap();
    assert_eq!(one(&target, "SELECT 'public.kept'::regclass::text").await, "kept");
    drop(client);
    running.drop("dry").await;
}
