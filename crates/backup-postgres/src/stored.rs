//! The verbs for backups that are there: list, verify, restore, prune.

use crate::proof;
use crate::restore::{self, Leaving, RestoreOptions, Source};
use crate::save::KIND;
use crate::settings::Settings;
use backup::manifest::Manifest;
use backup::{catalog, prune, readback};
use jiff::Timestamp;
use postgres::Endpoint;
use serde_json::json;
use storage::Store;
use task::{Report, Result, Task, show};
use tracing::info;

pub(crate) async fn list(settings: &Settings) -> Result<Report> {
    let store = settings.store.open().await?;
    let catalog = catalog::list(&store, Some(KIND), settings.name().as_deref()).await?;
    Ok(catalog::report(&catalog, Timestamp::now()))
}

pub(crate) async fn prune(task: &Task, settings: &Settings) -> Result<Report> {
    let store = settings.store.open().await?;
    prune::prune(task, &store, KIND, settings.name().as_deref(), &settings.keep).await
}

pub(crate) async fn verify(task: &Task, settings: &Settings) -> Result<Report> {
    let (store, manifest) = find(settings).await?;
    let file = manifest.artifact.file.clone();
    if let Some(url) = settings.restore.drill_server()? {
        let server = Endpoint::from_url(url.expose())?;
        info!("proving {} by restoring it on {server}", store.location(&file));
        let source = Source::new(store, manifest);
        return restore::drill(task, &source, &server, settings.backup.jobs()).await;
    }
    info!("reading back {}", store.location(&file));
    let progress = task.progress("reading back", Some(manifest.artifact.size));
    let jobs = settings.backup.jobs();
    let source = (&store, file.as_str());
    let read =
        readback::readback(&source, &manifest, jobs, proof::check, |bytes| progress.add(bytes));
    task.until_stopped(read).await?;
    let tables = manifest.contents.len() as u64;
    let rows: u64 = manifest.contents.iter().map(|content| content.tally.rows).sum();
    let size = manifest.artifact.size;
    let summary = format!("{file} is whole: {tables} tables, {rows} rows, {}", show::bytes(size));
    Ok(Report {
        items: tables,
        bytes: size,
        json: json!({ "file": file, "tables": tables, "rows": rows, "size": size, "whole": true }),
        table: summary.clone(),
        summary,
        ..Report::default()
    })
}

pub(crate) async fn restore(task: &Task, settings: &Settings) -> Result<Report> {
    let (store, manifest) = find(settings).await?;
    let endpoint = settings.server.endpoint()?;
    info!("restoring {} into {endpoint}", store.location(&manifest.artifact.file));
    let properties = settings.backup.properties();
    let options = RestoreOptions {
        jobs: settings.backup.jobs(),
        create: settings.restore.create,
        clean: settings.restore.clean,
        leaving: Leaving { owner: !properties.owners, privileges: !properties.privileges },
    };
    restore::restore(task, &Source::new(store, manifest), &endpoint, &options).await
}

async fn find(settings: &Settings) -> Result<(Store, Manifest)> {
    let store = settings.store.open().await?;
    // A whole file name says it all; anything else is looked for under the database's name.
    let is_file = settings.which.starts_with(&format!("{KIND}-"));
    let name = settings.name().filter(|_| !is_file);
    let manifest = catalog::find(&store, KIND, name.as_deref(), &settings.which).await?;
    Ok((store, manifest))
}
