//! The verb `backup`: snapshot, schema, rows, read-back, manifest; and only then, retention.

use crate::schema::Schema;
use crate::settings::Settings;
use crate::snapshot::Snapshot;
use crate::{dump, proof};
use backup::manifest::{Manifest, Server};
use backup::name::Name;
use backup::prune;
use backup::writer::{Facts, Writer, Written};
use jiff::Timestamp;
use postgres::Endpoint;
use serde_json::json;
use std::sync::Arc;
use task::{Error, Exit, Report, Result, Task, show};
use tracing::{info, warn};

/// What the backups of this program are called.
pub(crate) const KIND: &str = "postgres";

/// How often the schema is read if it changes all the while.
const TRIES: u32 = 4;

pub(crate) async fn run(task: &Task, settings: &Settings) -> Result<Report> {
    let started = Timestamp::now();
    let endpoint = settings.server.endpoint()?;
    let store = settings.store.open().await?;
    let whose = settings.name().unwrap_or_else(|| endpoint.database().to_owned());
    let name = Name::new(KIND, &whose, started, "sql")?;
    let file = store.location(&name.file(settings.codec.codec));
    info!("backing up {endpoint} to {file}");
    if !task.dry_run() {
        store.writable().await?;
        for leftover in prune::sweep(task, &store, KIND, &whose).await? {
            info!("removed {leftover}, left by a run that was killed");
        }
    }
    let (snapshot, schema) = read(task, settings, &endpoint).await?;
    if task.dry_run() {
        return Ok(plan(&schema, &file));
    }
    let writer = Writer::create(&store, name, settings.codec.codec).await?;
    let written = write(task, settings, &snapshot, &schema, writer).await?;
    let server =
        Server { version: snapshot.server_version.clone(), position: snapshot.position.clone() };
    // Locks and snapshot weigh on the server: the read-back needs neither.
    drop(snapshot);
    if !settings.backup.no_verify {
        prove(task, settings, &written).await?;
    }
    let facts = Facts {
        started,
        tool: format!("{} {}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")),
        server: Some(server),
        verified: !settings.backup.no_verify,
        properties: schema.properties,
    };
    let manifest = written.commit(facts).await?;
    if !settings.backup.no_prune {
        // The backup is done: what is wrong with old ones is another matter.
        let pruned = prune::prune(task, &store, KIND, Some(&whose), &settings.keep).await;
        match pruned {
            Ok(pruned) if pruned.incomplete.is_empty() => info!("{}", pruned.summary),
            Ok(pruned) => {
                warn!("{}; not removed: {}", pruned.summary, pruned.incomplete.join(", "));
            }
            Err(error) => warn!("the backup is done, but old ones were not removed: {error:#}"),
        }
    }
    Ok(report(&manifest, &file))
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
    schema: &Schema,
    writer: Writer,
) -> Result<Written> {
    let writer = Arc::new(writer);
    dump::write(task, snapshot, schema, &writer, settings.backup.jobs()).await?;
    let writer = Arc::into_inner(writer)
        .ok_or_else(|| Error::failed("a worker still writes after the last row"))?;
    task.until_stopped(writer.seal()).await
}

/// Reads the file back and compares it with what the server sent.
async fn prove(task: &Task, settings: &Settings, written: &Written) -> Result<()> {
    let progress = task.progress("reading back", Some(written.artifact.size));
    let jobs = settings.backup.jobs();
    let read = backup::readback::readback(written.sealed(), written, jobs, proof::check, |bytes| {
        progress.add(bytes);
    });
    task.until_stopped(read).await
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

fn report(manifest: &Manifest, file: &str) -> Report {
    let tables = manifest.contents.len();
    let rows: u64 = manifest.contents.iter().map(|content| content.tally.rows).sum();
    let size = manifest.artifact.size;
    let proof = if manifest.verified { "read back and proven" } else { "NOT read back" };
    let summary =
        format!("saved {tables} tables, {rows} rows in {}, {proof}: {file}", show::bytes(size));
    Report {
        items: tables as u64,
        bytes: size,
        json: json!({
            "file": file,
            "size": size,
            "sha256": manifest.artifact.sha256,
            "tables": tables,
            "rows": rows,
            "verified": manifest.verified,
        }),
        table: summary.clone(),
        summary,
        ..Report::default()
    }
}
