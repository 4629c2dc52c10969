//! Proves a backup by restoring it into a scratch database, reading every row back, and dropping
//! it whatever happens.

use super::target::Server;
use super::{Leaving, parts, recount, report, roles};
use backup::drill::{self, PREFIX, scratch_name};
use backup::manifest::Manifest;
use backup::restoring::{compare, planned};
use backup::source::Source;
use futures_util::FutureExt;
use jiff::Timestamp;
use postgres::{Endpoint, explain};
use std::panic::AssertUnwindSafe;
use task::{Report, Result, Task};

/// Restores into a new database on the endpoint's server, recounts, compares, drops.
pub(crate) async fn drill(
    task: &Task,
    source: &Source,
    endpoint: &Endpoint,
    jobs: usize,
) -> Result<Report> {
    let server = Server::connect(task, endpoint, &[endpoint.database()]).await?;
    let scratch = scratch_name(Timestamp::now());
    if task.dry_run() {
        return Ok(planned(source, endpoint, "a new scratch database, then drop it"));
    }
    source.check(task).await?;
    drill::sweep(leftovers(&server).await, async |name| tidy(&server, name).await).await;
    let manifest = source.manifest();
    let target = endpoint.with_database(&scratch);
    let work = proof(task, source, &server, &target, jobs);
    // A panic must not leave the database behind either.
    let result = AssertUnwindSafe(work).catch_unwind().await;
    let dropped = tidy(&server, &scratch).await;
    drill::ended(result, dropped, || {
        format!("{} did not pass the drill on {endpoint}", manifest.artifact.file)
    })
}

async fn proof(
    task: &Task,
    source: &Source,
    server: &Server,
    scratch: &Endpoint,
    jobs: usize,
) -> Result<Report> {
    let manifest = source.manifest();
    let leaving = lend_roles(server, manifest, scratch.database()).await?;
    task.until_stopped(server.create_leniently(scratch.database(), manifest)).await?;
    let restored = parts::load(task, source, scratch, jobs, leaving, false).await?;
    compare(manifest, &restored.tallies(), "sent to the server")?;
    recount::recount(task, source, scratch, jobs, &restored.loaded).await?;
    Ok(drill::passed(source, report(source, scratch, restored.statements)))
}

/// The server of a drill is often not the one with the application's roles.
async fn lend_roles(server: &Server, manifest: &Manifest, mark: &str) -> Result<Leaving> {
    let missing = roles::missing(&server.client, manifest, false).await?;
    match roles::lend(&server.client, &missing, mark).await {
        Ok(()) => Ok(Leaving::default()),
        Err(error) => {
            tracing::warn!("drilling without owners and privileges: {error:#}");
            Ok(Leaving { owner: true, privileges: true, ..Leaving::default() })
        }
    }
}

async fn tidy(server: &Server, scratch: &str) -> Result<()> {
    server.drop(scratch).await?;
    roles::take_back(&server.client, scratch).await
}

async fn leftovers(server: &Server) -> Result<Vec<String>> {
    let rows = server
        .client
        .query(
            "SELECT datname::text FROM pg_catalog.pg_database \
             WHERE pg_catalog.starts_with(datname, $1) UNION \
             SELECT pg_catalog.shobj_description(oid, 'pg_authid') FROM pg_catalog.pg_roles \
             WHERE pg_catalog.starts_with(pg_catalog.shobj_description(oid, 'pg_authid'), $1)",
            &[&PREFIX],
        )
        .await
        .map_err(|error| explain(error, "cannot look for what earlier drills left"))?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
