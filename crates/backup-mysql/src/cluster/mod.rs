//! The whole server: what belongs to it, and each of its databases, every one a backup of its own, and all
//! of them as they were at one moment.
//!
//! One that fails does not keep the others. All backups of a run are named after the moment when
//! the run began, and so are found together again.

mod set;

pub(crate) use set::{restore, verify};

use crate::names::like;
use crate::save::{self, FORMAT, KIND};
use crate::settings::Settings;
use crate::snapshot::Snapshot;
use crate::{access, globals};
use backup::name::Name;
use backup::place::Place;
use jiff::Timestamp;
use mysql::{Client, Endpoint, explain};
use mysql_async::prelude::Queryable;
use task::{Report, Result, Several, Task};
use tracing::{info, warn};

/// The server's own, which it makes anew by itself.
pub(crate) const RESERVED: [&str; 4] = ["mysql", "sys", "information_schema", "performance_schema"];

pub(crate) async fn save(task: &Task, settings: &Settings) -> Result<Report> {
    let time = Timestamp::now();
    let endpoint = settings.server.endpoint()?.without_database();
    if settings.backup.globals_only {
        let mut snapshot = Snapshot::look(task, &endpoint).await?;
        return globals::save(task, settings, &mut snapshot, &endpoint, &[], time).await;
    }
    let mut snapshot = save::open(task, settings, &endpoint).await?;
    let names = task.until_stopped(databases(&mut snapshot.leader, settings)).await?;
    info!("backing up {} databases of the server: {}", names.len(), names.join(", "));
    let mut outcome = Several::default();
    let saved = globals::save(task, settings, &mut snapshot, &endpoint, &names, time).await;
    outcome.add("globals", saved)?;
    let mut snapshot = Some(snapshot);
    for (at, name) in names.iter().enumerate() {
        let last = at + 1 == names.len();
        let saved = database(task, settings, &endpoint, &mut snapshot, (name, time), last).await;
        outcome.add(name, saved)?;
    }
    outcome.report("saved")
}

async fn database(
    task: &Task,
    settings: &Settings,
    endpoint: &Endpoint,
    snapshot: &mut Option<Snapshot>,
    (name, time): (&str, Timestamp),
    last: bool,
) -> Result<Report> {
    let place = Place::open(task, &settings.place, Name::new(KIND, name, time, FORMAT)?).await?;
    info!("backing up {} to {}", endpoint.with_database(name), place.location());
    if snapshot.is_none() {
        warn!("the moment of the databases before is lost: {name} is saved as it is now");
        *snapshot = Some(save::open(task, settings, endpoint).await?);
    }
    save::database(task, settings, place, snapshot, name, last).await
}

/// All but the server's own, and those like one of the patterns.
async fn databases(client: &mut Client, settings: &Settings) -> Result<Vec<String>> {
    access::check_server(client).await?;
    let listed: Vec<String> = client
        .query("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA ORDER BY SCHEMA_NAME")
        .await
        .map_err(|error| explain(error, "cannot read the list of databases"))?;
    let excluded = &settings.backup.exclude_database;
    let wanted = |name: &String| !RESERVED.contains(&name.as_str()) && !like(name, excluded);
    Ok(listed.into_iter().filter(wanted).collect())
}
