//! Proves a backup by restoring it into a scratch database, reading every row back, and dropping it
//! whatever happens.

use super::parts::{self, Changing, Stage};
use super::target::Server;
use super::{recount, report};
use backup::drill::{self, PREFIX, scratch_name};
use backup::restoring::{compare, planned};
use backup::source::Source;
use futures_util::FutureExt;
use jiff::Timestamp;
use mysql::quote::literal;
use mysql::{Endpoint, explain};
use mysql_async::prelude::Queryable;
use std::panic::AssertUnwindSafe;
use task::{Report, Result, Task};

/// The server of a drill is often not the one with the application's accounts, and nothing that a backup
/// holds may begin to run on it.
const CHANGING: Changing = Changing { no_definer: true, sleeping: true };

/// Restores into a new database on the endpoint's server, recounts, compares, drops.
pub(crate) async fn drill(
    task: &Task,
    source: &Source,
    endpoint: &Endpoint,
    jobs: usize,
) -> Result<Report> {
    let endpoint = endpoint.without_database();
    let mut server = Server::connect(task, &endpoint).await?;
    task.until_stopped(server.check_packet(source.manifest())).await?;
    let scratch = scratch_name(Timestamp::now());
    if task.dry_run() {
        return Ok(planned(source, &endpoint, "a new scratch database, then drop it"));
    }
    source.check(task).await?;
    task.until_stopped(async {
        let names = leftovers(&mut server).await;
        drill::sweep(names, async |name| server.drop(name).await).await;
        Ok(())
    })
    .await?;
    let target = endpoint.with_database(&scratch);
    let work = proof(task, source, &mut server, &target, &scratch, jobs);
    // A panic must not leave the database behind either.
    let result = AssertUnwindSafe(work).catch_unwind().await;
    let dropped = server.drop(&scratch).await;
    drill::ended(result, dropped, || {
        format!("{} did not pass the drill on {endpoint}", source.manifest().artifact.file)
    })
}

async fn proof(
    task: &Task,
    source: &Source,
    server: &mut Server,
    target: &Endpoint,
    scratch: &str,
    jobs: usize,
) -> Result<Report> {
    let manifest = source.manifest();
    task.until_stopped(server.create(scratch, manifest)).await?;
    let restored = parts::load(task, source, target, jobs, (Stage::All, CHANGING)).await?;
    compare(manifest, &restored.tallies, "sent to the server")?;
    recount::recount(task, source, target, jobs).await?;
    Ok(drill::passed(source, report(source, target, restored.statements)))
}

async fn leftovers(server: &mut Server) -> Result<Vec<String>> {
    let query = format!(
        "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE LEFT(SCHEMA_NAME, {}) = {}",
        PREFIX.len(),
        literal(PREFIX)
    );
    let names = server.client.query(query).await;
    names.map_err(|error| explain(error, "cannot look for what earlier drills left"))
}
