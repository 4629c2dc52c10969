//! Removes what killed runs left in a bucket.

use super::failure::{Failure, Kind};
use super::{Bucket, marker};
use crate::Entry;
use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};
use task::{Exit, Result};
use tracing::warn;

/// Goes by old markers; then by old uploads that have none. What cannot be removed (it may be
/// locked) does not keep a backup from being made.
pub(super) async fn sweep(
    bucket: &Bucket,
    mine: impl Fn(&str) -> bool,
    older_than: Duration,
) -> Result<Vec<String>> {
    let entries = bucket.entries().await?;
    let mut swept = BTreeSet::new();
    let mut marked = BTreeSet::new();
    for entry in &entries {
        let Some(name) = marker::final_name(&entry.name).filter(|name| mine(name)) else {
            continue;
        };
        marked.insert(name);
        if is_old(entry.modified, older_than)
            && said(name, leftover(bucket, &entries, name).await)?.is_some()
        {
            swept.insert(name.to_owned());
        }
    }
    let unfinished = bucket.unfinished("").await;
    for one in said(&bucket.location(""), unfinished)?.unwrap_or_default() {
        if mine(&one.name)
            && !marked.contains(one.name.as_str())
            && is_old(one.begun, older_than)
            && said(&one.name, abort(bucket, &one.name, &one.upload).await)?.is_some()
        {
            swept.insert(one.name);
        }
    }
    Ok(swept.into_iter().collect())
}

/// A time in the future says nothing about age.
fn is_old(time: SystemTime, older_than: Duration) -> bool {
    SystemTime::now().duration_since(time).is_ok_and(|age| age > older_than)
}

/// All that a marker tells of, and the marker last.
async fn leftover(bucket: &Bucket, entries: &[Entry], name: &str) -> Result<(), Failure> {
    let marker = marker::of(name);
    let run = bucket.get(&marker).await.map_err(plain)?;
    match bucket.unfinished(name).await {
        Ok(uploads) => {
            for one in uploads.iter().filter(|one| one.name == name) {
                abort(bucket, name, &one.upload).await?;
            }
        }
        Err(failure) if failure.kind == Kind::Unsupported => {}
        Err(failure) => return Err(failure),
    }
    // What lies beside a file, called after it, was put when the file was proven.
    let beside = format!("{name}.");
    let finished = entries.iter().any(|entry| entry.name.starts_with(&beside));
    if !finished
        && let Some(head) = bucket.head(name).await.map_err(plain)?
        && head.run.is_some_and(|by| by.as_bytes() == run)
    {
        bucket.delete(name).await.map_err(plain)?;
    }
    bucket.delete(&marker).await.map_err(plain)
}

async fn abort(bucket: &Bucket, name: &str, upload: &str) -> Result<(), Failure> {
    bucket.abort(&bucket.key(name), upload).await.or_else(Failure::unless_gone)
}

fn plain(error: task::Error) -> Failure {
    Failure { kind: Kind::Other, error }
}

/// None, and a warning, for what failed; a signal to stop goes on up.
fn said<T>(what: &str, done: Result<T, Failure>) -> Result<Option<T>> {
    match done {
        Ok(done) => Ok(Some(done)),
        Err(failure) if failure.error.exit() == Exit::Stopped => Err(failure.error),
        Err(failure) => {
            let error = format!("{:#}", failure.error);
            warn!(error, "cannot remove what killed runs may have left of {what}");
            Ok(None)
        }
    }
}
