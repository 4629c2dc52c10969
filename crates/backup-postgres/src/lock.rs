//! Holds every table against DROP, TRUNCATE and rewriting while the backup runs.
//!
//! The locks come before the snapshot. To a snapshot that is older than its lock, a table that was
//! truncated or rewritten in between is empty, and nothing would say so.

use crate::catalog::Scope;
use postgres::{Client, explain, quote};
use std::collections::HashSet;
use std::time::Duration;
use task::{Error, Result};
use tokio_postgres::error::SqlState;

/// Statements are cut at this length, so that tens of thousands of tables stay few statements.
const BATCH: usize = 100 * 1024;

pub(crate) struct Table {
    oid: u32,
    /// With its schema, quoted.
    name: String,
}

/// The tables to be locked.
pub(crate) async fn list(client: &Client, scope: &Scope) -> Result<Vec<Table>> {
    let query = format!(
        "SELECT c.oid, nspname::text, relname::text
         FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
         WHERE relkind IN ('r', 'p') AND n.oid = ANY({}) AND {} AND {} ORDER BY nspname, relname",
        scope.schemas(),
        scope.not_excluded("c.oid"),
        scope.holds_rows_of_the_user("c.oid"),
    );
    let rows = client.query(&query, &[]).await;
    let rows = rows.map_err(|cause| explain(cause, "cannot read which tables there are"))?;
    let table = |row: &tokio_postgres::Row| Table {
        oid: row.get(0),
        name: format!("{}.{}", quote::ident(row.get(1)), quote::ident(row.get(2))),
    };
    Ok(rows.iter().map(table).collect())
}

/// Locks them. In a transaction that has done nothing else yet, this takes no snapshot.
pub(crate) async fn hold<'a>(
    client: &Client,
    tables: impl IntoIterator<Item = &'a Table>,
    wait: Duration,
) -> Result<(), Fault> {
    let limit = format!("SET LOCAL lock_timeout = {}", wait.as_millis().max(1));
    client.batch_execute(&limit).await.map_err(failed)?;
    let mut names = String::new();
    for table in tables {
        if names.len() > BATCH {
            lock(client, &names).await?;
            names.clear();
        }
        if !names.is_empty() {
            names.push_str(", ");
        }
        names.push_str(&table.name);
    }
    if !names.is_empty() {
        lock(client, &names).await?;
    }
    client.batch_execute("SET LOCAL lock_timeout = 0").await.map_err(failed)
}

/// Locks what the snapshot sees beyond what was held before it, and refuses to go on if a table is
/// not the one that the snapshot sees.
pub(crate) async fn settle(
    client: &Client,
    scope: &Scope,
    held: &[Table],
    wait: Duration,
) -> Result<()> {
    let tables = list(client, scope).await?;
    let held: HashSet<u32> = held.iter().map(|table| table.oid).collect();
    let beyond = tables.iter().filter(|table| !held.contains(&table.oid));
    hold(client, beyond, wait).await.map_err(Fault::error)?;
    let (names, oids): (Vec<&str>, Vec<u32>) =
        tables.iter().map(|table| (table.name.as_str(), table.oid)).unzip();
    // These two functions know the state of now, `pg_class` is read as of the snapshot.
    let query = "SELECT name FROM unnest($1::text[], $2::oid[]) AS t (name, oid)
        JOIN pg_class c USING (oid)
        WHERE to_regclass(name)::oid IS DISTINCT FROM oid
           OR coalesce(pg_relation_filenode(oid), 0) <> relfilenode LIMIT 1";
    let changed = client.query_opt(query, &[&names, &oids]).await;
    match changed.map_err(|cause| explain(cause, "cannot check the locked tables"))? {
        None => Ok(()),
        Some(row) => {
            let name: &str = row.get(0);
            Err(Error::failed(format!("table {name} was changed while the backup began")))
        }
    }
}

async fn lock(client: &Client, names: &str) -> Result<(), Fault> {
    let statement = format!("LOCK TABLE {names} IN ACCESS SHARE MODE");
    client.batch_execute(&statement).await.map_err(failed)
}

/// Why tables were not locked.
#[derive(Debug)]
pub(crate) enum Fault {
    /// One was there a moment ago: another try sees the new state.
    Gone(Error),
    Other(Error),
}

impl Fault {
    pub(crate) fn error(self) -> Error {
        let (Self::Gone(error) | Self::Other(error)) = self;
        error
    }
}

fn failed(cause: tokio_postgres::Error) -> Fault {
    let state = cause.code().cloned();
    let error = explain(cause, "cannot lock the tables against changes");
    match state {
        // A dropped table, a dropped schema, or a view that took a table's name.
        Some(
            SqlState::UNDEFINED_TABLE | SqlState::INVALID_SCHEMA_NAME | SqlState::WRONG_OBJECT_TYPE,
        ) => {
            Fault::Gone(Error::failed("a table was dropped while the backup began").because(error))
        }
        Some(SqlState::OUT_OF_MEMORY) => Fault::Other(
            Error::usage(
                "the server has no room for a lock on each table: raise its setting \
                 max_locks_per_transaction, which needs a restart",
            )
            .because(error),
        ),
        _ => Fault::Other(error),
    }
}
