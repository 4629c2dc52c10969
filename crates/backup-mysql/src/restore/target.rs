//! Where a restore goes: a server on which databases are made and dropped, and an empty database.

use super::session::PROGRAM;
use crate::cluster::RESERVED;
use backup::manifest::Manifest;
use backup::restoring;
use mysql::quote::{ident, literal};
use mysql::{Client, Endpoint, explain};
use mysql_async::prelude::Queryable;
use task::{Error, Result, Task};

/// What a statement needs beside its text.
const PACKET: u64 = 1024;

/// For making and dropping databases.
pub(super) struct Server {
    endpoint: Endpoint,
    pub(super) client: Client,
}

impl Server {
    pub(super) async fn connect(task: &Task, endpoint: &Endpoint) -> Result<Self> {
        let endpoint = endpoint.without_database();
        let client = endpoint.connect_waiting(task, PROGRAM).await?;
        Ok(Self { endpoint, client })
    }

    pub(super) async fn has(&mut self, name: &str) -> Result<bool> {
        let query = format!(
            "SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = {}",
            literal(name)
        );
        let found: Option<u64> = self
            .client
            .query_first(query)
            .await
            .map_err(|error| explain(error, "cannot read the list of databases"))?;
        Ok(found.unwrap_or_default() > 0)
    }

    /// Makes a database as the backup's was.
    pub(super) async fn create(&mut self, name: &str, manifest: &Manifest) -> Result<()> {
        let mut like = String::new();
        for (clause, property) in [("CHARACTER SET", "charset"), ("COLLATE", "collation")] {
            if let Some(value) = manifest.properties.get(property) {
                like += &format!(" {clause} {}", literal(value));
            }
        }
        let statement = format!("CREATE DATABASE {}{like}", ident(name));
        let made = self.client.query_drop(statement).await;
        made.map_err(|error| explain(error, format!("cannot create the database {name}")))
    }

    /// Over a connection of its own: the other may be lost by now.
    pub(super) async fn drop(&self, name: &str) -> Result<()> {
        let dropped = async {
            let mut client = self.endpoint.connect(PROGRAM).await?;
            let statement = format!("DROP DATABASE IF EXISTS {}", ident(name));
            let dropped = client.query_drop(statement).await;
            dropped.map_err(|error| explain(error, format!("cannot drop the database {name}")))
        };
        restoring::dropping(name, dropped).await
    }

    /// Refuses a server that would take a part of the statements only.
    pub(super) async fn check_packet(&mut self, manifest: &Manifest) -> Result<()> {
        let largest = manifest.properties.get("largest_statement");
        let largest: u64 = largest.and_then(|largest| largest.parse().ok()).unwrap_or_default();
        let limit: Option<u64> = self
            .client
            .query_first("SELECT @@GLOBAL.max_allowed_packet")
            .await
            .map_err(|error| explain(error, "cannot read max_allowed_packet"))?;
        match limit {
            Some(limit) if limit < largest + PACKET => Err(Error::usage(format!(
                "the server takes statements of {limit} bytes, and the backup has one of {largest}: \
                 raise its max_allowed_packet first (SET GLOBAL max_allowed_packet = {})",
                (largest + PACKET).div_ceil(1 << 20) << 20
            ))),
            _ => Ok(()),
        }
    }

    /// Says who defined something and is not there. That is no error for the server until it runs.
    pub(super) async fn warn_of_definers(&mut self, manifest: &Manifest) -> Result<()> {
        let definers = manifest.properties.get("definers").map_or("[]", String::as_str);
        let definers: Vec<String> = serde_json::from_str(definers).unwrap_or_default();
        let mut missing = Vec::new();
        for definer in &definers {
            let (user, host) = definer.rsplit_once('@').unwrap_or((definer, ""));
            let query = format!(
                "SELECT COUNT(*) FROM mysql.user WHERE User = {} AND Host = {}",
                literal(user),
                literal(host)
            );
            match self.client.query_first::<u64, _>(query).await {
                Ok(Some(0)) => missing.push(definer.as_str()),
                Ok(_) => {}
                // Not every account may look.
                Err(error) => tracing::debug!("cannot see whether {definer} is there: {error}"),
            }
        }
        if !missing.is_empty() {
            tracing::warn!(
                "the server has no account {}: what it defined fails when used; create it, or restore \
                 with --no-definer",
                missing.join(", ")
            );
        }
        Ok(())
    }
}

/// Refuses to empty what belongs to the server itself.
pub(super) fn refuse_reserved(name: &str) -> Result<()> {
    if RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(name)) {
        return Err(Error::usage(format!(
            "the database {name} belongs to the server itself: restore into another"
        )));
    }
    Ok(())
}

/// Refuses a database that holds anything.
pub(super) async fn refuse_objects(
    client: &mut Client,
    endpoint: &Endpoint,
    name: &str,
) -> Result<()> {
    let of = literal(name);
    let mut found = Vec::new();
    for query in [
        format!(
            "SELECT TABLE_TYPE, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = {of}"
        ),
        format!(
            "SELECT ROUTINE_TYPE, ROUTINE_NAME FROM information_schema.ROUTINES \
             WHERE ROUTINE_SCHEMA = {of}"
        ),
        format!(
            "SELECT 'event', EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = {of}"
        ),
    ] {
        let rows: Vec<(String, String)> = client
            .query(query)
            .await
            .map_err(|error| explain(error, "cannot read what the database holds"))?;
        found.extend(rows.into_iter().map(|(kind, name)| {
            let kind = if kind == "BASE TABLE" { "table".to_owned() } else { kind.to_lowercase() };
            format!("{kind} {}", crate::names::shown(&name))
        }));
    }
    if found.is_empty() {
        return Ok(());
    }
    let more = found.len().saturating_sub(5);
    found.truncate(5);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Err(Error::usage(format!(
        "{endpoint} is not empty: it holds {}{more}; restore into an empty database, make one with \
         --create, or drop all of this with --clean",
        found.join(", ")
    )))
}
