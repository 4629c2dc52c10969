//! Extensions, and the rows of the tables that they declare as configuration.

use super::sequence::Sequence;
use super::{Catalog, Contents, qualified, quote};
use crate::object::{Id, Kind, Object, Part, class};
use serde::Deserialize;
use task::{Error, Result};

/// A table made by an extension that holds rows of the user.
#[derive(Debug, Deserialize)]
pub(crate) struct ConfigTable {
    pub oid: u32,
    pub schema: String,
    pub name: String,
    /// The extension's own `WHERE …`, or empty.
    pub condition: String,
    pub columns: Vec<String>,
    /// Other tables that its foreign keys need.
    refers_to: Vec<u32>,
    pub is_sequence: bool,
}

pub(super) async fn read(catalog: &Catalog<'_>, found: &mut Contents) -> Result<()> {
    #[derive(Deserialize)]
    struct Row {
        oid: u32,
        name: String,
        schema: String,
        built_in: bool,
    }
    if !catalog.scope.has_everything() {
        return Ok(());
    }
    let query = "SELECT x.oid::int8, extname AS name, nspname AS schema, x.oid < 16384 AS built_in
        FROM pg_extension x JOIN pg_namespace n ON n.oid = extnamespace";
    let rows: Vec<Row> = catalog.read("extensions", query).await?;
    let plpgsql_is_there = rows.iter().any(|row| row.name == "plpgsql");
    for row in rows.iter().filter(|row| !row.built_in) {
        let id = Id::new(class::EXTENSION, row.oid);
        let target = format!("EXTENSION {}", quote::ident(&row.name));
        let ddl = format!(
            "CREATE EXTENSION IF NOT EXISTS {} WITH SCHEMA {};\n",
            quote::ident(&row.name),
            quote::ident(&row.schema)
        ) + &catalog.comment_on(&target, id, 0);
        found.objects.push(Object::new(id, Kind::Extension, Part::PreData, "", &row.name, ddl));
    }
    if !plpgsql_is_there {
        let drop = "DROP EXTENSION IF EXISTS \"plpgsql\";\n".to_owned();
        let id = Id::new(class::EXTENSION, 0);
        found.objects.push(Object::new(id, Kind::Extension, Part::PreData, "", "", drop));
    }
    for table in config_tables(catalog).await? {
        if table.is_sequence {
            found.sequences.push(Sequence { schema: table.schema, name: table.name });
        } else {
            found.config_tables.push(table);
        }
    }
    Ok(())
}

async fn config_tables(catalog: &Catalog<'_>) -> Result<Vec<ConfigTable>> {
    let query = "SELECT c.oid::int8, nspname AS schema, relname AS name,
            coalesce(config.condition, '') AS condition, relkind = 'S' AS is_sequence,
            coalesce((SELECT json_agg(attname ORDER BY attnum) FROM pg_attribute
             WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = ''),
             '[]') AS columns,
            coalesce((SELECT json_agg(DISTINCT confrelid::int8) FROM pg_constraint
             WHERE conrelid = c.oid AND contype = 'f' AND confrelid <> c.oid), '[]') AS refers_to
        FROM pg_extension x
        CROSS JOIN LATERAL unnest(extconfig, extcondition) AS config (relation, condition)
        JOIN pg_class c ON c.oid = config.relation
        JOIN pg_namespace n ON n.oid = relnamespace
        WHERE relkind IN ('r', 'S') ORDER BY nspname, relname";
    let tables: Vec<ConfigTable> = catalog.read("configuration of extensions", query).await?;
    in_order(tables.into_iter().filter(|table| catalog.scope.keeps_data(table.oid)).collect())
}

/// Each table after those it refers to.
fn in_order(mut waiting: Vec<ConfigTable>) -> Result<Vec<ConfigTable>> {
    let mut ordered = Vec::new();
    while !waiting.is_empty() {
        let left: Vec<u32> = waiting.iter().map(|table| table.oid).collect();
        let (waits, ready): (Vec<_>, Vec<_>) = waiting
            .into_iter()
            .partition(|table| table.refers_to.iter().any(|other| left.contains(other)));
        if ready.is_empty() {
            let names: Vec<String> = waits.iter().map(ConfigTable::qualified).collect();
            return Err(Error::usage(format!(
                "cannot order the rows of these extensions' tables, which refer to each other in \
                 a circle: {}",
                names.join(", ")
            )));
        }
        ordered.extend(ready);
        waiting = waits;
    }
    Ok(ordered)
}

impl ConfigTable {
    pub(crate) fn qualified(&self) -> String {
        qualified(&self.schema, &self.name)
    }
}

/// Which version of each extension the source has: a dump does not ask for one.
pub(super) async fn versions(catalog: &Catalog<'_>) -> Result<Vec<(String, String)>> {
    #[derive(Deserialize)]
    struct Row {
        extname: String,
        extversion: String,
    }
    let query = "SELECT extname, extversion FROM pg_extension ORDER BY extname";
    let rows: Vec<Row> = catalog.read("extensions", query).await?;
    Ok(rows.into_iter().map(|row| (row.extname, row.extversion)).collect())
}
