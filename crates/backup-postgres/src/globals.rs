//! The artifact of what belongs to the whole server and to no database: roles, tablespaces, rights
//! on parameters.

use crate::catalog::{Catalog, Globals, Scope, Selection};
use crate::save::{FORMAT, facts};
use crate::settings::Settings;
use crate::snapshot::Snapshot;
use crate::{dump, proof};
use backup::name::Name;
use backup::place::{Place, seal};
use backup::set::{DATABASES, NAME};
use jiff::Timestamp;
use postgres::{Client, Endpoint};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use task::{Context, Report, Result, Task, show};
use tracing::info;

/// What these backups are called; a dash can be in neither.
pub(crate) const KIND: &str = "postgresglobals";

/// `databases` are those that the run goes on with.
pub(crate) async fn save(
    task: &Task,
    settings: &Settings,
    client: Client,
    endpoint: &Endpoint,
    databases: &[String],
    time: Timestamp,
) -> Result<Report> {
    let started = Timestamp::now();
    let name = Name::new(KIND, NAME, time, FORMAT)?;
    let place = Place::open(task, &settings.place, name).await?;
    info!("backing up the globals of {endpoint} to {}", place.location());
    let passwords = settings.backup.role_passwords;
    let reading = async {
        let snapshot = Snapshot::of_globals(client, endpoint).await?;
        let scope = Scope::resolve(&snapshot.leader, &Selection::default()).await?;
        let properties = settings.backup.properties();
        let catalog = Catalog::open(&snapshot.leader, snapshot.version, scope, properties).await?;
        let globals = Globals::read(&catalog, passwords).await?;
        Ok((snapshot.server(), globals))
    };
    let (server, globals) = task.until_stopped(reading).await?;
    let what = format!("{} roles, {} tablespaces", globals.role_count, globals.tablespace_count);
    if task.dry_run() {
        let summary = format!("dry run: would save {what} to {}", place.location());
        return Ok(said(&globals, 0, json!({ "file": place.location() }), summary));
    }
    let writer = Arc::new(place.writer().await?);
    let writing = dump::write_globals(&globals, &server.version, &writer);
    task.until_stopped(writing).await?;
    let written = seal(task, writer).await?;
    let databases = serde_json::to_string(databases)
        .failed(|| "cannot write the list of databases".to_owned())?;
    let properties = BTreeMap::from([
        (DATABASES.to_owned(), databases),
        ("role_passwords".to_owned(), passwords.to_string()),
    ]);
    let facts = facts(started, server, properties);
    let jobs = settings.backup.jobs();
    let manifest = place.keep(task, written, facts, jobs, || proof::check).await?;
    let size = manifest.artifact.size;
    let proof = if manifest.verified { "read back and proven" } else { "NOT read back" };
    let summary = format!("saved {what} in {}, {proof}: {}", show::bytes(size), place.location());
    let json = json!({
        "file": place.location(),
        "size": size,
        "sha256": manifest.artifact.sha256,
        "roles": globals.role_count,
        "tablespaces": globals.tablespace_count,
        "verified": manifest.verified,
    });
    Ok(said(&globals, size, json, summary))
}

fn said(globals: &Globals, bytes: u64, json: serde_json::Value, summary: String) -> Report {
    Report {
        items: globals.role_count + globals.tablespace_count,
        bytes,
        json,
        table: summary.clone(),
        summary,
        ..Report::default()
    }
}
