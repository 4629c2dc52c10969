//! Writes the dump: definitions before the rows, rows from several workers, definitions after.

mod definitions;
mod globals;
mod plan;
mod rows;
mod script;

pub(crate) use globals::write as write_globals;

use crate::schema::Schema;
use crate::settings::BackupSettings;
use crate::snapshot::Snapshot;
use backup::writer::Writer;
use definitions::Definitions;
use std::sync::Arc;
use task::{Result, Task};

/// The parts of the artifact, in file order.
pub(crate) mod part {
    /// Run on every connection.
    pub(crate) const SETTINGS: &str = "settings";
    /// Of the globals: what tables may lie in and routines may call.
    pub(crate) const SERVER: &str = "server";
    pub(crate) const ACCOUNTS: &str = "accounts";
    /// On single tables and routines, which must be there by then.
    pub(crate) const RIGHTS: &str = "rights";
    /// Of the database itself.
    pub(crate) const DATABASE: &str = "database";
    pub(crate) const PRE_DATA: &str = "pre-data";
    /// Statements that do not depend on each other.
    pub(crate) const DATA: &str = "data";
    pub(crate) const VIEWS: &str = "views";
    pub(crate) const TRIGGERS: &str = "triggers";
    pub(crate) const EVENTS: &str = "events";
    /// The client's own settings back.
    pub(crate) const FINAL: &str = "final";
}

/// Everything, in file order, into the writer. Returns the length of the longest statement.
pub(crate) async fn write(
    task: &Task,
    snapshot: &mut Snapshot,
    schema: &Schema,
    writer: &Arc<Writer>,
    settings: &BackupSettings,
) -> Result<u64> {
    let mut definitions =
        Definitions::new(&mut snapshot.leader, schema, writer, settings.no_definer);
    task.until_stopped(definitions.before_rows()).await?;
    let fingerprint = definitions.fingerprint();
    let workers = std::mem::take(&mut snapshot.workers);
    let (longest, workers) =
        rows::copy(task, workers, &schema.tables, writer, settings.jobs()).await?;
    snapshot.workers = workers;
    let mut definitions =
        Definitions::new(&mut snapshot.leader, schema, writer, settings.no_definer);
    task.until_stopped(definitions.after_rows()).await?;
    let largest = longest.max(definitions.longest());
    if !snapshot.held {
        task.until_stopped(definitions.compare(fingerprint)).await?;
    }
    Ok(largest)
}
