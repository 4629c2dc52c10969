//! Rows as text, by the simple protocol: every value exactly as the server writes it, and poolers that know no
//! prepared statements let it through.

use task::{Error, Exit, Result};
use tokio_postgres::{GenericClient, SimpleQueryMessage};

/// Cells in the order of the statement's columns.
pub type Row = Vec<Option<String>>;

/// `doing` completes "cannot …".
pub async fn rows(
    client: &impl GenericClient,
    sql: &str,
    doing: impl Into<String>,
) -> Result<Vec<Row>> {
    let answer = client.simple_query(sql).await.map_err(|error| explain(error, doing))?;
    let rows = answer.into_iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => {
            Some((0..row.len()).map(|place| row.get(place).map(str::to_owned)).collect())
        }
        _ => None,
    });
    Ok(rows.collect())
}

/// Runs a statement, and says how many rows it changed.
pub async fn change(
    client: &impl GenericClient,
    sql: &str,
    doing: impl Into<String>,
) -> Result<u64> {
    let answer = client.simple_query(sql).await.map_err(|error| explain(error, doing))?;
    let changed = answer.into_iter().filter_map(|message| match message {
        SimpleQueryMessage::CommandComplete(count) => Some(count),
        _ => None,
    });
    Ok(changed.sum())
}

/// A cell that is never NULL.
pub fn text(row: &Row, place: usize) -> &str {
    row.get(place).and_then(Option::as_deref).unwrap_or_default()
}

/// As in every program, with two exceptions. Values that do not fit, or cannot be calculated with, are there at
/// the next try, too. And what is there already is what another run made in the same moment.
pub fn explain(error: tokio_postgres::Error, doing: impl Into<String>) -> Error {
    let exit = error.code().and_then(|state| match state.code() {
        "23505" | "42P07" => Some(Exit::Failed),
        code if ["22", "23", "44"].contains(&&code[..2]) => Some(Exit::Usage),
        _ => None,
    });
    let explained = crate::explain(error, format!("cannot {}", doing.into()));
    match exit {
        Some(exit) => {
            let cause = std::error::Error::source(&explained).map(ToString::to_string);
            Error::new(exit, explained.to_string()).because(cause.unwrap_or_default())
        }
        None => explained,
    }
}
