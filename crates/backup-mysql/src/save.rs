//! The verb `backup`: snapshot, schema, rows, read-back, manifest; and only then, retention.

use crate::schema::Schema;
use crate::settings::Settings;
use crate::snapshot::Snapshot;
use crate::{access, cluster, dump, proof, rows};
use backup::manifest::Server;
use backup::name::Name;
use backup::place::{Place, seal};
use backup::verbs;
use backup::writer::{Facts, Written};
use jiff::Timestamp;
use mysql::Endpoint;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use task::{Error, Report, Result, Task, show};
use tracing::info;

/// What the backups of this program are called.
pub(crate) const KIND: &str = "mysql";
/// What is inside.
pub(crate) const FORMAT: &str = "sql";

pub(crate) async fn run(task: &Task, settings: &Settings) -> Result<Report> {
    if settings.backup.of_server() {
        return cluster::save(task, settings).await;
    }
    let endpoint = settings.server.endpoint()?;
    let Some(database) = endpoint.database() else {
        return Err(Error::usage(
            "no database to back up: set MYSQL_DATABASE, or ask for --all-databases",
        ));
    };
    let whose = settings.name().unwrap_or_else(|| database.to_owned());
    let name = Name::new(KIND, &whose, Timestamp::now(), FORMAT)?;
    let place = Place::open(task, &settings.place, name).await?;
    info!("backing up {endpoint} to {}", place.location());
    let mut snapshot = Some(open(task, settings, &endpoint).await?);
    self::database(task, settings, place, &mut snapshot, database, true).await
}

/// The moment that is to be saved; for a dry run, no more than a look.
pub(crate) async fn open(
    task: &Task,
    settings: &Settings,
    endpoint: &Endpoint,
) -> Result<Snapshot> {
    if task.dry_run() {
        return Snapshot::look(task, endpoint).await;
    }
    let backup = &settings.backup;
    Snapshot::take(task, endpoint, backup.jobs(), backup.lock_wait).await
}

/// One database of the snapshot. After the last the snapshot is let go, for it weighs on the server and
/// the read-back needs nothing of it; it is also gone when its rows could not be read.
pub(crate) async fn database(
    task: &Task,
    settings: &Settings,
    place: Place,
    snapshot: &mut Option<Snapshot>,
    database: &str,
    last: bool,
) -> Result<Report> {
    let started = Timestamp::now();
    let seen = snapshot.as_mut().ok_or_else(|| Error::failed("the snapshot is lost"))?;
    let reading = async {
        seen.enter(database).await?;
        access::check(&mut seen.leader, database).await?;
        Schema::read(&mut seen.leader, &settings.backup).await
    };
    let schema = task.until_stopped(reading).await?;
    if task.dry_run() {
        return Ok(plan(&schema, place.location()));
    }
    let wrote = write(task, settings, seen, &schema, &place).await;
    let server = seen.server();
    let mariadb = seen.leader.version().mariadb;
    if last || wrote.is_err() {
        *snapshot = None;
    }
    let (written, largest) = wrote?;
    let facts = facts(started, server, properties(&schema, mariadb, largest));
    let jobs = settings.backup.jobs();
    let manifest = place.keep(task, written, facts, jobs, || proof::check).await?;
    Ok(verbs::saved(&manifest, place.location(), rows::counted(&manifest.contents)))
}

async fn write(
    task: &Task,
    settings: &Settings,
    snapshot: &mut Snapshot,
    schema: &Schema,
    place: &Place,
) -> Result<(Written, u64)> {
    let writer = Arc::new(place.writer().await?);
    let largest = dump::write(task, snapshot, schema, &writer, &settings.backup).await?;
    Ok((seal(task, writer).await?, largest))
}

pub(crate) fn facts(
    started: Timestamp,
    server: Server,
    properties: BTreeMap<String, String>,
) -> Facts {
    Facts {
        parent: None,
        started,
        tool: format!("{} {}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")),
        server: Some(server),
        verified: false,
        properties,
    }
}

/// Of which family a server is, as the manifest has it.
pub(crate) fn flavor(mariadb: bool) -> String {
    if mariadb { "mariadb" } else { "mysql" }.to_owned()
}

fn properties(schema: &Schema, mariadb: bool, largest: u64) -> BTreeMap<String, String> {
    let definers = json!(schema.definers).to_string();
    [
        ("charset", schema.charset.clone()),
        ("collation", schema.collation.clone()),
        ("flavor", flavor(mariadb)),
        ("largest_statement", largest.to_string()),
        ("definers", definers),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

fn plan(schema: &Schema, file: &str) -> Report {
    let bytes = schema.tables.iter().map(|table| table.bytes).sum();
    let others = schema.views.len()
        + schema.sequences.len()
        + schema.routines.len()
        + schema.triggers.len()
        + schema.events.len();
    let summary = format!(
        "dry run: would save {} tables ({} on the server) and {others} views, routines, triggers and the like \
         to {file}",
        schema.tables.len(),
        show::bytes(bytes)
    );
    Report {
        items: schema.tables.len() as u64,
        bytes,
        json: json!({
            "file": file,
            "objects": others,
            "tables": schema.tables.len(),
            "bytes_on_server": bytes,
        }),
        table: summary.clone(),
        summary,
        ..Report::default()
    }
}
