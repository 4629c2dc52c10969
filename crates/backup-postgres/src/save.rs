//! The verb `backup`: snapshot, schema, rows, read-back, manifest; and only then, retention.

use crate::large_object::tables_and_rows;
use crate::schema::Schema;
use crate::settings::Settings;
use crate::snapshot::Snapshot;
use crate::{dump, proof};
use backup::manifest::Server;
use backup::name::Name;
use backup::place::{Place, seal};
use backup::verbs;
use backup::writer::{Facts, Writer, Written};
use jiff::Timestamp;
use postgres::Endpoint;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use task::{Exit, Report, Result, Task, show};
use tracing::{info, warn};

/// What the backups of this program are called.
pub(crate) const KIND: &str = "postgres";
/// What is inside.
pub(crate) const FORMAT: &str = "sql";

/// How often the schema is read if it changes all the while.
const TRIES: u32 = 4;

pub(crate) async fn run(task: &Task, settings: &Settings) -> Result<Report> {
    let endpoint = settings.server.endpoint()?;
    let whose = settings.name().unwrap_or_else(|| endpoint.database().to_owned());
    database(task, settings, &endpoint, &whose, Timestamp::now()).await
}

/// One database. `time` is when the run began, which may save others too.
pub(crate) async fn database(
    task: &Task,
    settings: &Settings,
    endpoint: &Endpoint,
    whose: &str,
    time: Timestamp,
) -> Result<Report> {
    let started = Timestamp::now();
    let name = Name::new(KIND, whose, time, FORMAT)?;
    let place = Place::open(task, &settings.place, name).await?;
    info!("backing up {endpoint} to {}", place.location());
    let (snapshot, mut schema) = read(task, settings, endpoint).await?;
    if task.dry_run() {
        return Ok(plan(&schema, place.location()));
    }
    let writer = place.writer().await?;
    let properties = std::mem::take(&mut schema.properties);
    let written = write(task, settings, &snapshot, schema, writer).await?;
    let server = snapshot.server();
    // Locks and snapshot weigh on the server: the read-back needs neither.
    drop(snapshot);
    let facts = facts(started, server, properties);
    let jobs = settings.backup.jobs();
    let manifest = place.keep(task, written, facts, jobs, || proof::check).await?;
    Ok(verbs::saved(&manifest, place.location(), tables_and_rows(&manifest.contents)))
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

/// One state of the database. The server's printers see the newest catalogs, not our snapshot's,
/// so what changes in between can make them fail, and another try helps.
async fn read(task: &Task, settings: &Settings, endpoint: &Endpoint) -> Result<(Snapshot, Schema)> {
    let (backup, wait) = (&settings.backup, task.wait());
    let selection = backup.selection();
    let mut left = TRIES;
    loop {
        let leader = Snapshot::leader(task, endpoint).await?;
        let once = async {
            let snapshot = Snapshot::take(leader, endpoint, &selection, wait).await?;
            let schema = Schema::read(&snapshot, backup, wait).await?;
            Ok((snapshot, schema))
        };
        left -= 1;
        match task.until_stopped(once).await {
            Err(error) if error.exit() == Exit::Failed && left > 0 => {
                warn!("reading the schema again: {error:#}");
            }
            ended => return ended,
        }
    }
}

async fn write(
    task: &Task,
    settings: &Settings,
    snapshot: &Snapshot,
    schema: Schema,
    writer: Writer,
) -> Result<Written> {
    let writer = Arc::new(writer);
    dump::write(task, snapshot, schema, &writer, settings.backup.jobs()).await?;
    seal(task, writer).await
}

fn plan(schema: &Schema, file: &str) -> Report {
    let bytes = schema.tables.iter().map(|table| table.bytes).sum();
    let summary = format!(
        "dry run: would save {} objects and the rows of {} tables ({} on the server) to {file}",
        schema.objects.len(),
        schema.tables.len(),
        show::bytes(bytes)
    );
    Report {
        items: schema.tables.len() as u64,
        bytes,
        json: json!({
            "file": file,
            "objects": schema.objects.len(),
            "tables": schema.tables.len(),
            "bytes_on_server": bytes,
        }),
        table: summary.clone(),
        summary,
        ..Report::default()
    }
}
