//! One consistent view of the source, shared by several connections.
//!
//! The leader opens a read-only transaction, locks the tables and exports its snapshot; workers
//! import it. The leader's transaction stays open until the last worker has read its last row.

use crate::access;
use crate::catalog::{Scope, Selection};
use crate::lock::{self, Table};
use backup::manifest::Server;
use postgres::{Client, Endpoint, explain, quote};
use std::sync::Arc;
use std::time::Duration;
use task::{Error, Result, Task};
use tracing::warn;

const APPLICATION: &str = "backup-postgres";

const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";

/// How often the tables are listed if some of them go away before they are locked.
const LOCK_TRIES: u32 = 100;

/// No schema but `pg_catalog` is looked into.
pub(crate) const CLOSED_PATH: &str = "SELECT pg_catalog.set_config('search_path', '', false)";

/// Oldest and newest major version whose catalogs are known here.
const KNOWN: std::ops::RangeInclusive<u32> = 13..=18;

pub(crate) struct Snapshot {
    pub leader: Arc<Client>,
    /// Locked before the snapshot was taken.
    pub held: Vec<Table>,
    endpoint: Endpoint,
    name: String,
    /// As `server_version_num`.
    pub version: u32,
    pub server_version: String,
    /// The WAL position, which no row of the snapshot is younger than.
    pub position: Option<String>,
    /// The name that COPY's ENCODING takes.
    pub encoding: String,
    pub block_size: u64,
}

/// Settings that change what the server prints, each only where the server knows it.
pub(crate) const SESSION: &str = "
    SELECT set_config(name, value, false) FROM (VALUES
        ('DateStyle', 'ISO'), ('IntervalStyle', 'postgres'), ('extra_float_digits', '3'),
        ('bytea_output', 'hex'), ('TimeZone', 'UTC'), ('standard_conforming_strings', 'on'),
        ('quote_all_identifiers', 'on'), ('synchronize_seqscans', 'off'),
        ('row_security', 'off'), ('jit', 'off'),
        ('max_parallel_workers_per_gather', '0'), ('xmlbinary', 'base64'), ('xmloption', 'content'),
        ('restrict_nonsystem_relation_kind', 'view,foreign-table')
    ) AS wanted (name, value) JOIN pg_catalog.pg_settings USING (name)";

impl Snapshot {
    /// Waits for the server.
    pub(crate) async fn leader(task: &Task, endpoint: &Endpoint) -> Result<Client> {
        endpoint.connect_waiting(task, APPLICATION).await
    }

    pub(crate) async fn take(
        leader: Client,
        endpoint: &Endpoint,
        selection: &Selection,
        lock_wait: Duration,
    ) -> Result<Self> {
        prepare(&leader).await?;
        let held = lock_all(&leader, selection, lock_wait).await?;
        Self::export(leader, endpoint, held).await
    }

    /// Of what belongs to the whole server: there are no tables to lock.
    pub(crate) async fn of_globals(leader: Client, endpoint: &Endpoint) -> Result<Self> {
        prepare(&leader).await?;
        begin(&leader).await?;
        Self::export(leader, endpoint, Vec::new()).await
    }

    async fn export(leader: Client, endpoint: &Endpoint, held: Vec<Table>) -> Result<Self> {
        let facts = leader
            .query_one(
                "SELECT pg_export_snapshot(), current_setting('server_version_num')::int4,
                    current_setting('server_version'), current_setting('server_encoding'),
                    current_setting('block_size')::int8,
                    CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()::text
                         ELSE pg_current_wal_lsn()::text END",
                &[],
            )
            .await
            .map_err(|cause| explain(cause, "cannot export a snapshot"))?;
        let version = u32::try_from(facts.get::<_, i32>(1)).unwrap_or_default();
        let major = version / 10_000;
        if !KNOWN.contains(&major) {
            return Err(Error::usage(format!(
                "the server is PostgreSQL {major}; this version of backup-postgres knows {} to {}, \
                 and will not guess what another one may hold",
                KNOWN.start(),
                KNOWN.end()
            )));
        }
        Ok(Self {
            leader: Arc::new(leader),
            held,
            endpoint: endpoint.clone(),
            name: facts.get(0),
            version,
            server_version: facts.get(2),
            position: facts.get(5),
            encoding: facts.get(3),
            block_size: u64::try_from(facts.get::<_, i64>(4)).unwrap_or(8192),
        })
    }

    /// Connections that see the same rows: as many as were asked for, or as there is room for.
    pub(crate) async fn workers(&self, jobs: usize) -> Result<Vec<Arc<Client>>> {
        let mut workers = Vec::new();
        while workers.len() < jobs {
            let Some(client) = self.endpoint.connect_if_room(APPLICATION).await? else { break };
            workers.push(Arc::new(self.import(client).await?));
        }
        let found = workers.len();
        if found < jobs {
            warn!("the server has no place for {jobs} workers: going on with {}", found.max(1));
        }
        if found == 0 && jobs > 0 {
            // It has nothing else to do while rows are read.
            workers.push(Arc::clone(&self.leader));
        }
        Ok(workers)
    }

    async fn import(&self, client: Client) -> Result<Client> {
        prepare(&client).await?;
        let imported = client.batch_execute(&self.see_the_same()).await;
        imported.map_err(|cause| explain(cause, "cannot import the snapshot into a worker"))?;
        Ok(client)
    }

    /// Statements that begin a transaction which sees the same rows.
    pub(crate) fn see_the_same(&self) -> String {
        format!("{BEGIN}; SET TRANSACTION SNAPSHOT {}", quote::literal(&self.name))
    }

    /// The server and its position, for the manifest.
    pub(crate) fn server(&self) -> Server {
        Server { version: self.server_version.clone(), position: self.position.clone() }
    }
}

/// Begins the transaction and locks every table. What goes away while the names are on their way
/// is no failure: nothing has been read yet.
async fn lock_all(leader: &Client, selection: &Selection, wait: Duration) -> Result<Vec<Table>> {
    let mut left = LOCK_TRIES;
    loop {
        let scope = Scope::resolve(leader, selection).await?;
        access::check(leader, &scope).await?;
        let tables = lock::list(leader, &scope).await?;
        begin(leader).await?;
        left -= 1;
        match lock::hold(leader, &tables, wait).await {
            Ok(()) => return Ok(tables),
            Err(lock::Fault::Gone(_)) if left > 0 => {
                let ended = leader.batch_execute("ROLLBACK").await;
                ended.map_err(|cause| explain(cause, "cannot begin again"))?;
            }
            Err(fault) => return Err(fault.error()),
        }
    }
}

/// From here on no name means anything but what it says, and every name that the server prints
/// is qualified.
async fn prepare(client: &Client) -> Result<()> {
    for statement in [CLOSED_PATH, SESSION] {
        let prepared = client.batch_execute(statement).await;
        prepared.map_err(|cause| explain(cause, "cannot prepare a session"))?;
    }
    Ok(())
}

async fn begin(client: &Client) -> Result<()> {
    let begun = client.batch_execute(BEGIN).await;
    begun.map_err(|cause| explain(cause, "cannot begin a transaction"))
}
