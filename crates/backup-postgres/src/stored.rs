//! The verbs for backups that are there: list, verify, restore, prune.

use crate::large_object::tables_and_rows;
use crate::restore::{self, Leaving, RestoreOptions};
use crate::save::KIND;
use crate::settings::Settings;
use crate::{cluster, globals, proof};
use backup::manifest::Manifest;
use backup::source::Source;
use backup::{catalog, verbs};
use postgres::Endpoint;
use storage::Store;
use task::{Error, Report, Result, Task};
use tracing::info;

pub(crate) async fn list(task: &Task, settings: &Settings) -> Result<Report> {
    let (kinds, name) = meant(settings);
    verbs::list(task, &settings.place, &kinds, name.as_deref()).await
}

pub(crate) async fn prune(task: &Task, settings: &Settings) -> Result<Report> {
    let (kinds, name) = meant(settings);
    verbs::prune(task, &settings.place, &kinds, name.as_deref()).await
}

/// The backups of one database, or else of all, and of what belongs to the server.
fn meant(settings: &Settings) -> (Vec<&'static str>, Option<String>) {
    match settings.name() {
        Some(name) => (vec![KIND], Some(name)),
        None if settings.backup.globals_only => (vec![globals::KIND], None),
        None => (vec![KIND, globals::KIND], None),
    }
}

pub(crate) async fn verify(task: &Task, settings: &Settings) -> Result<Report> {
    if settings.backup.of_server() {
        return cluster::verify(task, settings).await;
    }
    let (store, manifest) = find(task, settings).await?;
    let source = Source::new(store, manifest, settings.place.encrypt.opener()?);
    if source.manifest().kind == globals::KIND {
        return read_back(task, settings, &source).await;
    }
    prove(task, settings, &source).await
}

/// A database's backup: by a drill, if one is wanted.
pub(crate) async fn prove(task: &Task, settings: &Settings, source: &Source) -> Result<Report> {
    let Some(url) = settings.restore.drill_server()? else {
        return read_back(task, settings, source).await;
    };
    let server = Endpoint::from_url(url.expose())?;
    info!("proving {} by restoring it on {server}", source.location());
    restore::drill(task, source, &server, settings.backup.jobs()).await
}

pub(crate) async fn read_back(task: &Task, settings: &Settings, source: &Source) -> Result<Report> {
    let counted = tables_and_rows(&source.manifest().contents);
    verbs::read_back(task, source, settings.backup.jobs(), proof::check, counted).await
}

pub(crate) async fn restore(task: &Task, settings: &Settings) -> Result<Report> {
    if settings.backup.of_server() {
        return cluster::restore(task, settings).await;
    }
    let (store, manifest) = find(task, settings).await?;
    if manifest.kind == globals::KIND {
        let file = &manifest.artifact.file;
        return Err(Error::usage(format!(
            "{file} holds no database: restore it with --globals-only, or with --all-databases"
        )));
    }
    let source = Source::new(store, manifest, settings.place.encrypt.opener()?);
    let endpoint = settings.server.endpoint()?;
    info!("restoring {} into {endpoint}", source.location());
    restore::restore(task, &source, &endpoint, &restore_options(settings, false)).await
}

pub(crate) fn restore_options(settings: &Settings, server: bool) -> RestoreOptions {
    let properties = settings.backup.properties();
    RestoreOptions {
        jobs: settings.backup.jobs(),
        create: settings.restore.create,
        clean: settings.restore.clean,
        server,
        leaving: Leaving {
            owner: !properties.owners,
            privileges: !properties.privileges,
            tablespaces: !properties.tablespaces,
        },
    }
}

async fn find(task: &Task, settings: &Settings) -> Result<(Store, Manifest)> {
    let store = settings.place.store.open(task).await?;
    // A whole file name says it all; anything else is looked for under the database's name.
    let of = |kind: &str| settings.which.starts_with(&format!("{kind}-"));
    let (kind, name) = if of(globals::KIND) {
        (globals::KIND, None)
    } else {
        (KIND, settings.name().filter(|_| !of(KIND)))
    };
    let manifest = catalog::find(&store, kind, name.as_deref(), &settings.which).await?;
    Ok((store, manifest))
}
