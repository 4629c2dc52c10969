//! From an artifact back into a server: the parts in file order, rows and indexes in parallel.
//!
//! A restore is done when every table received the rows that the manifest promises, and a drill
//! when they could be read back out of the server, too.

mod clean;
mod drill;
mod globals;
mod locale;
mod parts;
mod reader;
mod recount;
mod roles;
mod session;
mod target;
#[cfg(test)]
mod tests;

pub(crate) use drill::drill;
pub(crate) use globals::{Globals, globals_report};
pub(crate) use target::Server;

use crate::large_object::tables_and_rows;
use backup::manifest::Tally;
use backup::restoring::{compare, planned, restored};
use backup::source::Source;
use postgres::{Client, Endpoint};
use task::{Error, Report, Result, Task, While};

#[derive(Clone, Copy, Debug)]
pub(crate) struct RestoreOptions {
    /// Connections at work at once.
    pub(crate) jobs: usize,
    /// Make the database first.
    pub(crate) create: bool,
    /// Drop all that the database holds first.
    pub(crate) clean: bool,
    /// It is one of all the databases of a server: it gets back its own owner, settings and rights,
    /// and those that belong to the server itself may be emptied.
    pub(crate) server: bool,
    pub(crate) leaving: Leaving,
}

/// What is left out of a restore.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Leaving {
    pub(crate) owner: bool,
    pub(crate) privileges: bool,
    /// Of the database itself, and the making of any.
    pub(crate) tablespaces: bool,
}

/// What a load did.
struct Restored {
    statements: u64,
    /// One for each of the manifest's contents.
    loaded: Vec<parts::Loaded>,
}

impl Restored {
    fn tallies(&self) -> Vec<Tally> {
        self.loaded.iter().map(|loaded| loaded.tally).collect()
    }
}

/// Restores into the endpoint's database: an empty one, one that is made now, or one that is
/// emptied now.
pub(crate) async fn restore(
    task: &Task,
    source: &Source,
    endpoint: &Endpoint,
    options: &RestoreOptions,
) -> Result<Report> {
    if options.create && options.clean {
        return Err(Error::usage("--create makes a new database, which --clean cannot empty"));
    }
    let name = endpoint.database();
    if options.create {
        let server = Server::connect(task, endpoint, &[]).await?;
        roles::need(&server.client, source.manifest(), options.leaving, true).await?;
        server.refuse_existing(name).await?;
        if task.dry_run() {
            return Ok(planned(source, endpoint, "create it, then restore"));
        }
        source.check(task).await?;
        server.create(name, source.manifest(), options.leaving).await?;
        let done = load(task, source, endpoint, options).await;
        if done.is_err()
            && let Err(left) = server.drop(name).await
        {
            tracing::warn!("what was half restored is left: {left:#}");
        }
        return done;
    }
    let client = endpoint.connect_waiting(task, "nightshift restore").await?;
    roles::need(&client, source.manifest(), options.leaving, options.server).await?;
    check_content(&client, endpoint, options).await?;
    if task.dry_run() {
        let plan = if options.clean { "drop all it holds, then restore" } else { "restore" };
        return Ok(planned(source, endpoint, plan));
    }
    source.check(task).await?;
    if options.clean {
        task.until_stopped(clean::clean(&client, endpoint)).await?;
    }
    load(task, source, endpoint, options).await.during(|| {
        format!("the database {name} is only half restored: restore it again with --clean")
    })
}

async fn check_content(
    client: &Client,
    endpoint: &Endpoint,
    options: &RestoreOptions,
) -> Result<()> {
    if options.clean {
        clean::check(client, endpoint, options.server).await
    } else {
        target::refuse_objects(client, endpoint).await
    }
}

/// Refuses a server on which one of all the databases cannot be restored.
pub(crate) async fn check_target(
    task: &Task,
    server: &Server,
    endpoint: &Endpoint,
    options: &RestoreOptions,
) -> Result<()> {
    let is_dropped = options.clean && !clean::is_reserved(endpoint.database());
    if is_dropped || !server.has(endpoint.database()).await? {
        return Ok(());
    }
    let client = endpoint.connect_waiting(task, "nightshift restore").await?;
    check_content(&client, endpoint, options).await
}

/// One of all the databases of a server: into the one that is there, if it is empty or the server's
/// own, else into a new one.
pub(crate) async fn into_server(
    task: &Task,
    source: &Source,
    server: &Server,
    endpoint: &Endpoint,
    options: &RestoreOptions,
) -> Result<Report> {
    let name = endpoint.database();
    let mut there = server.has(name).await?;
    if there && options.clean && !clean::is_reserved(name) {
        source.check(task).await?;
        server.drop(name).await?;
        there = false;
    }
    let options = RestoreOptions { create: !there, clean: there && options.clean, ..*options };
    restore(task, source, endpoint, &options).await
}

async fn load(
    task: &Task,
    source: &Source,
    endpoint: &Endpoint,
    options: &RestoreOptions,
) -> Result<Report> {
    let itself = options.create || options.server;
    let loaded = parts::load(task, source, endpoint, options.jobs, options.leaving, itself).await?;
    compare(source.manifest(), &loaded.tallies(), "sent to the server")?;
    Ok(report(source, endpoint, loaded.statements))
}

fn report(source: &Source, endpoint: &Endpoint, statements: u64) -> Report {
    restored(source, endpoint, tables_and_rows(&source.manifest().contents), statements)
}
