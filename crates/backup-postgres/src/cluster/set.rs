//! What one run of `backup --all-databases` saved: to verify it, or to restore it.

use crate::globals::KIND;
use crate::restore::{self, RestoreOptions, Server};
use crate::settings::Settings;
use crate::{save, stored};
use backup::set::{Kinds, Set};
use postgres::Endpoint;
use task::{Error, Report, Result, Several, Task};
use tracing::info;

const KINDS: Kinds = Kinds { database: save::KIND, globals: KIND };

async fn find(task: &Task, settings: &Settings) -> Result<Set> {
    let (place, which) = (&settings.place, &settings.which);
    if settings.backup.globals_only {
        Set::of_globals(task, place, KINDS, which).await
    } else {
        Set::find(task, place, KINDS, which).await
    }
}

/// Reads all of it back; with `--restore-to`, every database is drilled.
pub(crate) async fn verify(task: &Task, settings: &Settings) -> Result<Report> {
    let set = find(task, settings).await?;
    let mut outcome = Several::default();
    let globals = stored::read_back(task, settings, &set.globals()).await;
    if settings.backup.globals_only {
        return globals;
    }
    outcome.add("globals", globals)?;
    for (name, file) in &set.databases {
        let verified = async {
            let source = set.source(name, file).await?;
            stored::prove(task, settings, &source).await
        };
        outcome.add(name, verified.await)?;
    }
    set.name_missing(&mut outcome)?;
    outcome.report("verified")
}

/// The globals, then every database; nothing is begun if one of them is in the way.
pub(crate) async fn restore(task: &Task, settings: &Settings) -> Result<Report> {
    let set = find(task, settings).await?;
    let endpoint = settings.server.endpoint()?;
    let options = stored::restore_options(settings, true);
    let server = Server::connect(task, &endpoint, &[]).await?;
    refuse_full(task, &set, &server, &endpoint, &options).await?;
    if task.dry_run() {
        return Ok(set.planned());
    }
    let globals = set.globals();
    let applied = restore::Globals::apply(task, &globals, &server, options.leaving).await?;
    if settings.backup.globals_only {
        applied.finish().await?;
        return Ok(restore::globals_report(&globals, &server));
    }
    let mut outcome = Several::default();
    outcome.add("globals", Ok(restore::globals_report(&globals, &server)))?;
    for (name, file) in &set.databases {
        let endpoint = endpoint.with_database(name);
        let restored = async {
            let source = set.source(name, file).await?;
            info!("restoring {file} into {endpoint}");
            restore::into_server(task, &source, &server, &endpoint, &options).await
        };
        outcome.add(name, restored.await)?;
    }
    applied.finish().await?;
    set.name_missing(&mut outcome)?;
    outcome.report("restored")
}

async fn refuse_full(
    task: &Task,
    set: &Set,
    server: &Server,
    endpoint: &Endpoint,
    options: &RestoreOptions,
) -> Result<()> {
    let mut full = Vec::new();
    for (name, _) in &set.databases {
        let endpoint = endpoint.with_database(name);
        match restore::check_target(task, server, &endpoint, options).await {
            Err(error) if error.exit() == task::Exit::Usage => full.push(format!("{error:#}")),
            checked => checked?,
        }
    }
    if full.is_empty() { Ok(()) } else { Err(Error::usage(full.join("; "))) }
}
