//! Reads the restored rows back out of the server and counts them as the backup did.

use super::parts::{self, Loaded};
use super::session::{Session, open_all};
use crate::large_object::{self, Access, LargeObject};
use crate::script::copy::{Copied, copied};
use crate::snapshot::SESSION;
use backup::manifest::Tally;
use backup::restoring::difference;
use backup::source::Source;
use futures_util::TryStreamExt;
use futures_util::future::{join_all, try_join_all};
use postgres::{Endpoint, explain};
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
    let mut large_objects = None;
    for (content, loaded) in source.manifest().contents.iter().zip(loaded) {
        let Some(header) = loaded.header.as_deref() else { continue };
        if header == large_object::BEGIN {
            large_objects = Some(content.tally);
            continue;
        }
        let copied = copied(header)
            .ok_or_else(|| Error::integrity(format!("no COPY of {} can be read", content.name)))?;
        let expected = tables.entry(copied).or_default();
        expected.names.push(&content.name);
        expected.tally.add(content.tally);
    }
    let tables: Vec<_> = tables.into_iter().collect();
    let settings = parts::settings(source).await?;
    let sessions = open_all(task, endpoint, &settings, jobs.min(tables.len() + 1)).await?;
    let (access, objects) = match large_objects {
        Some(_) => list_large_objects(&sessions[0]).await?,
        None => (Access::Functions, Vec::new()),
    };
    let pieces = large_object::pieces(&objects);
    let progress = task.progress("recount", Some(source.manifest().artifact.raw_size));
    let taken = AtomicUsize::new(0);
    let taken_pieces = AtomicUsize::new(0);
    let (tables, pieces, progress) = (&tables, &pieces, &progress);
    let (taken, taken_pieces) = (&taken, &taken_pieces);
    let counting = try_join_all(sessions.iter().map(async |session| {
        session.run(SESSION).await?;
        let mut wrong = Vec::new();
        while let Some((copied, expected)) = tables.get(taken.fetch_add(1, Ordering::Relaxed)) {
            let found = count(session, copied).await?;
            progress.add(found.bytes);
            wrong.extend(expected.difference(found));
        }
        let mut large_objects = Tally::default();
        while let Some(piece) = pieces.get(taken_pieces.fetch_add(1, Ordering::Relaxed)) {
            let what = || "cannot read large objects back".to_owned();
            let found = tally(session, &access.copy_out(piece), what).await?;
            progress.add(found.bytes);
            large_objects.add(found);
        }
        Ok((wrong, large_objects))
    }));
    let wrong = match task.until_stopped(counting).await {
        Ok(counted) => {
            let mut found = Tally::default();
            for (_, large_objects) in &counted {
                found.add(*large_objects);
            }
            let wanted = large_objects.unwrap_or_default();
            let large = (wanted != found).then(|| difference(large_object::NAME, wanted, found));
            counted.into_iter().flat_map(|(wrong, _)| wrong).chain(large).collect::<Vec<_>>()
        }
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
        (self.tally != found).then(|| difference(&self.names.join(" + "), self.tally, found))
    }
}

async fn count(session: &Session, copied: &Copied<'_>) -> Result<Tally> {
    let query = format!("COPY ({}) TO STDOUT {}", select(session, copied).await?, copied.options);
    tally(session, &query, || format!("cannot read {} back", copied.table)).await
}

/// The rows that a COPY gives.
async fn tally(session: &Session, query: &str, what: impl Fn() -> String) -> Result<Tally> {
    let failed = |error| session.client().explain(error, what());
    let mut rows = pin!(session.client().copy_out(query).await.map_err(failed)?);
    let mut tally = Tally::default();
    while let Some(text) = rows.try_next().await.map_err(failed)? {
        if tally.rows(&text, usize::MAX) < text.len() {
            return Err(Error::failed(format!("{}: the server sent a part of a row", what())));
        }
    }
    Ok(tally)
}

/// All that the database holds now, and the way to their data.
async fn list_large_objects(session: &Session) -> Result<(Access, Vec<LargeObject>)> {
    let failed = |error| explain(error, "cannot read the large objects back");
    let query =
        format!("SELECT {}, pg_catalog.current_setting('block_size')::int8", Access::MAY_READ);
    let row = session.client().query_one(&query, &[]).await.map_err(failed)?;
    let block_size = u64::try_from(row.get::<_, i64>(1)).unwrap_or_default();
    let access = Access::new(row.get(0), block_size);
    let query = format!(
        "SELECT m.oid, {} FROM pg_catalog.pg_largeobject_metadata m ORDER BY m.oid",
        access.size()
    );
    let rows = session.client().query(&query, &[]).await.map_err(failed)?;
    let object = |row: &tokio_postgres::Row| LargeObject {
        oid: row.get(0),
        size: u64::try_from(row.get::<_, i64>(1)).unwrap_or_default(),
    };
    Ok((access, rows.iter().map(object).collect()))
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
