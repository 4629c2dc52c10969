//! Reads the restored rows back out of the server and counts them as the backup did.

use super::session::{killers, open_all};
use crate::{rows, snapshot};
use backup::manifest::Tally;
use backup::restoring::compare;
use backup::source::Source;
use futures_util::future::try_join_all;
use mysql::Endpoint;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use task::{Result, Task};

/// Compares what every table holds now with the manifest.
pub(super) async fn recount(
    task: &Task,
    source: &Source,
    endpoint: &Endpoint,
    jobs: usize,
) -> Result<()> {
    let contents = &source.manifest().contents;
    let jobs = jobs.min(contents.len()).max(1);
    let mut sessions = task.until_stopped(open_all(task, endpoint, &[], jobs)).await?;
    let killers = killers(&sessions);
    let progress = task.progress("recount", Some(source.manifest().artifact.raw_size));
    let found = Mutex::new(vec![Tally::default(); contents.len()]);
    let taken = AtomicUsize::new(0);
    let counting = try_join_all(sessions.iter_mut().map(async |session| {
        snapshot::prepare(&mut session.client).await?;
        loop {
            let at = taken.fetch_add(1, Ordering::Relaxed);
            let Some(content) = contents.get(at) else { return Ok(()) };
            let tally =
                rows::tally(&mut session.client, &crate::names::meant(&content.name)).await?;
            progress.add(tally.bytes);
            found.lock().unwrap_or_else(PoisonError::into_inner)[at] = tally;
        }
    }));
    if let Err(error) = task.until_stopped(counting).await {
        mysql::kill(&killers).await;
        return Err(error);
    }
    let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    compare(source.manifest(), &found, "as they are in the server now")
}
