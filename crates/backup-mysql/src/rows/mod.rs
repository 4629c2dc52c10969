//! A table's rows as text: what is asked for, and how each value is written so that it comes back
//! exactly as it is.

mod cell;
mod columns;
mod statement;

pub(crate) use columns::{Columns, Kind};
pub(crate) use statement::{Filled, Rows, head};

use backup::manifest::{Content, Tally};
use mysql::Client;
use task::Result;

/// How many tables there are, and how many rows in all of them.
pub(crate) fn counted(contents: &[Content]) -> (u64, u64) {
    let rows = contents.iter().map(|content| content.tally.rows).sum();
    (contents.len() as u64, rows)
}

/// Counts the rows that a table holds now, as a backup would write them.
pub(crate) async fn tally(client: &mut Client, table: &str) -> Result<Tally> {
    let columns = Columns::read(client, table).await?;
    let mut rows = Rows::ask(client, &columns, table, "").await?;
    let mut tally = Tally::default();
    let mut text = Vec::new();
    loop {
        text.clear();
        let Filled { rows: found, ended } = rows.fill(&mut text, 1 << 20).await?;
        tally.add(found);
        if ended {
            return Ok(tally);
        }
    }
}
