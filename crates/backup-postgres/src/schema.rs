//! Everything but the rows: read under locks, checked by the guard, put in order.

use crate::catalog::{
    Catalog, ConfigTable, Dependencies, Properties, Scope, Selection, Sequence, Stored,
    extension_versions,
};
use crate::object::Object;
use crate::snapshot::Snapshot;
use crate::{guard, lock, order};
use std::collections::BTreeMap;
use task::Result;
use tracing::warn;

/// What will be written, in file order.
pub struct Schema<'a> {
    pub catalog: Catalog<'a>,
    pub objects: Vec<Object>,
    pub tables: Vec<Stored>,
    pub config_tables: Vec<ConfigTable>,
    pub sequences: Vec<Sequence>,
    pub refreshes: Vec<String>,
    /// What a new database must be like, for the manifest.
    pub properties: BTreeMap<String, String>,
}

impl<'a> Schema<'a> {
    pub async fn read(
        snapshot: &'a Snapshot,
        selection: &Selection,
        properties: Properties,
        lock_wait: std::time::Duration,
    ) -> Result<Self> {
        let client = &snapshot.leader;
        let scope = Scope::resolve(client, selection).await?;
        snapshot.qualify_names().await?;
        let catalog = Catalog::open(client, snapshot.version, scope, properties).await?;
        lock::tables(&catalog, client, lock_wait).await?;
        let mut contents = catalog.contents().await?;
        let dependencies = Dependencies::read(&catalog).await?;
        guard::check(&catalog, &contents, &dependencies).await?;
        for (_, reason) in &contents.skipped {
            warn!("not saved: {reason}");
        }
        let populated = std::mem::take(&mut contents.populated);
        let refreshes = order::by_need(populated, &dependencies);
        let objects = order::sort(std::mem::take(&mut contents.objects), &dependencies)?;
        let mut properties = catalog.database_properties().await?;
        for (name, version) in extension_versions(&catalog).await? {
            properties.insert(format!("extension.{name}"), version);
        }
        Ok(Self {
            catalog,
            objects,
            tables: contents.tables,
            config_tables: contents.config_tables,
            sequences: contents.sequences,
            refreshes: refreshes.into_iter().map(|refresh| refresh.1).collect(),
            properties,
        })
    }
}
