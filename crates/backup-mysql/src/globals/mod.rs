//! The artifact of what belongs to the whole server and to no database: accounts and their rights, roles,
//! servers of other servers' tables, loadable functions, tablespaces.

mod accounts;
mod others;

use crate::access;
use crate::dump::write_globals;
use crate::proof;
use crate::save::{FORMAT, facts, flavor};
use crate::settings::Settings;
use crate::snapshot::Snapshot;
use accounts::Accounts;
use backup::name::Name;
use backup::place::{Place, seal};
use backup::set::{DATABASES, NAME};
use jiff::Timestamp;
use mysql::{Client, Endpoint};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use task::{Report, Result, Task, show};
use tracing::info;

/// What these backups are called; a dash can be in neither.
pub(crate) const KIND: &str = "mysqlglobals";

/// Statements without their ends, in the order in which they can be run.
pub(crate) struct Globals {
    pub(crate) servers: Vec<Vec<u8>>,
    pub(crate) functions: Vec<Vec<u8>>,
    pub(crate) tablespaces: Vec<Vec<u8>>,
    pub(crate) accounts: Accounts,
}

impl Globals {
    async fn read(client: &mut Client) -> Result<Self> {
        access::check_globals(client).await?;
        others::name_configuration(client).await?;
        Ok(Self {
            servers: others::servers(client).await?,
            functions: others::functions(client).await?,
            tablespaces: others::tablespaces(client).await?,
            accounts: Accounts::read(client).await?,
        })
    }

    fn others(&self) -> usize {
        self.servers.len() + self.functions.len() + self.tablespaces.len()
    }
}

/// `databases` are those that the run goes on with.
pub(crate) async fn save(
    task: &Task,
    settings: &Settings,
    snapshot: &mut Snapshot,
    endpoint: &Endpoint,
    databases: &[String],
    time: Timestamp,
) -> Result<Report> {
    let started = Timestamp::now();
    let place = Place::open(task, &settings.place, Name::new(KIND, NAME, time, FORMAT)?).await?;
    info!("backing up the globals of {endpoint} to {}", place.location());
    let globals = task.until_stopped(Globals::read(&mut snapshot.leader)).await?;
    let (accounts, others) = (globals.accounts.count, globals.others());
    let what = format!("{accounts} accounts and roles, {others} servers, functions, tablespaces");
    if task.dry_run() {
        let summary = format!("dry run: would save {what} to {}", place.location());
        return Ok(said(accounts, 0, json!({ "file": place.location() }), summary));
    }
    let writer = Arc::new(place.writer().await?);
    let server = snapshot.server();
    let version = snapshot.leader.version();
    task.until_stopped(write_globals(&globals, version, &writer)).await?;
    let properties = BTreeMap::from([
        (DATABASES.to_owned(), json!(databases).to_string()),
        ("flavor".to_owned(), flavor(version.mariadb)),
    ]);
    let written = seal(task, writer).await?;
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
        "accounts": accounts,
        "others": others,
        "verified": manifest.verified,
    });
    Ok(said(accounts, size, json, summary))
}

fn said(accounts: u64, bytes: u64, json: serde_json::Value, summary: String) -> Report {
    Report { items: accounts, bytes, json, table: summary.clone(), summary, ..Report::default() }
}
