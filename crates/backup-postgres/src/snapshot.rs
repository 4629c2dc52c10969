//! One consistent view of the source, shared by several connections.
//!
//! The leader opens a read-only transaction, locks the tables and exports its snapshot; workers
//! import it. The leader's transaction stays open until the last worker has read its last row.

use crate::catalog::{Scope, Selection};
use crate::lock::{self, Table};
use backup::manifest::Server;
use postgres::{Client, Endpoint, explain, quote};
use std::time::Duration;
use task::{Error, Result, Task};

const APPLICATION: &str = "backup-postgres";

/// Oldest and newest major version whose catalogs are known here.
const KNOWN: std::ops::RangeInclusive<u32> = 13..=18;

pub(crate) struct Snapshot {
    pub leader: Client,
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
        ('statement_timeout', '0'), ('lock_timeout', '0'),
        ('idle_in_transaction_session_timeout', '0'), ('idle_session_timeout', '0'),
        ('transaction_timeout', '0'), ('row_security', 'off'), ('jit', 'off'),
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
        let held = lock::list(&leader, &Scope::resolve(&leader, selection).await?).await?;
        begin(&leader).await?;
        lock::hold(&leader, &held, lock_wait).await?;
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
            leader,
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

    /// Another connection that sees the same rows.
    pub(crate) async fn worker(&self) -> Result<Client> {
        let client = self.endpoint.connect(APPLICATION).await?;
        prepare(&client).await?;
        begin(&client).await?;
        let import = format!("SET TRANSACTION SNAPSHOT {}", quote::literal(&self.name));
        client
            .batch_execute(&import)
            .await
            .map_err(|cause| explain(cause, "cannot import the snapshot into a worker"))?;
        close_search_path(&client).await?;
        Ok(client)
    }

    /// The server and its position, for the manifest.
    pub(crate) fn server(&self) -> Server {
        Server { version: self.server_version.clone(), position: self.position.clone() }
    }

    /// From here on every name that the server prints is qualified.
    pub(crate) async fn qualify_names(&self) -> Result<()> {
        close_search_path(&self.leader).await
    }
}

async fn prepare(client: &Client) -> Result<()> {
    let prepared = client.batch_execute(SESSION).await;
    prepared.map_err(|cause| explain(cause, "cannot prepare a session"))
}

async fn begin(client: &Client) -> Result<()> {
    let begun = client.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await;
    begun.map_err(|cause| explain(cause, "cannot begin a transaction"))
}

async fn close_search_path(client: &Client) -> Result<()> {
    client
        .batch_execute("SELECT pg_catalog.set_config('search_path', '', false)")
        .await
        .map_err(|cause| explain(cause, "cannot set the search path"))
}
