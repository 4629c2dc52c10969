//! Roles, tablespaces and rights on parameters, back into a server.

use super::reader::Reader;
use super::session::Session;
use super::target::Server;
use super::{Leaving, parts};
use crate::object::Part;
use backup::source::Source;
use postgres::explain;
use postgres::quote::ident;
use serde_json::json;
use std::collections::BTreeSet;
use task::{Report, Result, Task};

/// Globals that are there, but for what would lock us out before the databases are restored.
pub(crate) struct Globals {
    session: Session,
    /// New attributes, password and settings of the role that we are.
    later: Vec<String>,
}

impl Globals {
    /// Roles in one transaction; tablespaces one by one, because they can be made in none. What is
    /// there already is brought to the same state.
    pub(crate) async fn apply(
        task: &Task,
        source: &Source,
        server: &Server,
        leaving: Leaving,
    ) -> Result<Self> {
        source.check(task).await?;
        let settings = parts::settings(source).await?;
        let session = Session::open(task, &server.maintenance, &settings).await?;
        session.run(parts::WRITABLE).await?;
        let ours = ident(&user(&session).await?);
        let ours = [format!("ALTER ROLE {ours} "), format!("ALTER ROLE {ours}\n")];
        let mut globals = Self { session, later: Vec::new() };
        let work = async {
            globals.session.run("BEGIN").await?;
            let mut roles = part(source, Part::Roles);
            while let Some(statement) = roles.statement().await? {
                if ours.iter().any(|start| statement.starts_with(start)) {
                    globals.later.push(statement);
                } else {
                    globals.session.run(&statement).await?;
                }
            }
            globals.session.run("COMMIT").await?;
            if leaving.tablespaces { Ok(()) } else { globals.tablespaces(source).await }
        };
        task.until_stopped(work).await?;
        Ok(globals)
    }

    async fn tablespaces(&self, source: &Source) -> Result<()> {
        let query = "SELECT spcname::text FROM pg_catalog.pg_tablespace";
        let rows = self.session.client().query(query, &[]).await;
        let rows = rows.map_err(|error| explain(error, "cannot read the tablespaces"))?;
        let there: BTreeSet<String> = rows
            .iter()
            .map(|row| format!("CREATE TABLESPACE {} ", ident(&row.get::<_, String>(0))))
            .collect();
        let mut statements = part(source, Part::Tablespaces);
        while let Some(statement) = statements.statement().await? {
            match there.iter().find(|start| statement.starts_with(*start)) {
                Some(create) => tracing::info!("it is there already: {create}"),
                None => self.session.run(&statement).await?,
            }
        }
        Ok(())
    }

    /// What was kept for last.
    pub(crate) async fn finish(self) -> Result<()> {
        for statement in &self.later {
            self.session.run(statement).await?;
        }
        Ok(())
    }
}

fn part(source: &Source, part: Part) -> Reader {
    let chunks = source.manifest().chunks.iter().filter(|chunk| chunk.part == part.name());
    Reader::new(source.open(chunks.cloned().collect(), None))
}

async fn user(session: &Session) -> Result<String> {
    let row = session.client().query_one("SELECT current_user::text", &[]).await;
    Ok(row.map_err(|error| explain(error, "cannot ask who we are"))?.get(0))
}

pub(crate) fn globals_report(source: &Source, server: &Server) -> Report {
    let file = &source.manifest().artifact.file;
    let summary = format!("restored {file} into {}", server.maintenance);
    Report {
        bytes: source.manifest().artifact.raw_size,
        json: json!({ "file": file }),
        table: summary.clone(),
        summary,
        ..Report::default()
    }
}
