//! Removes what retention gave up, and nothing that a manifest of ours does not name.
//!
//! First the manifest is renamed to `….manifest.json.pruned`, which takes the backup off every
//! list at once, needs no room on a full disk, and still names the artifact; then the artifact
//! goes, and the renamed manifest last. A run that is killed in between leaves no half backup in a
//! list, and the next run finishes what it began.

use crate::catalog::{self, Catalog, Summary, age};
use crate::name::{MANIFEST, Name, PRUNED};
use crate::retention::{Plan, plan};
use crate::settings::KeepSettings;
use jiff::{Timestamp, Zoned};
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;
use storage::Store;
use task::{Error, Exit, Report, Result, Task, show};

/// Lists, decides and removes the backups of some kinds, or of one name. Call it after a success
/// only.
pub async fn prune(
    task: &Task,
    store: &Store,
    kinds: &[&str],
    name: Option<&str>,
    settings: &KeepSettings,
) -> Result<Report> {
    let catalog = catalog::list(store, kinds, name).await?;
    let plan = plan(&catalog.backups, &Zoned::now(), settings);
    apply(task, store, &catalog, &plan).await
}

/// Removes what killed runs left, and names it. What is older than `older_than` belongs to no run
/// that is alive.
pub async fn sweep(
    task: &Task,
    store: &Store,
    (kind, name): (&str, &str),
    older_than: Duration,
) -> Result<Vec<String>> {
    if task.dry_run() {
        return Ok(Vec::new());
    }
    let (kind, name) = (kind.to_owned(), name.to_owned());
    store.sweep(move |file| Name::owns(&kind, &name, file), older_than).await
}

/// Does what `plan` says of `catalog`; a dry run says the same and does nothing.
pub async fn apply(task: &Task, store: &Store, catalog: &Catalog, plan: &Plan) -> Result<Report> {
    let mut removed = Removed { task, store, files: Vec::new(), failed: Vec::new() };
    for pruned in &catalog.pruned {
        removed.finish(pruned).await?;
    }
    // Newest first: what others build on goes after them, and stays if one of them could not go.
    let mut needed = BTreeSet::new();
    for backup in &plan.delete {
        let artifact = &backup.summary.artifact;
        if needed.contains(&artifact.file) {
            needed.extend(backup.summary.parent.clone());
            continue;
        }
        removed.remove(&artifact.file, artifact.size).await?;
        if removed.failed.contains(&artifact.file) {
            needed.extend(backup.summary.parent.clone());
        }
    }
    Ok(removed.report(plan))
}

struct Removed<'a> {
    task: &'a Task,
    store: &'a Store,
    files: Vec<(String, u64)>,
    failed: Vec<String>,
}

impl Removed<'_> {
    async fn remove(&mut self, artifact: &str, size: u64) -> Result<()> {
        let (manifest, pruned) = (format!("{artifact}{MANIFEST}"), format!("{artifact}{PRUNED}"));
        let work = async {
            self.store.rename(&manifest, &pruned).await?;
            self.store.delete(artifact).await?;
            self.store.delete(&pruned).await
        };
        self.record(artifact, size, work).await
    }

    /// Goes on where an earlier run was stopped.
    async fn finish(&mut self, pruned: &str) -> Result<()> {
        let named = async {
            let json = self.store.get(pruned).await?;
            Summary::parse(pruned, &json)
        };
        let artifact = match named.await {
            Ok(summary) => summary.artifact,
            Err(error) => return self.fail(pruned, error),
        };
        let manifest = format!("{}{MANIFEST}", artifact.file);
        let alive = self.store.list().await?.iter().any(|entry| entry.name == manifest);
        let work = async {
            // Its manifest is there again, or still: a backup that only the plan may give up.
            if !alive {
                self.store.delete(&artifact.file).await?;
            }
            self.store.delete(pruned).await
        };
        self.record(pruned, if alive { 0 } else { artifact.size }, work).await
    }

    async fn record(
        &mut self,
        file: &str,
        size: u64,
        work: impl Future<Output = Result<()>>,
    ) -> Result<()> {
        if !self.task.dry_run()
            && let Err(error) = self.task.until_stopped(work).await
        {
            return self.fail(file, error);
        }
        self.files.push((file.to_owned(), size));
        Ok(())
    }

    /// One that cannot be removed does not keep the others.
    fn fail(&mut self, file: &str, error: Error) -> Result<()> {
        if error.exit() == Exit::Stopped {
            return Err(error);
        }
        tracing::error!(error = format!("{error:#}"), file, "cannot remove a backup");
        self.failed.push(file.to_owned());
        Ok(())
    }

    fn report(self, plan: &Plan) -> Report {
        let dry = self.task.dry_run();
        let done = if dry { "would remove" } else { "removed" };
        let line = |what: &str, file: &str, size, why: String| {
            let time = Name::parse(file).map(|name| age(name.time(), Timestamp::now()));
            [what.into(), file.into(), time.unwrap_or_default(), show::bytes(size), why]
        };
        let mut lines: Vec<_> =
            self.files.iter().map(|(file, size)| line(done, file, *size, String::new())).collect();
        lines.extend(plan.keep.iter().map(|(backup, reason)| {
            let artifact = &backup.summary.artifact;
            line("keep", &artifact.file, artifact.size, reason.to_string())
        }));
        let table = if lines.is_empty() {
            String::new()
        } else {
            show::table(["WHAT", "FILE", ">AGE", ">SIZE", "WHY"], &lines)
        };
        let keep: Vec<_> = plan
            .keep
            .iter()
            .map(|(backup, reason)| {
                json!({ "file": backup.summary.artifact.file, "reason": reason.to_string() })
            })
            .collect();
        let bytes = self.files.iter().map(|file| file.1).sum();
        let removed: Vec<&str> = self.files.iter().map(|file| file.0.as_str()).collect();
        Report {
            items: removed.len() as u64,
            bytes,
            summary: format!(
                "{done} {} backups, {}; {} stay",
                removed.len(),
                show::bytes(bytes),
                keep.len()
            ),
            json: json!({ "dry_run": dry, "removed": removed, "kept": keep }),
            table,
            incomplete: self.failed,
        }
    }
}
