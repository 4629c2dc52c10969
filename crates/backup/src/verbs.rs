//! The verbs that are the same for every kind of backup, or for every database: list, prune, read back.

use crate::manifest::Manifest;
use crate::readback::{Check, Expected, readback};
use crate::settings::PlaceSettings;
use crate::source::Source;
use crate::{catalog, prune};
use jiff::Timestamp;
use serde_json::json;
use task::{Report, Result, Task, show};
use tracing::{info, warn};

pub async fn list(
    task: &Task,
    settings: &PlaceSettings,
    kinds: &[&str],
    name: Option<&str>,
) -> Result<Report> {
    let store = settings.store.open(task).await?;
    let catalog = catalog::list(&store, kinds, name).await?;
    Ok(catalog::report(&catalog, Timestamp::now()))
}

pub async fn prune(
    task: &Task,
    settings: &PlaceSettings,
    kinds: &[&str],
    name: Option<&str>,
) -> Result<Report> {
    let store = settings.store.open(task).await?;
    prune::prune(task, &store, kinds, name, &settings.keep).await
}

/// All that can be told of an encrypted file without its identity.
pub async fn same_bytes(task: &Task, source: &Source) -> Result<Report> {
    let artifact = &source.manifest().artifact;
    let (file, size) = (&artifact.file, artifact.size);
    source.same_bytes(task).await?;
    warn!("{file} is encrypted, and no identity is given: what it holds was NOT checked");
    let summary = format!(
        "{file} has the bytes that were written, {}; its content was NOT checked: it is encrypted, \
         and AGE_IDENTITY_FILE names no identity",
        show::bytes(size)
    );
    Ok(Report {
        bytes: size,
        json: json!({ "file": file, "size": size, "whole": true, "content_checked": false }),
        table: summary.clone(),
        summary,
        ..Report::default()
    })
}

/// Reads a dump back and compares it with its manifest, which tells of so many tables and rows.
pub async fn read_back(
    task: &Task,
    source: &Source,
    jobs: usize,
    check: impl Check,
    (tables, rows): (u64, u64),
) -> Result<Report> {
    let manifest = source.manifest();
    let file = &manifest.artifact.file;
    if manifest.artifact.is_encrypted() && source.opener().is_none() {
        return same_bytes(task, source).await;
    }
    info!("reading back {}", source.location());
    let progress = task.progress("reading back", Some(manifest.artifact.size));
    let place = (source.store(), file.as_str());
    let expected = Expected::of(manifest, source.opener());
    let read = readback(&place, expected, jobs, check, |bytes| progress.add(bytes));
    task.until_stopped(read).await?;
    let size = manifest.artifact.size;
    let summary = format!("{file} is whole: {tables} tables, {rows} rows, {}", show::bytes(size));
    Ok(Report {
        items: tables,
        bytes: size,
        json: json!({ "file": file, "tables": tables, "rows": rows, "size": size, "whole": true,
            "content_checked": true }),
        table: summary.clone(),
        summary,
        ..Report::default()
    })
}

/// What a backup says in the end.
pub fn saved(manifest: &Manifest, location: &str, (tables, rows): (u64, u64)) -> Report {
    let size = manifest.artifact.size;
    let proof = if manifest.verified { "read back and proven" } else { "NOT read back" };
    let summary =
        format!("saved {tables} tables, {rows} rows in {}, {proof}: {location}", show::bytes(size));
    Report {
        items: tables,
        bytes: size,
        json: json!({
            "file": location,
            "size": size,
            "sha256": manifest.artifact.sha256,
            "tables": tables,
            "rows": rows,
            "verified": manifest.verified,
            "recipients": manifest.artifact.recipients,
        }),
        table: summary.clone(),
        summary,
        ..Report::default()
    }
}
