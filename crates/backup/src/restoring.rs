//! What the restores of all databases have in common: the order in which connections take chunks, and
//! the comparison of rows with the manifest.

use crate::manifest::{Chunk, Manifest, Tally};
use crate::source::Source;
use serde_json::json;
use std::cmp::Reverse;
use std::fmt::Display;
use std::sync::atomic::{AtomicUsize, Ordering};
use task::{Error, Report, Result, show};

/// Chunks that do not depend on each other, for whichever connection is free. The largest go first, so
/// that in the end no connection waits long for another.
pub struct HandOut<'a> {
    chunks: Vec<&'a Chunk>,
    taken: AtomicUsize,
}

impl<'a> HandOut<'a> {
    pub fn new(part: &'a [Chunk]) -> Self {
        let mut chunks: Vec<_> = part.iter().collect();
        chunks.sort_by_key(|chunk| Reverse(chunk.raw));
        Self { chunks, taken: AtomicUsize::new(0) }
    }

    /// None once all are taken.
    pub fn take(&self) -> Option<&'a Chunk> {
        self.chunks.get(self.taken.fetch_add(1, Ordering::Relaxed)).copied()
    }
}

/// Says which tables have other rows than the manifest promises. `found` has one for each of its
/// contents.
pub fn compare(manifest: &Manifest, found: &[Tally], which: &str) -> Result<()> {
    let wrong: Vec<_> = manifest
        .contents
        .iter()
        .zip(found)
        .filter(|(content, found)| content.tally != **found)
        .map(|(content, found)| difference(&content.name, content.tally, *found))
        .collect();
    if wrong.is_empty() {
        return Ok(());
    }
    let file = &manifest.artifact.file;
    Err(Error::integrity(format!(
        "the rows of {file} {which} differ from the manifest: {}",
        wrong.join("; ")
    )))
}

pub fn difference(name: &str, wanted: Tally, found: Tally) -> String {
    if wanted.rows == found.rows {
        format!("{name} has {} rows with other contents", found.rows)
    } else {
        format!("{name} has {} rows instead of {}", found.rows, wanted.rows)
    }
}

/// What a dry run says.
pub fn planned(source: &Source, target: &impl Display, plan: &str) -> Report {
    let file = &source.manifest().artifact.file;
    Report {
        summary: format!("dry run: into {target} would go {file}: {plan}"),
        json: json!({ "file": file, "target": target.to_string(), "plan": plan }),
        table: format!("would restore {file} into {target}: {plan}"),
        ..Report::default()
    }
}

/// What was restored: so many tables and rows.
pub fn restored(
    source: &Source,
    target: &impl Display,
    (tables, rows): (u64, u64),
    statements: u64,
) -> Report {
    let file = &source.manifest().artifact.file;
    let bytes = source.manifest().artifact.raw_size;
    let summary = format!(
        "restored {file} into {target}: {tables} tables, {rows} rows, {}",
        show::bytes(bytes)
    );
    Report {
        items: tables,
        bytes,
        json: json!({
            "file": file,
            "target": target.to_string(),
            "tables": tables,
            "rows": rows,
            "bytes": bytes,
            "statements": statements,
        }),
        table: summary.clone(),
        summary,
        ..Report::default()
    }
}

/// Drops a half restored database. After a signal there is little time for that: if it ends first, at
/// least it is said what is left.
pub async fn dropping(name: &str, dropped: impl Future<Output = Result<()>>) -> Result<()> {
    let mut left = Left { name, answered: false };
    let done = dropped.await;
    left.answered = true;
    done
}

struct Left<'a> {
    name: &'a str,
    answered: bool,
}

impl Drop for Left<'_> {
    fn drop(&mut self) {
        if !self.answered {
            tracing::warn!("no time to drop the database {}: it is left on the server", self.name);
        }
    }
}
