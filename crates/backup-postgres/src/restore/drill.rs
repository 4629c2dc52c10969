//! Proves a backup by restoring it into a scratch database, reading every row back, and dropping
//! it whatever happens.

use super::target::Server;
use super::{Leaving, compare, parts, recount, report, roles};
use backup::manifest::Manifest;
use backup::source::Source;
use futures_util::FutureExt;
use jiff::Timestamp;
use postgres::{Endpoint, explain};
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use task::{Report, Result, Task, While};

/// What the name of a scratch database begins with; the time it was made at and a number follow.
const PREFIX: &str = "nightshift_drill_";
/// Leftovers older than this belong to no drill that still runs.
const OLD: Duration = Duration::from_hours(24);

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
        return Ok(super::planned(source, endpoint, "a new scratch database, then drop it"));
    }
    source.check(task).await?;
    sweep(&server).await;
    let manifest = source.manifest();
    let target = endpoint.with_database(&scratch);
    let work = proof(task, source, &server, &target, jobs);
    // A panic must not leave the database behind either.
    let result = AssertUnwindSafe(work).catch_unwind().await;
    let dropped = tidy(&server, &scratch).await;
    match (result, dropped) {
        (Err(panic), _) => std::panic::resume_unwind(panic),
        (Ok(Err(error)), Err(left)) => {
            tracing::warn!("{left:#}");
            Err(error)
        }
        (Ok(result), dropped) => {
            dropped?;
            let file = &manifest.artifact.file;
            result.during(|| format!("{file} did not pass the drill on {endpoint}"))
        }
    }
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
    let mut report = report(source, scratch, restored.statements);
    let file = &manifest.artifact.file;
    report.summary = format!("{file} passed the drill: {}", report.summary);
    report.table.clone_from(&report.summary);
    Ok(report)
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

/// Removes what killed drills left. That it cannot is no reason not to drill.
async fn sweep(server: &Server) {
    let now = Timestamp::now();
    match leftovers(server).await {
        Err(error) => tracing::warn!("{error:#}"),
        Ok(names) => {
            for name in names.iter().filter(|name| is_old(name, now)) {
                match tidy(server, name).await {
                    Ok(()) => tracing::info!("dropped {name}, left by an earlier drill"),
                    Err(error) => tracing::warn!("{error:#}"),
                }
            }
        }
    }
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

fn scratch_name(now: Timestamp) -> String {
    let nanos = now.subsec_nanosecond();
    format!("{PREFIX}{}_{}_{nanos:09}", now.as_second(), std::process::id())
}

/// Only what is named exactly as by us is ever dropped.
fn is_old(name: &str, now: Timestamp) -> bool {
    let numbers = name.strip_prefix(PREFIX).map(|rest| rest.split('_').map(str::parse::<i64>));
    let Some(Ok(numbers)) = numbers.map(Iterator::collect::<Result<Vec<_>, _>>) else {
        return false;
    };
    let [made, _, _] = numbers[..] else { return false };
    now.as_second().saturating_sub(made) > i64::try_from(OLD.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_old_names_of_our_own_are_leftovers() {
        let made = Timestamp::from_second(1_800_000_000).unwrap();
        let name = scratch_name(made);
        let day = Timestamp::from_second(1_800_000_000 + 86_400).unwrap();
        let later = Timestamp::from_second(1_800_000_000 + 86_401).unwrap();
        assert!(!is_old(&name, made));
        assert!(!is_old(&name, day));
        assert!(is_old(&name, later));
        for other in ["shop", "nightshift_drill_", "nightshift_drill_1", "nightshift_drill_1_2_x"] {
            assert!(!is_old(other, later), "{other}");
        }
        assert!(name.len() <= 63);
    }
}
