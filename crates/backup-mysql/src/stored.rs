//! The verbs for backups that are there: list, verify, restore, prune.

use crate::proof;
use crate::restore::{self, RestoreOptions};
use crate::save::KIND;
use crate::settings::Settings;
use backup::manifest::Manifest;
use backup::readback::Expected;
use backup::source::Source;
use backup::{catalog, readback, verbs};
use mysql::Endpoint;
use serde_json::json;
use storage::Store;
use task::{Report, Result, Task, show};
use tracing::info;

pub(crate) async fn list(task: &Task, settings: &Settings) -> Result<Report> {
    verbs::list(task, &settings.place, &[KIND], settings.name().as_deref()).await
}

pub(crate) async fn prune(task: &Task, settings: &Settings) -> Result<Report> {
    verbs::prune(task, &settings.place, &[KIND], settings.name().as_deref()).await
}

/// By a drill, if one is wanted.
pub(crate) async fn verify(task: &Task, settings: &Settings) -> Result<Report> {
    let (store, manifest) = find(task, settings).await?;
    let source = Source::new(store, manifest, settings.place.encrypt.opener()?);
    let Some(url) = settings.restore.drill_server()? else {
        return read_back(task, settings, &source).await;
    };
    let server = Endpoint::from_url(url.expose())?;
    info!("proving {} by restoring it on {server}", source.location());
    restore::drill(task, &source, &server, settings.backup.jobs()).await
}

async fn read_back(task: &Task, settings: &Settings, source: &Source) -> Result<Report> {
    let manifest = source.manifest();
    let file = &manifest.artifact.file;
    if manifest.artifact.is_encrypted() && source.opener().is_none() {
        return verbs::same_bytes(task, source).await;
    }
    info!("reading back {}", source.location());
    let progress = task.progress("reading back", Some(manifest.artifact.size));
    let jobs = settings.backup.jobs();
    let place = (source.store(), file.as_str());
    let expected = Expected::of(manifest, source.opener());
    let read =
        readback::readback(&place, expected, jobs, proof::check, |bytes| progress.add(bytes));
    task.until_stopped(read).await?;
    let tables = manifest.contents.len() as u64;
    let rows: u64 = manifest.contents.iter().map(|content| content.tally.rows).sum();
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

pub(crate) async fn restore(task: &Task, settings: &Settings) -> Result<Report> {
    let (store, manifest) = find(task, settings).await?;
    let source = Source::new(store, manifest, settings.place.encrypt.opener()?);
    let endpoint = settings.server.endpoint()?;
    info!("restoring {} into {endpoint}", source.location());
    let options = RestoreOptions {
        jobs: settings.backup.jobs(),
        create: settings.restore.create,
        clean: settings.restore.clean,
        no_definer: settings.backup.no_definer,
    };
    restore::restore(task, &source, &endpoint, &options).await
}

async fn find(task: &Task, settings: &Settings) -> Result<(Store, Manifest)> {
    let store = settings.place.store.open(task).await?;
    // A whole file name says it all; anything else is looked for under the database's name.
    let whole = settings.which.starts_with(&format!("{KIND}-"));
    let name = settings.name().filter(|_| !whole);
    let manifest = catalog::find(&store, KIND, name.as_deref(), &settings.which).await?;
    Ok((store, manifest))
}
