//! From an artifact back into a server: the parts in file order, rows in parallel.
//!
//! A restore is done when every table received the rows that the manifest promises, and a drill when
//! they could be read back out of the server, too.

mod drill;
mod parts;
mod reader;
mod recount;
mod session;
mod target;

pub(crate) use drill::drill;

use backup::restoring::{compare, planned, restored};
use backup::source::Source;
use mysql::Endpoint;
use parts::Changing;
use target::Server;
use task::{Error, Report, Result, Task, While};

#[derive(Clone, Copy, Debug)]
pub(crate) struct RestoreOptions {
    /// Connections at work at once.
    pub(crate) jobs: usize,
    /// Make the database first.
    pub(crate) create: bool,
    /// Drop the database first, and make it anew.
    pub(crate) clean: bool,
    /// Who restores becomes the definer.
    pub(crate) no_definer: bool,
}

/// Restores into the endpoint's database: an empty one, or one that is made now.
pub(crate) async fn restore(
    task: &Task,
    source: &Source,
    endpoint: &Endpoint,
    options: &RestoreOptions,
) -> Result<Report> {
    if options.create && options.clean {
        return Err(Error::usage("--create makes a new database, which --clean cannot drop"));
    }
    let Some(name) = endpoint.database() else {
        return Err(Error::usage("no database to restore into: set MYSQL_DATABASE"));
    };
    target::refuse_reserved(name)?;
    let mut server = Server::connect(task, endpoint).await?;
    let plan = task.until_stopped(check(&mut server, source, endpoint, name, options)).await?;
    if task.dry_run() {
        return Ok(planned(source, endpoint, plan));
    }
    source.check(task).await?;
    if options.clean {
        task.until_stopped(server.drop(name)).await?;
    }
    if options.create || options.clean {
        task.until_stopped(server.create(name, source.manifest())).await?;
    }
    let done = load(task, source, endpoint, options).await;
    if done.is_err() && options.create {
        if let Err(left) = server.drop(name).await {
            tracing::warn!("what was half restored is left: {left:#}");
        }
        return done;
    }
    done.during(|| {
        format!("the database {name} is only half restored: restore it again with --clean")
    })
}

/// Refuses what cannot go well, before anything is changed; what will be done, in words.
async fn check(
    server: &mut Server,
    source: &Source,
    endpoint: &Endpoint,
    name: &str,
    options: &RestoreOptions,
) -> Result<&'static str> {
    let there = server.has(name).await?;
    let plan = match (there, options) {
        (true, RestoreOptions { create: true, .. }) => {
            return Err(Error::usage(format!(
                "the database {name} exists: restore without --create, or drop it first"
            )));
        }
        (false, RestoreOptions { create: false, clean: false, .. }) => {
            return Err(Error::usage(format!(
                "there is no database {name}: restore with --create, or make it first"
            )));
        }
        (_, RestoreOptions { create: true, .. }) => "create it, then restore",
        (_, RestoreOptions { clean: true, .. }) => "drop it and make it anew, then restore",
        _ => {
            target::refuse_objects(&mut server.client, endpoint, name).await?;
            "restore"
        }
    };
    server.check_packet(source.manifest()).await?;
    if !options.no_definer {
        server.warn_of_definers(source.manifest()).await;
    }
    Ok(plan)
}

async fn load(
    task: &Task,
    source: &Source,
    endpoint: &Endpoint,
    options: &RestoreOptions,
) -> Result<Report> {
    let changing = Changing { no_definer: options.no_definer, sleeping: false };
    let loaded = parts::load(task, source, endpoint, options.jobs, changing).await?;
    compare(source.manifest(), &loaded.tallies, "sent to the server")?;
    Ok(report(source, endpoint, loaded.statements))
}

fn report(source: &Source, endpoint: &Endpoint, statements: u64) -> Report {
    let contents = &source.manifest().contents;
    let rows = contents.iter().map(|content| content.tally.rows).sum();
    restored(source, endpoint, (contents.len() as u64, rows), statements)
}
