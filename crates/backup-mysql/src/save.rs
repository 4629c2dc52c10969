//! The verb `backup`: snapshot, schema, rows, read-back, manifest; and only then, retention.

use crate::schema::Schema;
use crate::settings::Settings;
use crate::snapshot::Snapshot;
use crate::{access, dump, proof};
use backup::manifest::{Manifest, Server};
use backup::name::Name;
use backup::place::{Place, seal};
use backup::writer::Facts;
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
    let endpoint = settings.server.endpoint()?;
    let Some(database) = endpoint.database() else {
        return Err(Error::usage("no database to back up: set MYSQL_DATABASE"));
    };
    let whose = settings.name().unwrap_or_else(|| database.to_owned());
    let started = Timestamp::now();
    let name = Name::new(KIND, &whose, started, FORMAT)?;
    let place = Place::open(task, &settings.place, name).await?;
    info!("backing up {endpoint} to {}", place.location());
    let jobs = settings.backup.jobs();
    let (mut snapshot, schema) = read(task, settings, &endpoint, jobs).await?;
    if task.dry_run() {
        return Ok(plan(&schema, place.location()));
    }
    let version = snapshot.leader.version().clone();
    let server = Server { version: version.text.clone(), position: snapshot.position.clone() };
    let writer = Arc::new(place.writer().await?);
    let largest = dump::write(task, &mut snapshot, &schema, &writer, &settings.backup).await?;
    // What is held weighs on the server: the read-back needs nothing of it.
    drop(snapshot);
    let written = seal(task, writer).await?;
    let facts = Facts {
        parent: None,
        started,
        tool: format!("{} {}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")),
        server: Some(server),
        verified: false,
        properties: properties(&schema, version.mariadb, largest),
    };
    let manifest = place.keep(task, written, facts, jobs, || proof::check).await?;
    Ok(report(&manifest, place.location()))
}

async fn read(
    task: &Task,
    settings: &Settings,
    endpoint: &Endpoint,
    jobs: usize,
) -> Result<(Snapshot, Schema)> {
    let mut snapshot = if task.dry_run() {
        Snapshot::look(task, endpoint).await?
    } else {
        Snapshot::take(task, endpoint, jobs, settings.backup.lock_wait).await?
    };
    let reading = async {
        access::check(&mut snapshot.leader, endpoint.database().unwrap_or_default()).await?;
        Schema::read(&mut snapshot.leader, &settings.backup).await
    };
    let schema = task.until_stopped(reading).await?;
    Ok((snapshot, schema))
}

fn properties(schema: &Schema, mariadb: bool, largest: u64) -> BTreeMap<String, String> {
    let definers = json!(schema.definers).to_string();
    [
        ("charset", schema.charset.clone()),
        ("collation", schema.collation.clone()),
        ("flavor", if mariadb { "mariadb" } else { "mysql" }.to_owned()),
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

fn report(manifest: &Manifest, file: &str) -> Report {
    let tables = manifest.contents.len() as u64;
    let rows: u64 = manifest.contents.iter().map(|content| content.tally.rows).sum();
    let size = manifest.artifact.size;
    let proof = if manifest.verified { "read back and proven" } else { "NOT read back" };
    let summary =
        format!("saved {tables} tables, {rows} rows in {}, {proof}: {file}", show::bytes(size));
    Report {
        items: tables,
        bytes: size,
        json: json!({
            "file": file,
            "size": size,
            "sha256": manifest.artifact.sha256,
            "tables": tables,
            "rows": rows,
            "verified": manifest.verified,
            "recipients": manifest.artifact.recipients,
        }),
        table: summary.clone(),
        summary,
        ..Report::default()
    }
}
