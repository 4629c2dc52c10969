//! Accounts and the like, back into a server: some before the databases, some after them.

use super::parts;
use super::reader::Reader;
use super::session::{Session, open_all};
use crate::dump::part;
use crate::save::flavor;
use backup::source::Source;
use mysql::Endpoint;
use serde_json::json;
use task::{Error, Report, Result, Task};

pub(crate) struct Globals<'a> {
    source: &'a Source,
    endpoint: &'a Endpoint,
}

impl<'a> Globals<'a> {
    /// Refuses a server of the other family: neither takes the accounts of the other.
    pub(crate) async fn open(
        task: &Task,
        source: &'a Source,
        endpoint: &'a Endpoint,
    ) -> Result<Self> {
        let globals = Self { source, endpoint };
        let session = globals.session(task).await?;
        let version = session.client.version();
        let (ours, theirs) = (flavor(version.mariadb), source.manifest().properties.get("flavor"));
        if theirs != Some(&ours) {
            return Err(Error::usage(format!(
                "{endpoint} is {version}, and takes no accounts of another family of servers: restore the \
                 databases one by one"
            )));
        }
        source.check(task).await?;
        Ok(globals)
    }

    /// What databases can need: what is there already stays as it is.
    pub(crate) async fn before(&self, task: &Task) -> Result<()> {
        self.run(task, &[part::SERVER, part::ACCOUNTS]).await
    }

    /// Rights on what the databases hold.
    pub(crate) async fn after(self, task: &Task) -> Result<Report> {
        self.run(task, &[part::RIGHTS]).await?;
        let manifest = self.source.manifest();
        let file = &manifest.artifact.file;
        let summary = format!("restored {file} into {}", self.endpoint);
        Ok(Report {
            bytes: manifest.artifact.raw_size,
            json: json!({ "file": file }),
            table: summary.clone(),
            summary,
            ..Report::default()
        })
    }

    async fn run(&self, task: &Task, parts: &[&str]) -> Result<()> {
        let mut session = self.session(task).await?;
        let killer = session.client.killer();
        let chunks = self.source.manifest().chunks.iter();
        let wanted = chunks.filter(|chunk| parts.contains(&chunk.part.as_str())).cloned();
        let mut reader = Reader::new(self.source.open(wanted.collect(), None));
        let work = async {
            while let Some(statement) = reader.statement().await? {
                session.run_unless_there(&statement.text).await?;
            }
            Ok(())
        };
        let done = task.until_stopped(work).await;
        if done.is_err() {
            mysql::kill(&[killer]).await;
        }
        done
    }

    async fn session(&self, task: &Task) -> Result<Session> {
        let settings = task.until_stopped(parts::settings(self.source)).await?;
        let mut sessions = task.until_stopped(open_all(task, self.endpoint, &settings, 1)).await?;
        sessions.pop().ok_or_else(|| Error::failed("no connection"))
    }
}
