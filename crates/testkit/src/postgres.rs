//! PostgreSQL servers of several majors, one of each shared by all tests of a process.

use crate::server::Server;
use crate::{Database, judge, run};
use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// A running server with the superuser `postgres`, whom it trusts unless told otherwise.
pub struct Postgres {
    major: u32,
    url: String,
    process: Option<Server>,
}

/// What a server that a test wants for itself needs beyond the usual.
#[derive(Default)]
pub struct Settings {
    /// Lines of `postgresql.conf`.
    pub lines: String,
    /// The whole `pg_hba.conf`.
    pub hba: Option<String>,
    /// Names and contents of files in the data directory, such as `server.key`.
    pub files: Vec<(String, String)>,
}

type Shared = HashMap<u32, Arc<OnceLock<Arc<Postgres>>>>;

/// Kept as long as the process lives, for the next test wants it too; its watchdog ends it then.
static SHARED: Mutex<Option<Shared>> = Mutex::new(None);
static DATABASES: AtomicU32 = AtomicU32::new(0);

impl Postgres {
    /// The server of this major that all tests of the process share, started when first asked for;
    /// or the one that `NIGHTSHIFT_TEST_PG_<MAJOR>` points at.
    pub fn start(major: u32) -> Arc<Self> {
        let cell = {
            let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(shared.get_or_insert_default().entry(major).or_default())
        };
        // Not under the lock: servers of other majors start at the same time.
        Arc::clone(cell.get_or_init(|| {
            let variable = format!("NIGHTSHIFT_TEST_PG_{major}");
            match std::env::var(&variable) {
                Ok(url) if !url.is_empty() => Arc::new(Self { major, url, process: None }),
                _ => Self::private(major, &Settings::default()),
            }
        }))
    }

    /// A server of its own, ended when dropped.
    pub fn private(major: u32, settings: &Settings) -> Arc<Self> {
        let Settings { lines, hba, files } = settings;
        let process = Server::start(major, lines, hba.as_deref(), files);
        let url = format!("postgres://postgres@127.0.0.1:{}", process.port);
        Arc::new(Self { major, url, process: Some(process) })
    }

    /// A hot standby of this one, ended when dropped; `lines` are of `postgresql.conf`.
    pub fn standby(self: &Arc<Self>, lines: &str) -> Arc<Self> {
        // One session must live as long as the copying.
        let (start, stop) = if self.major >= 15 {
            (
                "SELECT pg_backup_start('standby', true)",
                "SELECT labelfile FROM pg_backup_stop(false)",
            )
        } else {
            (
                "SELECT pg_start_backup('standby', true, false)",
                "SELECT labelfile FROM pg_stop_backup(false, false)",
            )
        };
        let copy = tempfile::tempdir().expect("a temporary folder");
        let from = self.ours().folder.join("data");
        let url = format!("{}/postgres", self.url);
        let mut psql = judge("psql");
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", &url]);
        psql.args(["-o", "/dev/null", "-c", start]);
        psql.args(["-c", &format!("\\! cp -a {} {}", from.display(), copy.path().display())]);
        let label = run(psql.args(["-c", "\\o", "-c", stop])).ok();
        let process = Server::follow(self.major, copy.path(), self.port(), &label, lines);
        let url = format!("postgres://postgres@127.0.0.1:{}", process.port);
        Arc::new(Self { major: self.major, url, process: Some(process) })
    }

    pub fn major(&self) -> u32 {
        self.major
    }

    /// `postgres://user@host:port`, without a database.
    pub fn server_url(&self) -> &str {
        &self.url
    }

    /// With TCP on 127.0.0.1; a panic if the server is not ours.
    pub fn port(&self) -> u16 {
        self.ours().port
    }

    /// The directory of its socket; a panic if the server is not ours.
    pub fn socket(&self) -> &Path {
        &self.ours().folder
    }

    fn ours(&self) -> &Server {
        self.process.as_ref().expect("the server was started by this process")
    }

    /// What the server logged: errors only, unless told otherwise.
    pub fn log(&self) -> String {
        self.process.as_ref().map(Server::log).unwrap_or_default()
    }

    /// A fresh one in UTF-8, dropped with the value.
    pub fn create_database(self: &Arc<Self>) -> Database {
        self.create_database_with("ENCODING 'UTF8'")
    }

    /// The same with options of `CREATE DATABASE`, such as another encoding.
    pub fn create_database_with(self: &Arc<Self>, options: &str) -> Database {
        let number = DATABASES.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{number}", std::process::id());
        self.statement(&format!("CREATE DATABASE {name} TEMPLATE template0 {options}"));
        Database::new(Arc::clone(self), name)
    }

    /// One statement in the database `postgres`: for roles and other things of the whole server.
    pub fn statement(&self, sql: &str) -> String {
        let url = format!("{}/postgres", self.url);
        run(judge("psql").args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d"]).args([
            url.as_str(),
            "-c",
            sql,
        ]))
        .ok()
    }
}
