//! The databases that are backed up: SQL files, each about one class of objects.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use testkit::{Database, Postgres, run};

/// The oldest and the newest server, and two between.
pub(crate) const MAJORS: [u32; 4] = [13, 15, 17, 18];

/// Those that can be in one database together.
pub(crate) const TOGETHER: [&str; 26] = [
    "shop",
    "schemas",
    "extensions",
    "types",
    "base_types",
    "collations",
    "casts",
    "operators",
    "text_search",
    "functions",
    "tables",
    "inheritance",
    "partitions",
    "sequences",
    "views",
    "rules",
    "indexes",
    "constraints",
    "triggers",
    "policies",
    "privileges",
    "hostile",
    "foreign",
    "statistics",
    "large_objects",
    "replication",
];

/// A database that holds the corpus, or all that go together.
pub(crate) fn source(corpus: &str, major: u32) -> Database {
    let server = Postgres::start(major);
    make_roles(&server);
    let database = empty(&server, corpus);
    match corpus {
        "everything" => TOGETHER.iter().for_each(|corpus| load(&database, corpus)),
        // A restore puts inherited columns first, as they would be had they come first.
        "everything_but_inheritance" => TOGETHER
            .iter()
            .filter(|corpus| **corpus != "inheritance")
            .for_each(|corpus| load(&database, corpus)),
        "labels" => {
            load(&database, corpus);
            reset(&database);
        }
        corpus => load(&database, corpus),
    }
    database
}

/// A setting of the database would be a reason to refuse it.
pub(crate) fn reset(database: &Database) {
    database.server().statement(&format!("ALTER DATABASE {} RESET ALL", database.name()));
}

/// A database into which the corpus can be restored.
pub(crate) fn empty(server: &Arc<Postgres>, corpus: &str) -> Database {
    match corpus {
        "encoding" => server.create_database_with("ENCODING 'LATIN1' LOCALE 'C'"),
        "encoding_japanese" => server.create_database_with("ENCODING 'EUC_JP' LOCALE 'C'"),
        "encoding_none" => server.create_database_with("ENCODING 'SQL_ASCII' LOCALE 'C'"),
        "labels" => {
            // Whoever gives a label must have its provider loaded.
            let database = server.create_database();
            let load = "SET session_preload_libraries = 'nightshift_label'";
            server.statement(&format!("ALTER DATABASE {} {load}", database.name()));
            database
        }
        _ => server.create_database(),
    }
}

pub(crate) fn load(database: &Database, corpus: &str) {
    let file = file(&format!("{corpus}.sql"));
    let mut psql = database.psql_command();
    say_version(&mut psql, database.server());
    run(psql.arg("-f").arg(file)).ok();
}

/// A file that begins in the database `postgres`.
pub(crate) fn run_on_server(server: &Postgres, name: &str) {
    let mut psql = testkit::judge("psql");
    psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d"]);
    psql.arg(format!("{}/postgres", server.server_url()));
    say_version(&mut psql, server);
    run(psql.arg("-f").arg(file(name))).ok();
}

fn say_version(psql: &mut Command, server: &Postgres) {
    for major in 14..=18 {
        psql.args(["-v", &format!("at{major}={}", server.major() >= major)]);
    }
}

/// Roles belong to the server: two tests at once would be in each other's way.
pub(crate) fn make_roles(server: &Postgres) {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    run_on_server(server, "roles.psql");
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("e2e/backup_postgres/corpus").join(name)
}
