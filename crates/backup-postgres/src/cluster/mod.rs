//! The whole server: what belongs to it, and each of its databases, every one a backup of its own.
//!
//! One that fails does not keep the others. All backups of a run are named after the moment when
//! the run began, and so are found together again.

mod set;

pub(crate) use set::{restore, verify};

use crate::catalog::database_regex;
use crate::settings::Settings;
use crate::{globals, save};
use jiff::Timestamp;
use postgres::{Client, Endpoint, explain};
use task::{Error, Exit, Report, Result, Several, Task};
use tracing::info;

/// Where to ask for what belongs to the whole server.
const MAINTENANCE: [&str; 2] = ["postgres", "template1"];

pub(crate) async fn save(task: &Task, settings: &Settings) -> Result<Report> {
    let time = Timestamp::now();
    let (client, endpoint) = maintenance(task, &settings.server.endpoint()?).await?;
    if settings.backup.globals_only {
        return globals::save(task, settings, client, &endpoint, &[], time).await;
    }
    let databases = databases(&client, &settings.backup.exclude_database).await?;
    let (open, closed): (Vec<_>, Vec<_>) =
        databases.into_iter().partition(|database| database.closed.is_none());
    let names: Vec<String> = open.into_iter().map(|database| database.name).collect();
    info!("backing up {} databases of the server: {}", names.len(), names.join(", "));
    let mut outcome = Several::default();
    let saved = globals::save(task, settings, client, &endpoint, &names, time).await;
    outcome.add("globals", saved)?;
    for name in &names {
        let endpoint = endpoint.with_database(name);
        outcome.add(name, save::database(task, settings, &endpoint, name, time).await)?;
    }
    for database in closed {
        let why = database.closed.unwrap_or_default();
        outcome.add(&database.name, Err(Error::usage(why)))?;
    }
    outcome.report("saved")
}

struct Database {
    name: String,
    /// Why it cannot be saved.
    closed: Option<String>,
}

/// All but `template0`, which nobody may change, and those like one of the patterns.
async fn databases(client: &Client, excluded: &[String]) -> Result<Vec<Database>> {
    let patterns = excluded.iter().filter(|pattern| !pattern.is_empty());
    let patterns: Vec<String> = patterns.map(|one| database_regex(one)).collect::<Result<_>>()?;
    let query = "SELECT datname::text, datallowconn, datconnlimit <> -2 FROM pg_catalog.pg_database
        WHERE datname <> 'template0' AND NOT EXISTS (SELECT FROM pg_catalog.unnest($1::text[]) p
            WHERE datname::text COLLATE \"default\" ~ p)
        ORDER BY datname <> 'template1', datname";
    let rows = client.query(query, &[&patterns]).await;
    let rows = rows.map_err(|cause| explain(cause, "cannot read the list of databases"))?;
    let closed = |allows: bool, whole: bool| match (allows, whole) {
        (_, false) => Some("it was half dropped: drop it, or leave it out by --exclude-database"),
        (false, _) => {
            Some("it allows no connections: let it, or leave it out by --exclude-database")
        }
        (true, true) => None,
    };
    let rows = rows.iter();
    let found = rows.map(|row| Database {
        name: row.get(0),
        closed: closed(row.get(1), row.get(2)).map(str::to_owned),
    });
    Ok(found.collect())
}

/// A database that nearly every server has, or the one that was named.
async fn maintenance(task: &Task, endpoint: &Endpoint) -> Result<(Client, Endpoint)> {
    let mut first = None;
    for name in MAINTENANCE.into_iter().chain([endpoint.database()]) {
        let endpoint = endpoint.with_database(name);
        match endpoint.connect_waiting(task, env!("CARGO_PKG_NAME")).await {
            Ok(client) => return Ok((client, endpoint)),
            Err(error) if error.exit() == Exit::Usage => {
                first.get_or_insert(error);
            }
            Err(error) => return Err(error),
        }
    }
    Err(first.unwrap_or_else(|| Error::usage(format!("cannot connect to {endpoint}"))))
}
