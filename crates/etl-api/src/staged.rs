//! The rows of a run before they count: in a temporary table of the connection, sent there by binary COPY. It is
//! gone with the connection, however that ends, and no transaction is open while an API takes its time.

use crate::target::Target;
use bytes::Bytes;
use futures_util::SinkExt;
use postgres::rows::{change, explain, rows, text};
use postgres::{Client, quote};
use std::pin::pin;
use task::Result;
use tokio_postgres::Statement;

/// Sent at once.
const ENOUGH: usize = 256 * 1024;
const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const END: [u8; 2] = (-1_i16).to_be_bytes();

/// In a statement. The column `n` counts records, `c0` and so on are those of the target.
pub(crate) const TABLE: &str = "pg_temp.etl_api_staged";

pub(crate) struct Staged<'a> {
    client: &'a Client,
    copy: Statement,
    columns: i16,
    buffer: Vec<u8>,
    pub rows: u64,
}

impl<'a> Staged<'a> {
    pub(crate) async fn open(client: &'a Client, target: &Target<'_>) -> Result<Self> {
        let columns: Vec<_> = target
            .declared
            .iter()
            .enumerate()
            .map(|(place, declared)| format!("c{place} {declared}"))
            .collect();
        let sql = format!(
            "DROP TABLE IF EXISTS {TABLE}; CREATE TEMPORARY TABLE etl_api_staged (n bigint, {})",
            columns.join(", ")
        );
        change(&**client, &sql, "make a temporary table").await?;
        let copy = client.prepare(&format!("COPY {TABLE} FROM STDIN (FORMAT binary)")).await;
        let copy = copy.map_err(|error| explain(error, "prepare a COPY"))?;
        let columns = i16::try_from(target.fields.len() + 1).unwrap_or(i16::MAX);
        Ok(Self { client, copy, columns, buffer: Vec::new(), rows: 0 })
    }

    /// Adds a row if all its columns can be written; else what was written of it is taken back.
    pub(crate) fn add(
        &mut self,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), String>,
    ) -> Result<(), String> {
        if self.buffer.is_empty() {
            self.buffer.reserve(ENOUGH + ENOUGH / 4);
            self.buffer.extend_from_slice(SIGNATURE);
        }
        let start = self.buffer.len();
        self.buffer.extend_from_slice(&self.columns.to_be_bytes());
        self.buffer.extend_from_slice(&8_i32.to_be_bytes());
        self.buffer.extend_from_slice(&self.rows.to_be_bytes());
        let written = write(&mut self.buffer);
        match written {
            Ok(()) => self.rows += 1,
            Err(_) => self.buffer.truncate(start),
        }
        written
    }

    /// To be called after each row: sends what is there once it is much.
    pub(crate) async fn flush(&mut self) -> Result<()> {
        if self.buffer.len() < ENOUGH { Ok(()) } else { self.send().await }
    }

    async fn send(&mut self) -> Result<()> {
        if self.buffer.len() <= SIGNATURE.len() {
            return Ok(());
        }
        let mut rows = std::mem::take(&mut self.buffer);
        rows.extend_from_slice(&END);
        let failed = |error| self.client.explain(error, "cannot stage rows");
        let mut sink = pin!(self.client.copy_in::<_, Bytes>(&self.copy).await.map_err(failed)?);
        sink.send(Bytes::from(rows)).await.map_err(failed)?;
        sink.finish().await.map_err(failed)?;
        Ok(())
    }

    /// Sends the rest.
    pub(crate) async fn finish(mut self) -> Result<u64> {
        self.send().await?;
        Ok(self.rows)
    }
}

/// The first rows, each as JSON, values as PostgreSQL writes them.
pub(crate) async fn first(client: &Client, target: &Target<'_>, count: u32) -> Result<Vec<String>> {
    let columns: Vec<_> = target
        .fields
        .iter()
        .enumerate()
        .map(|(place, field)| format!("c{place}::text AS {}", quote::ident(&field.name)))
        .collect();
    let sql = format!(
        "SELECT pg_catalog.row_to_json(s)::text FROM (
            SELECT {} FROM {TABLE} ORDER BY n LIMIT {count}) s",
        columns.join(", ")
    );
    let found = rows(&**client, &sql, "read the first rows").await?;
    Ok(found.iter().map(|row| text(row, 0).to_owned()).collect())
}
