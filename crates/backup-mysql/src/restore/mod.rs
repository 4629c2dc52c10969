//! From an artifact back into a server: the parts in file order, rows in parallel.
//!
//! A restore is done when every table received the rows that the manifest promises, and a drill when
//! they could be read back out of the server, too.

mod drill;
mod globals;
mod parts;
mod reader;
mod recount;
mod session;
mod target;

pub(crate) use drill::drill;
pub(crate) use globals::Globals;

use backup::restoring::{compare, planned, restored};
use backup::source::Source;
use mysql::Endpoint;
use parts::{Changing, Stage};
use target::Server;
use task::{Error, Report, Result, Task, While};

#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(crate) struct RestoreOptions {
    /// Connections at work at once.
    pub(crate) jobs: usize,
    /// Make the database first.
    pub(crate) create: bool,
    /// Drop the database first, and make it anew.
    pub(crate) clean: bool,
    /// It is one of a whole server's: it is made if it is missing, and [`finish`] has the last word.
    pub(crate) server: bool,
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
    let name = target(endpoint, options)?;
    let mut server = Server::connect(task, endpoint).await?;
    let plan = task.until_stopped(check(&mut server, source, endpoint, name, options)).await?;
    if task.dry_run() {
        return Ok(planned(source, endpoint, plan.words()));
    }
    if !options.no_definer {
        task.until_stopped(server.warn_of_definers(source.manifest())).await?;
    }
    source.check(task).await?;
    if plan == Plan::Replace {
        task.until_stopped(server.drop(name)).await?;
    }
    if plan != Plan::Fill {
        // Not to be cut off: what is being made would be left. A stop comes through right after.
        server.create(name, source.manifest()).await?;
    }
    let stage = if options.server { Stage::Filling } else { Stage::All };
    let done = load(task, source, endpoint, options, stage).await;
    if done.is_err() && plan == Plan::Create {
        if let Err(left) = server.drop(name).await {
            tracing::warn!("what was half restored is left: {left:#}");
        }
        return done;
    }
    half(name, done)
}

/// What is left to be done to a database of a server whose databases are all filled.
pub(crate) async fn finish(
    task: &Task,
    source: &Source,
    endpoint: &Endpoint,
    options: &RestoreOptions,
) -> Result<Report> {
    let name = target(endpoint, options)?;
    half(name, load(task, source, endpoint, options, Stage::Finishing).await)
}

fn half(name: &str, done: Result<Report>) -> Result<Report> {
    done.during(|| {
        format!("the database {name} is only half restored: restore it again with --clean")
    })
}

/// Refuses what cannot go well, before anything is changed.
pub(crate) async fn check_target(
    task: &Task,
    source: &Source,
    endpoint: &Endpoint,
    options: &RestoreOptions,
) -> Result<()> {
    let name = target(endpoint, options)?;
    let mut server = Server::connect(task, endpoint).await?;
    task.until_stopped(check(&mut server, source, endpoint, name, options)).await.map(|_| ())
}

fn target<'a>(endpoint: &'a Endpoint, options: &RestoreOptions) -> Result<&'a str> {
    if options.create && options.clean {
        return Err(Error::usage("--create makes a new database, which --clean cannot drop"));
    }
    let Some(name) = endpoint.database() else {
        return Err(Error::usage("no database to restore into: set MYSQL_DATABASE"));
    };
    target::refuse_reserved(name)?;
    Ok(name)
}

/// What is done to the database before it is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Plan {
    Create,
    Replace,
    Fill,
}

impl Plan {
    fn words(self) -> &'static str {
        match self {
            Self::Create => "create it, then restore",
            Self::Replace => "drop it and make it anew, then restore",
            Self::Fill => "restore",
        }
    }
}

async fn check(
    server: &mut Server,
    source: &Source,
    endpoint: &Endpoint,
    name: &str,
    options: &RestoreOptions,
) -> Result<Plan> {
    let there = server.has(name).await?;
    let plan = match (there, options) {
        (true, RestoreOptions { create: true, .. }) => {
            return Err(Error::usage(format!(
                "the database {name} exists: restore without --create, or drop it first"
            )));
        }
        (false, RestoreOptions { create: false, clean: false, server: false, .. }) => {
            return Err(Error::usage(format!(
                "there is no database {name}: restore with --create, or make it first"
            )));
        }
        (_, RestoreOptions { clean: true, .. }) => Plan::Replace,
        (false, _) => Plan::Create,
        (true, _) => {
            target::refuse_objects(&mut server.client, endpoint, name).await?;
            Plan::Fill
        }
    };
    server.check_packet(source.manifest()).await?;
    Ok(plan)
}

async fn load(
    task: &Task,
    source: &Source,
    endpoint: &Endpoint,
    options: &RestoreOptions,
    stage: Stage,
) -> Result<Report> {
    let changing = Changing { no_definer: options.no_definer, sleeping: false };
    let loaded = parts::load(task, source, endpoint, options.jobs, (stage, changing)).await?;
    if stage != Stage::Finishing {
        compare(source.manifest(), &loaded.tallies, "sent to the server")?;
    }
    Ok(report(source, endpoint, loaded.statements))
}

fn report(source: &Source, endpoint: &Endpoint, statements: u64) -> Report {
    let contents = &source.manifest().contents;
    let rows = contents.iter().map(|content| content.tally.rows).sum();
    restored(source, endpoint, (contents.len() as u64, rows), statements)
}
