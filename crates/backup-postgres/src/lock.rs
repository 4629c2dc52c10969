//! Holds every table against DROP, TRUNCATE and rewriting while the backup runs.

use crate::catalog::Catalog;
use postgres::{Client, explain, quote};
use serde::Deserialize;
use std::time::Duration;
use task::{Error, Result, While};

/// Statements are cut at this length, so that tens of thousands of tables stay few statements.
const BATCH: usize = 100 * 1024;

#[derive(Deserialize)]
struct Table {
    oid: u32,
    schema: String,
    name: String,
}

pub(crate) async fn tables(catalog: &Catalog<'_>, client: &Client, wait: Duration) -> Result<()> {
    // Tables of extensions too: some hold rows of the user.
    let query = format!(
        "SELECT c.oid::int8, nspname AS schema, relname AS name
         FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
         WHERE relkind IN ('r', 'p') AND n.oid = ANY({}) AND {} ORDER BY nspname, relname",
        catalog.scope.schemas(),
        catalog.scope.not_excluded("c.oid"),
    );
    let tables: Vec<Table> = catalog.read("tables", &query).await?;
    let limit = format!("SET LOCAL lock_timeout = {}", wait.as_millis().max(1));
    let failed = |cause| explain(cause, "cannot lock the tables against changes");
    client.batch_execute(&limit).await.map_err(failed)?;
    let mut names: Vec<String> = Vec::new();
    let mut oids: Vec<u32> = Vec::new();
    let mut length = 0;
    for table in tables {
        let name = format!("{}.{}", quote::ident(&table.schema), quote::ident(&table.name));
        length += name.len() + 2;
        names.push(name);
        oids.push(table.oid);
        if length > BATCH {
            batch(client, &names, &oids).await?;
            names.clear();
            oids.clear();
            length = 0;
        }
    }
    batch(client, &names, &oids).await?;
    client.batch_execute("SET LOCAL lock_timeout = 0").await.map_err(failed)
}

async fn batch(client: &Client, names: &[String], oids: &[u32]) -> Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    let lock = format!("LOCK TABLE {} IN ACCESS SHARE MODE", names.join(", "));
    client.batch_execute(&lock).await.map_err(|cause| {
        let changed = cause.code() == Some(&tokio_postgres::error::SqlState::UNDEFINED_TABLE);
        let error = explain(cause, "cannot lock the tables against changes");
        // It was there a moment ago: another try sees the new state.
        if changed {
            Error::failed("a table was dropped while the backup began").because(error)
        } else {
            error
        }
    })?;
    // The name that was locked may belong to another table by now.
    let query = "SELECT count(*) FROM unnest($1::text[], $2::oid[]) AS t (name, oid)
        WHERE to_regclass(name)::oid IS DISTINCT FROM oid";
    let moved = client
        .query_one(query, &[&names, &oids])
        .await
        .map_err(|cause| explain(cause, "cannot check the locked tables"))?;
    if moved.get::<_, i64>(0) > 0 {
        return Err(Error::failed("a table was replaced while the backup began"))
            .during(|| "the tables changed: try again".to_owned());
    }
    Ok(())
}
