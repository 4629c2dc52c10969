//! The verbs that are the same for every kind of backup: list, prune, and what verify can tell of a
//! file that nothing opens.

use crate::settings::PlaceSettings;
use crate::source::Source;
use crate::{catalog, prune};
use jiff::Timestamp;
use serde_json::json;
use task::{Report, Result, Task, show};
use tracing::warn;

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
