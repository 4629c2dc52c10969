//! Restores and drills of small artifacts made by hand, on a real server.

mod drilling;
mod emptying;
mod restoring;

use super::{Leaving, RestoreOptions, drill, restore};
use backup::age::Recipients;
use backup::codec::Codec;
use backup::manifest::Tally;
use backup::name::Name;
use backup::source::Source;
use backup::writer::{Facts, Writer};
use jiff::Timestamp;
use postgres::{Client, Endpoint};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};
use storage::Store;
use task::{Exit, Task};
use testkit::Database;

const OPTIONS: RestoreOptions = RestoreOptions {
    jobs: 2,
    create: false,
    clean: false,
    server: false,
    leaving: Leaving { owner: false, privileges: false, tablespaces: false },
};
const CREATE: RestoreOptions = RestoreOptions { create: true, ..OPTIONS };
const CLEAN: RestoreOptions = RestoreOptions { clean: true, ..OPTIONS };

const SETTINGS: &str = "SET client_encoding = 'UTF8';\n\
    SELECT pg_catalog.set_config('search_path', '', false);\n";

/// A table whose name and column are as bad as names get.
const TABLE: &str = "\"public\".\"a;\n\\! \"\"('\"";
const COLUMN: &str = "\"from) $$\"";

fn task() -> Task {
    Task::standalone(false, Duration::from_secs(5))
}

/// An artifact: one part after the other.
struct Made {
    store: Store,
    folder: tempfile::TempDir,
    writer: Writer,
    properties: BTreeMap<String, String>,
    /// Rows that the manifest promises, and the artifact does not hold.
    missing: Tally,
}

async fn made() -> Made {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::directory(folder.path()).await.unwrap();
    let name = Name::new("postgres", "shop", Timestamp::now(), "sql").unwrap();
    let made = Made {
        writer: Writer::create(
            std::slice::from_ref(&store),
            name,
            Codec::Gzip(1),
            &Recipients::default(),
        )
        .await
        .unwrap(),
        store,
        folder,
        properties: BTreeMap::from([("encoding".to_owned(), "UTF8".to_owned())]),
        missing: Tally::default(),
    };
    made.part("settings", SETTINGS).await
}

impl Made {
    async fn part(self, part: &'static str, statements: &str) -> Self {
        self.writer.member(part, None, Tally::default(), statements.into()).await.unwrap();
        self
    }

    /// Rows of one table in several members.
    async fn rows(self, table: &str, columns: &str, members: &[&[&str]]) -> Self {
        let content = self.writer.content(table.to_owned());
        for rows in members {
            let mut tally = Tally::default();
            let mut raw = format!("COPY {table} ({columns}) FROM stdin;\n");
            for row in *rows {
                tally.row(row.as_bytes());
                raw.push_str(row);
                raw.push('\n');
            }
            raw.push_str("\\.\n");
            self.writer.member("data", Some(content), tally, raw.into()).await.unwrap();
        }
        self
    }

    fn property(mut self, key: &str, value: &str) -> Self {
        self.properties.insert(key.into(), value.into());
        self
    }

    async fn store(self) -> Stored {
        let facts = Facts {
            parent: None,
            started: Timestamp::now(),
            tool: "test".into(),
            server: None,
            verified: true,
            properties: self.properties,
        };
        let mut written = self.writer.seal().await.unwrap();
        if let Some(content) = written.contents.last_mut() {
            content.tally.add(self.missing);
        }
        let manifest = written.commit(facts).await.unwrap();
        Stored { source: Source::new(self.store, manifest, None), folder: self.folder }
    }
}

struct Stored {
    source: Source,
    folder: tempfile::TempDir,
}

/// One of everything that a restore treats in its own way.
async fn shop() -> Made {
    let (mut children, mut keys) = (String::new(), String::new());
    for n in 0..6 {
        writeln!(children, "CREATE TABLE public.child{n} (id int, parent int);").unwrap();
        writeln!(
            keys,
            "ALTER TABLE ONLY public.child{n} ADD FOREIGN KEY (parent) \
             REFERENCES public.parent (id);"
        )
        .unwrap();
    }
    made()
        .await
        .part(
            "pre-data",
            &format!(
                "CREATE TABLE {TABLE} ({COLUMN} text, n int);\nCREATE SEQUENCE public.s;\n\
                 CREATE TABLE public.parent (id int);\n{children}"
            ),
        )
        .await
        .rows(TABLE, &format!("{COLUMN}, n"), &[&["\\\\.\t1", "\\N\t2"], &["a;'\t3"]])
        .await
        .rows("public.parent", "id", &[&["1", "2"], &["3"], &["4"]])
        .await
        .part("sequences", "SELECT pg_catalog.setval('public.s', 42, true);\n")
        .await
        .part(
            "indexes",
            &format!(
                "CREATE INDEX a ON {TABLE} (n);\nCREATE INDEX b ON {TABLE} (n);\n\
                 ALTER TABLE ONLY public.parent ADD PRIMARY KEY (id);\n"
            ),
        )
        .await
        .part("post-data", "CREATE VIEW public.v AS SELECT 1 AS x;\n")
        .await
        .part("foreign-keys", &keys)
        .await
        .part("final", "GRANT SELECT ON public.v TO PUBLIC;\n")
        .await
}

async fn connect(endpoint: &Endpoint) -> Client {
    endpoint.connect("test").await.unwrap()
}

fn endpoint(database: &Database) -> Endpoint {
    Endpoint::from_url(&database.url()).unwrap()
}

/// A database that is not there, and is gone again afterwards.
fn absent(server: &Arc<testkit::Postgres>) -> Database {
    let database = server.create_database();
    server.statement(&format!("DROP DATABASE {}", database.name()));
    database
}

/// Whether a database is there.
fn has(server: &testkit::Postgres, name: &str) -> bool {
    let query = format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'");
    server.statement(&query).trim() == "1"
}
