//! The verb `restore`: from an archive, and those that it builds on, back into a directory.
//!
//! What lies in a store may have been replaced by something that means harm. So the bytes are compared
//! with the manifest before anything is written, each content is compared with the index after it was,
//! and no name can lead out of the target: see [`target`].

mod extract;
mod finish;
mod members;
mod select;
mod target;

use crate::attributes::Attributes;
use crate::chain::time_of;
use crate::settings::Settings;
use crate::stored::{Chain, holds};
use backup::source::Source;
use extract::{Extract, Wanted};
use finish::finish;
use members::Members;
use select::Selection;
use serde_json::json;
use std::sync::{Arc, Mutex, PoisonError};
use target::Target;
use task::{Error, Report, Result, Task, blocking, show};
use tracing::info;

/// What was brought back, and what was not.
#[derive(Debug, Default)]
pub(crate) struct Restored {
    pub(crate) entries: u64,
    pub(crate) bytes: u64,
    /// Attributes of folders, until all is in them.
    pub(crate) folders: Vec<(Vec<u8>, Attributes)>,
    pub(crate) failed: Vec<String>,
    /// Failures beyond those that are named.
    pub(crate) more: u64,
}

impl Restored {
    /// One that fails does not keep the others.
    pub(crate) fn fail(&mut self, what: String) {
        tracing::error!("not restored: {what}");
        if self.failed.len() < 1000 {
            self.failed.push(what);
        } else {
            self.more += 1;
        }
    }
}

pub(crate) async fn run(task: &Task, settings: &Settings) -> Result<Report> {
    let to = settings.target()?;
    let chain = Chain::find(task, settings).await?;
    let target = Target::open(to, settings.restore.overwrite)?;
    let (newest, older) = (chain.newest(), &chain.sources[1..]);
    info!("restoring {} into {}", newest.location(), to.display());
    for source in &chain.sources {
        source.check(task).await?;
    }
    for one in older {
        task.until_stopped(holds(newest, one)).await?;
    }
    let selection = task.until_stopped(Selection::new(newest, &settings.paths)).await?;
    if task.dry_run() {
        return Ok(plan(newest, &selection, &to.display().to_string()));
    }
    let shared = Arc::new(Mutex::new((target, Restored::default())));
    let selection = Arc::new(selection);
    for source in &chain.sources {
        let wanted = if source.manifest().artifact.file == newest.manifest().artifact.file {
            None
        } else {
            Some(Wanted::new(newest, &time_of(&source.manifest().artifact.file)?))
        };
        let progress = task.progress("restoring", Some(source.manifest().artifact.size));
        let members = Members::open(source, progress);
        let extract = Extract::new(Arc::clone(&selection), wanted, task.clone());
        let shared = Arc::clone(&shared);
        let work = move || {
            let mut both = shared.lock().unwrap_or_else(PoisonError::into_inner);
            let (target, restored) = &mut *both;
            extract.run(members, target, restored)
        };
        task.until_stopped(blocking(work)).await?;
    }
    let (reading, last) = (crate::index::Reading::open(newest), Arc::clone(&shared));
    let work = move || {
        let mut both = last.lock().unwrap_or_else(PoisonError::into_inner);
        let (target, restored) = &mut *both;
        finish(reading, &selection, target, restored)
    };
    task.until_stopped(blocking(work)).await?;
    let shared = Arc::into_inner(shared).ok_or_else(|| Error::failed("a worker still writes"))?;
    let (_, restored) = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(report(newest, &to.display().to_string(), restored))
}

fn plan(source: &Source, selection: &Selection, to: &str) -> Report {
    let file = &source.manifest().artifact.file;
    let summary = format!("dry run: would restore {} entries of {file} into {to}", selection.count);
    Report {
        items: selection.count,
        json: json!({ "file": file, "to": to, "entries": selection.count }),
        table: summary.clone(),
        summary,
        ..Report::default()
    }
}

fn report(source: &Source, to: &str, restored: Restored) -> Report {
    let file = &source.manifest().artifact.file;
    let Restored { entries, bytes, failed, more, .. } = restored;
    let rest = (more > 0).then(|| format!("and {more} more"));
    let summary = format!("restored {entries} entries, {} of {file} into {to}", show::bytes(bytes));
    Report {
        items: entries,
        bytes,
        json: json!({ "file": file, "to": to, "entries": entries, "bytes": bytes, "failed": failed }),
        table: summary.clone(),
        summary,
        incomplete: failed.into_iter().chain(rest).collect(),
    }
}
