//! What a database holds, by the names that the server's own lists give: nothing is taken on trust, and
//! a kind that is not known here is refused.

mod guard;
mod stored;
mod table;

pub(crate) use stored::{Context, Stored, bytes};
pub(crate) use table::{Rows, Table};

use crate::names::like;
use crate::settings::BackupSettings;
use mysql::{Client, explain};
use mysql_async::prelude::Queryable;
use std::collections::BTreeSet;
use task::Result;

pub(crate) struct Schema {
    pub name: String,
    pub charset: String,
    pub collation: String,
    pub sequences: Vec<String>,
    pub tables: Vec<Table>,
    pub views: Vec<String>,
    /// Functions, procedures and packages.
    pub routines: Vec<Stored>,
    /// In the order in which they fire.
    pub triggers: Vec<Stored>,
    pub events: Vec<Stored>,
    /// Whom views, routines, triggers and events belong to, as `user@host`.
    pub definers: BTreeSet<String>,
}

impl Schema {
    pub(crate) async fn read(client: &mut Client, settings: &BackupSettings) -> Result<Self> {
        guard::check(client).await?;
        let (name, charset, collation): (String, String, String) = client
            .query_first(
                "SELECT SCHEMA_NAME, DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME
                 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = DATABASE()",
            )
            .await
            .map_err(|error| explain(error, "cannot read the database's character set"))?
            .unwrap_or_default();
        let listed = table::list(client, settings).await?;
        let kept = |name: &str| !like(name, &settings.exclude_table);
        let mut schema = Self {
            name,
            charset,
            collation,
            sequences: listed.sequences,
            tables: listed.tables,
            views: listed.views,
            routines: stored::routines(client).await?,
            triggers: stored::triggers(client, kept).await?,
            events: stored::events(client).await?,
            definers: BTreeSet::new(),
        };
        schema.definers = stored::definers(client).await?;
        Ok(schema)
    }
}
