//! One database of a MySQL or MariaDB test server, and what stock tools do with it.

use crate::{Mysql, Ran, run};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

/// Dropped when the value is, if it was made for it.
pub struct Schema {
    server: Arc<Mysql>,
    name: String,
    ours: bool,
}

impl Schema {
    pub(crate) fn new(server: Arc<Mysql>, name: String) -> Self {
        Self { server, name, ours: true }
    }

    /// One that stays.
    pub(crate) fn there(server: Arc<Mysql>, name: String) -> Self {
        Self { server, name, ours: false }
    }

    pub fn server(&self) -> &Arc<Mysql> {
        &self.server
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn url(&self) -> String {
        format!("{}/{}", self.server.server_url(), self.name)
    }

    /// `MYSQL_*` for a program under test, which gets none of ours.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let rest = self.server.server_url().split_once("://").map_or("", |(_, rest)| rest);
        let (user, place) = rest.rsplit_once('@').unwrap_or(("root", rest));
        let (user, password) = user.split_once(':').unwrap_or((user, ""));
        let host = place.split(':').next().unwrap_or("127.0.0.1");
        [
            ("MYSQL_HOST", host.to_owned()),
            ("MYSQL_TCP_PORT", self.server.port().to_string()),
            ("MYSQL_USER", user.to_owned()),
            ("MYSQL_PWD", password.to_owned()),
            ("MYSQL_DATABASE", self.name.clone()),
        ]
        .to_vec()
    }

    /// Runs SQL in this database; the rows, one a line, a tab between columns.
    #[track_caller]
    pub fn sql(&self, sql: &str) -> String {
        self.try_sql(sql).ok()
    }

    pub fn try_sql(&self, sql: &str) -> Ran {
        run(self.client().args(["-e", sql]))
    }

    /// Runs a file as a user would, `mysql DATABASE < FILE`.
    #[track_caller]
    pub fn file(&self, path: &Path) -> String {
        self.file_with(self.client(), path).ok()
    }

    /// The same with a client of one's own.
    pub fn file_with(&self, mut client: Command, path: &Path) -> Ran {
        let line = format!("{client:?} < {}", path.display());
        let file = std::fs::File::open(path).expect("the file is there");
        let output = client.stdin(Stdio::from(file)).output().expect("the client runs");
        Ran::of(line, &output)
    }

    /// The stock client of the server's own release, in this database.
    pub fn client(&self) -> Command {
        let mut command = self.server.client();
        command.arg(format!("--database={}", self.name));
        command
    }

    /// The database as the vendor's own dump program sees it.
    #[track_caller]
    pub fn dump(&self, arguments: &[&str]) -> String {
        run(self.server.dump_command().args(arguments).arg(&self.name)).ok()
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        if !self.ours {
            return;
        }
        // Of no interest to a test that is done, nor to one that has failed.
        let _ = self.server.try_statement(&format!("DROP DATABASE IF EXISTS {}", self.name));
    }
}
