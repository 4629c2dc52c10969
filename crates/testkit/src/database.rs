//! One database of a test server, and what stock tools do with it.

use crate::{Postgres, Ran, judge, run};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

/// Dropped with all its connections when the value is.
pub struct Database {
    server: Arc<Postgres>,
    name: String,
}

impl Database {
    pub(crate) fn new(server: Arc<Postgres>, name: String) -> Self {
        Self { server, name }
    }

    /// The same one as another server of the same data has it, a standby. It is not dropped with
    /// the value: that is its primary's to do.
    #[must_use]
    pub fn on(&self, server: &Arc<Postgres>) -> Self {
        Self { server: Arc::clone(server), name: self.name.clone() }
    }

    pub fn server(&self) -> &Arc<Postgres> {
        &self.server
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn url(&self) -> String {
        format!("{}/{}", self.server.server_url(), self.name)
    }

    /// `PG*` for a program under test, which gets none of ours.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let rest = self.server.server_url().split_once("://").map_or("", |(_, rest)| rest);
        let (user, place) = rest.rsplit_once('@').unwrap_or(("postgres", rest));
        let (user, password) = user.split_once(':').unwrap_or((user, ""));
        let (host, port) = place.rsplit_once(':').unwrap_or((place, "5432"));
        [
            ("PGHOST", host),
            ("PGPORT", port),
            ("PGUSER", user),
            ("PGPASSWORD", password),
            ("PGDATABASE", self.name.as_str()),
        ]
        .map(|(name, value)| (name, value.to_owned()))
        .to_vec()
    }

    /// Runs SQL in this database, each statement on its own; the rows, one a line, `|` between
    /// columns.
    #[track_caller]
    pub fn psql(&self, sql: &str) -> String {
        self.try_psql(&["-c", sql]).ok()
    }

    #[track_caller]
    pub fn psql_file(&self, path: &Path) -> String {
        self.try_psql(&["-f", &path.display().to_string()]).ok()
    }

    /// psql that stops at the first error, with these arguments more.
    pub fn try_psql(&self, arguments: &[&str]) -> Ran {
        run(self.psql_command().args(arguments))
    }

    /// The command alone, for a test that feeds its stdin.
    pub fn psql_command(&self) -> Command {
        let mut command = judge("psql");
        command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", &self.url()]);
        command
    }

    /// The database as the newest `pg_dump` sees it.
    #[track_caller]
    pub fn pg_dump(&self, arguments: &[&str]) -> String {
        run(judge("pg_dump").args(["-d", &self.url()]).args(arguments)).ok()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let url = format!("{}/postgres", self.server.server_url());
        // Of no interest to a test that is done, nor to one that has failed.
        let _ = run(judge("psql").args(["-X", "-q", "-d", &url, "-c", &drop]));
    }
}
