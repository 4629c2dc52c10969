//! The verb `backup`: snapshot, schema, rows, read-back, manifest; and only then, retention.

use crate::large_object::tables_and_rows;
use crate::schema::Schema;
use crate::settings::Settings;
use crate::snapshot::Snapshot;
use crate::{dump, proof};
use backup::age::Recipients;
use backup::codec::Codec;
use backup::manifest::{Manifest, Server};
use backup::name::Name;
use backup::prune;
use backup::writer::{Facts, Writer, Written};
use jiff::Timestamp;
use postgres::Endpoint;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use storage::Store;
use task::{Error, Exit, Report, Result, Task, show};
use tracing::{info, warn};

/// What the backups of this program are called.
pub(crate) const KIND: &str = "postgres";

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
    let place = Place::open(task, settings, KIND, whose, time).await?;
    info!("backing up {endpoint} to {}", place.file);
    let (snapshot, mut schema) = read(task, settings, endpoint).await?;
    if task.dry_run() {
        return Ok(plan(&schema, &place.file));
    }
    let writer = place.writer().await?;
    let properties = std::mem::take(&mut schema.properties);
    let written = write(task, settings, &snapshot, schema, writer).await?;
    let server = snapshot.server();
    // Locks and snapshot weigh on the server: the read-back needs neither.
    drop(snapshot);
    let manifest = place.keep(task, settings, written, started, server, properties).await?;
    Ok(report(&manifest, &place.file))
}

/// Where a backup is to lie.
pub(crate) struct Place {
    stores: Vec<Store>,
    name: Name,
    codec: Codec,
    recipients: Recipients,
    pub(crate) file: String,
}

impl Place {
    /// Asks whether it can be written, and removes what killed runs left.
    pub(crate) async fn open(
        task: &Task,
        settings: &Settings,
        kind: &str,
        whose: &str,
        time: Timestamp,
    ) -> Result<Self> {
        let stores = settings.store.open_all(task).await?;
        let name = Name::new(kind, whose, time, "sql")?;
        let codec = settings.codec.codec;
        let recipients = settings.encrypt.recipients()?;
        let file =
            if recipients.is_empty() { name.file(codec) } else { name.encrypted_file(codec) };
        let file: Vec<_> = stores.iter().map(|store| store.location(&file)).collect();
        let file = file.join(", ");
        for store in stores.iter().filter(|_| !task.dry_run()) {
            store.writable().await?;
            let age = settings.store.leftover_age;
            for leftover in prune::sweep(task, store, (kind, whose), age).await? {
                info!("removed {leftover}, left by a run that was killed");
            }
        }
        Ok(Self { stores, name, codec, recipients, file })
    }

    pub(crate) async fn writer(&self) -> Result<Writer> {
        Writer::create(&self.stores, self.name.clone(), self.codec, &self.recipients).await
    }

    /// Proves what was written, makes a backup of it, and only then looks at older ones.
    pub(crate) async fn keep(
        &self,
        task: &Task,
        settings: &Settings,
        mut written: Written,
        started: Timestamp,
        server: Server,
        properties: BTreeMap<String, String>,
    ) -> Result<Manifest> {
        if !settings.backup.no_verify {
            prove(task, settings, &mut written).await?;
        }
        let facts = Facts {
            started,
            tool: format!("{} {}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")),
            server: Some(server),
            verified: !settings.backup.no_verify,
            properties,
        };
        let manifest = written.commit(facts).await?;
        if !settings.backup.no_prune {
            self.prune(task, settings).await;
        }
        Ok(manifest)
    }

    /// The backup is done: what is wrong with old ones is another matter.
    async fn prune(&self, task: &Task, settings: &Settings) {
        let (kind, name) = (self.name.kind(), self.name.name());
        for store in &self.stores {
            let pruned = prune::prune(task, store, &[kind], Some(name), &settings.keep).await;
            match pruned {
                Ok(pruned) if pruned.incomplete.is_empty() => info!("{}", pruned.summary),
                Ok(pruned) => {
                    warn!("{}; not removed: {}", pruned.summary, pruned.incomplete.join(", "));
                }
                Err(error) => {
                    warn!("the backup is done, but old ones were not removed: {error:#}");
                }
            }
        }
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

pub(crate) async fn seal(task: &Task, writer: Arc<Writer>) -> Result<Written> {
    let writer = Arc::into_inner(writer)
        .ok_or_else(|| Error::failed("a worker still writes after the last row"))?;
    task.until_stopped(writer.seal()).await
}

/// Reads the file back from everywhere and compares it with what the server sent.
async fn prove(task: &Task, settings: &Settings, written: &mut Written) -> Result<()> {
    let jobs = settings.backup.jobs();
    let mut wrong = Vec::new();
    for (place, copy) in written.copies().iter().enumerate() {
        let progress = task.progress("reading back", Some(written.artifact.size));
        let read = backup::readback::readback(copy, &*written, jobs, proof::check, |bytes| {
            progress.add(bytes);
        });
        match task.until_stopped(read).await {
            Err(error) if error.exit() == Exit::Stopped => return Err(error),
            Err(error) => wrong.push((place, error)),
            Ok(()) => {}
        }
    }
    written.give_up(wrong)
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
    let (tables, rows) = tables_and_rows(&manifest.contents);
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
