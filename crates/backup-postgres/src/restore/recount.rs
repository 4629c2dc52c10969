//! Reads the restored rows back out of the server and counts them as the backup did.

use super::parts::{self, Loaded};
use super::session::{Session, open_all};
use super::source::Source;
use crate::script::copy::{Copied, copied};
use crate::snapshot::SESSION;
use backup::manifest::Tally;
use futures_util::TryStreamExt;
use futures_util::future::{join_all, try_join_all};
use postgres::Endpoint;
use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use task::{Error, Result, Task};

/// Compares what every table holds now with the manifest.
pub(super) async fn recount(
    task: &Task,
    source: &Source,
    endpoint: &Endpoint,
    jobs: usize,
    loaded: &[Loaded],
) -> Result<()> {
    // Partitions whose rows went in through the same parent can only be counted together.
    let mut tables: BTreeMap<Copied<'_>, Expected> = BTreeMap::new();
    for (content, loaded) in source.manifest().contents.iter().zip(loaded) {
        let Some(header) = loaded.header.as_deref() else { continue };
        let copied = copied(header)
            .ok_or_else(|| Error::integrity(format!("no COPY of {} can be read", content.name)))?;
        let expected = tables.entry(copied).or_default();
        expected.names.push(&content.name);
        expected.tally.add(content.tally);
    }
    let tables: Vec<_> = tables.into_iter().collect();
    let settings = parts::settings(source).await?;
    let sessions = open_all(task, endpoint, &settings, jobs.min(tables.len())).await?;
    let progress = task.progress("recount", Some(source.manifest().artifact.raw_size));
    let taken = AtomicUsize::new(0);
    let (tables, taken, progress) = (&tables, &taken, &progress);
    let counting = try_join_all(sessions.iter().map(async |session| {
        session.run(SESSION).await?;
        let mut wrong = Vec::new();
        while let Some((copied, expected)) = tables.get(taken.fetch_add(1, Ordering::Relaxed)) {
            let found = count(session, copied).await?;
            progress.add(found.bytes);
            wrong.extend(expected.difference(found));
        }
        Ok(wrong)
    }));
    let wrong = match task.until_stopped(counting).await {
        Ok(wrong) => wrong.concat(),
        Err(error) => {
            join_all(sessions.iter().map(Session::cancel)).await;
            return Err(error);
        }
    };
    if wrong.is_empty() {
        return Ok(());
    }
    let file = &source.manifest().artifact.file;
    Err(Error::integrity(format!(
        "the rows restored from {file} differ from the manifest: {}",
        wrong.join("; ")
    )))
}

#[derive(Default)]
struct Expected<'a> {
    names: Vec<&'a str>,
    tally: Tally,
}

impl Expected<'_> {
    fn difference(&self, found: Tally) -> Option<String> {
        (self.tally != found).then(|| super::difference(&self.names.join(" + "), self.tally, found))
    }
}

async fn count(session: &Session, copied: &Copied<'_>) -> Result<Tally> {
    let failed =
        |error| session.client().explain(error, format!("cannot read {} back", copied.table));
    let query = format!("COPY ({}) TO STDOUT {}", select(session, copied).await?, copied.options);
    let mut rows = pin!(session.client().copy_out(&query).await.map_err(failed)?);
    let mut tally = Tally::default();
    while let Some(row) = rows.try_next().await.map_err(failed)? {
        tally.row(row.strip_suffix(b"\n").unwrap_or(&row));
    }
    Ok(tally)
}

/// The rows that a backup takes from a table: not those of its children, and of an extension's
/// table only those that the extension does not make itself.
async fn select(session: &Session, copied: &Copied<'_>) -> Result<String> {
    let row = session
        .client()
        .query_one(
            "SELECT c.relkind = 'p', coalesce((SELECT \
                e.extcondition[pg_catalog.array_position(e.extconfig, c.oid)] \
                FROM pg_catalog.pg_extension e WHERE c.oid = ANY(e.extconfig)), '') \
             FROM pg_catalog.pg_class c WHERE c.oid = $1::text::regclass",
            &[&copied.table],
        )
        .await
        .map_err(|error| {
            session.client().explain(error, format!("cannot find the table {}", copied.table))
        })?;
    let only = if row.get::<_, bool>(0) { "" } else { "ONLY " };
    let condition: &str = row.get(1);
    Ok(format!("SELECT {} FROM {only}{} {condition}", copied.columns, copied.table))
}
