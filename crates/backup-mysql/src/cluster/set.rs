//! What one run of `backup --all-databases` saved: to verify it, or to restore it.

use crate::restore::{self, Globals, RestoreOptions};
use crate::settings::Settings;
use crate::{globals, save, stored};
use backup::set::{Kinds, Set};
use mysql::Endpoint;
use task::{Error, Exit, Report, Result, Several, Task};
use tracing::info;

const KINDS: Kinds = Kinds { database: save::KIND, globals: globals::KIND };

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
    let globals = stored::read_back(task, settings, &set.globals()).await;
    if settings.backup.globals_only {
        return globals;
    }
    let mut outcome = Several::default();
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

/// Accounts, then every database, then views of any of them, then rights on what they hold; nothing is
/// begun if a database is in the way.
pub(crate) async fn restore(task: &Task, settings: &Settings) -> Result<Report> {
    let set = find(task, settings).await?;
    let endpoint = settings.server.endpoint()?.without_database();
    let globals = set.globals();
    let options = stored::restore_options(settings, true);
    refuse_full(task, &set, &endpoint, &options).await?;
    if task.dry_run() {
        return Ok(set.planned());
    }
    let globals = Globals::open(task, &globals, &endpoint).await?;
    globals.before(task).await?;
    let mut outcome = Several::default();
    let mut filled = Vec::new();
    for database in &set.databases {
        match one(task, &set, database, &endpoint, &options, false).await {
            Ok(report) => filled.push((database, report)),
            failed => outcome.add(&database.0, failed)?,
        }
    }
    for (database, report) in filled {
        let finished = one(task, &set, database, &endpoint, &options, true).await;
        outcome.add(&database.0, finished.map(|_| report))?;
    }
    let done = globals.after(task).await;
    if settings.backup.globals_only {
        return done;
    }
    outcome.add("globals", done)?;
    set.name_missing(&mut outcome)?;
    outcome.report("restored")
}

/// Fills a database, or finishes it.
async fn one(
    task: &Task,
    set: &Set,
    (name, file): &(String, String),
    endpoint: &Endpoint,
    options: &RestoreOptions,
    finish: bool,
) -> Result<Report> {
    let source = set.source(name, file).await?;
    let endpoint = endpoint.with_database(name);
    if finish {
        return restore::finish(task, &source, &endpoint, options).await;
    }
    info!("restoring {file} into {endpoint}");
    restore::restore(task, &source, &endpoint, options).await
}

async fn refuse_full(
    task: &Task,
    set: &Set,
    endpoint: &Endpoint,
    options: &RestoreOptions,
) -> Result<()> {
    let mut full = Vec::new();
    for (name, file) in &set.databases {
        let source = set.source(name, file).await?;
        let endpoint = endpoint.with_database(name);
        match restore::check_target(task, &source, &endpoint, options).await {
            Err(error) if error.exit() == Exit::Usage => full.push(format!("{error:#}")),
            checked => checked?,
        }
    }
    if full.is_empty() { Ok(()) } else { Err(Error::usage(full.join("; "))) }
}
