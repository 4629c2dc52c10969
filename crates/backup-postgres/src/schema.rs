//! Everything but the rows: read under locks, checked by the guard, put in order.

use crate::catalog::{
    Catalog, ConfigTable, Dependencies, LargeObjects, Scope, Stored, sequence_positions,
};
use crate::objects::Objects;
use crate::settings::BackupSettings;
use crate::snapshot::Snapshot;
use crate::{guard, lock, order};
use std::collections::BTreeMap;
use std::time::Duration;
use task::Result;
use tracing::warn;

/// What will be written, in file order.
pub(crate) struct Schema {
    pub objects: Objects,
    pub tables: Vec<Stored>,
    pub config_tables: Vec<ConfigTable>,
    pub large_objects: LargeObjects,
    /// `SELECT setval(…)` for each sequence, read after the snapshot: sequences know none.
    pub sequences: Vec<String>,
    pub refreshes: Vec<String>,
    /// Statements about the database itself.
    pub database: String,
    /// What a new database must be like, for the manifest.
    pub properties: BTreeMap<String, String>,
}

impl Schema {
    pub(crate) async fn read(
        snapshot: &Snapshot,
        settings: &BackupSettings,
        lock_wait: Duration,
    ) -> Result<Self> {
        let client = &snapshot.leader;
        let scope = Scope::resolve(client, &settings.selection()).await?;
        let catalog = Catalog::open(client, snapshot.version, scope, settings.properties()).await?;
        lock::settle(client, &catalog.scope, &snapshot.held, lock_wait).await?;
        let mut contents = catalog.contents().await?;
        let dependencies = Dependencies::read(&catalog, &contents.objects).await?;
        guard::check(&catalog, &contents, &dependencies).await?;
        for reason in contents.skipped.iter().filter_map(|skipped| skipped.1.as_ref()) {
            warn!("not saved: {reason}");
        }
        let populated = std::mem::take(&mut contents.populated);
        let refreshes = order::by_need(populated, &dependencies);
        let objects = order::sort(std::mem::take(&mut contents.objects), &dependencies)?;
        let mut properties = catalog.properties().await?;
        Ok(Self {
            database: catalog.database_state(&mut properties).await?,
            objects,
            tables: contents.tables,
            config_tables: contents.config_tables,
            large_objects: contents.large_objects,
            sequences: sequence_positions(&catalog, &contents.sequences).await?,
            refreshes,
            properties,
        })
    }
}
