//! Tables, views and sequences, and what of a table's rows can be had.

use crate::names::{like, shown};
use crate::settings::BackupSettings;
use mysql::{Client, Row, explain};
use mysql_async::prelude::Queryable;
use task::{Error, Result};
use tracing::warn;

pub(crate) struct Table {
    pub name: String,
    pub rows: Rows,
    /// On the server's disk, as far as it knows.
    pub bytes: u64,
    pub partitioned: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rows {
    /// As they were at the moment of the snapshot.
    Snapshot,
    /// As they are when they are read: the engine knows no transactions.
    Now,
    /// They are somewhere else, or not wanted.
    None,
}

#[derive(Default)]
pub(super) struct Listed {
    pub(super) sequences: Vec<String>,
    pub(super) tables: Vec<Table>,
    pub(super) views: Vec<String>,
}

pub(super) async fn list(client: &mut Client, settings: &BackupSettings) -> Result<Listed> {
    let rows: Vec<Row> = client
        .query(
            "SELECT TABLE_NAME, TABLE_TYPE, ENGINE, COALESCE(DATA_LENGTH, 0), TABLE_COMMENT,
                CREATE_OPTIONS
             FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME",
        )
        .await
        .map_err(|error| explain(error, "cannot read which tables there are"))?;
    let mut listed = Listed::default();
    let (mut elsewhere, mut now, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        let text = |at: usize| {
            row.get_opt::<Option<String>, _>(at).and_then(Result::ok).flatten().unwrap_or_default()
        };
        let (name, kind, engine) = (text(0), text(1), text(2).to_uppercase());
        if like(&name, &settings.exclude_table) {
            continue;
        }
        match kind.as_str() {
            "VIEW" => listed.views.push(name),
            "SEQUENCE" => listed.sequences.push(name),
            "BASE TABLE" | "SYSTEM VERSIONED" => {
                let rows = match engine.as_str() {
                    "INNODB" | "ROCKSDB" => Rows::Snapshot,
                    "MYISAM" | "ARIA" | "MEMORY" | "CSV" | "ARCHIVE" => Rows::Now,
                    "MRG_MYISAM" | "FEDERATED" | "BLACKHOLE" => Rows::None,
                    _ => {
                        refused.push(format!("{} (engine {}: {})", shown(&name), text(2), text(4)));
                        continue;
                    }
                };
                let wanted = !like(&name, &settings.exclude_table_data);
                match rows {
                    Rows::None => elsewhere.push(shown(&name)),
                    Rows::Now if wanted => now.push(shown(&name)),
                    _ => {}
                }
                listed.tables.push(Table {
                    rows: if wanted { rows } else { Rows::None },
                    bytes: text(3).parse().unwrap_or_default(),
                    partitioned: text(5).contains("partitioned"),
                    name,
                });
            }
            _ => refused.push(format!("{} (a {})", shown(&name), kind.to_lowercase())),
        }
    }
    if !refused.is_empty() {
        return Err(Error::usage(format!(
            "refusing to back up, because this version of backup-mysql cannot write these faithfully: \
             {}. Nothing was saved. Leave them out by --exclude-table",
            refused.join("; ")
        )));
    }
    if !elsewhere.is_empty() {
        warn!("saved without rows, which are not in the table itself: {}", elsewhere.join(", "));
    }
    if !now.is_empty() {
        warn!(
            "not of the same moment as the rest, for their engines know no transactions: {}",
            now.join(", ")
        );
    }
    Ok(listed)
}
