//! Indexes that belong to no constraint; and of all indexes, what is set on them afterwards.

use super::{Catalog, Contents, printed, qualified, quote};
use crate::object::{Id, Kind, Object, Part, Step, class};
use serde::Deserialize;
use std::fmt::Write;
use task::Result;

#[derive(Deserialize)]
struct Row {
    oid: u32,
    schema: String,
    name: String,
    table_oid: u32,
    table_schema: String,
    table: String,
    definition: Option<String>,
    /// The key constraint that makes this index.
    constraint: Option<u32>,
    usable: bool,
    clustered: bool,
    replica_identity: bool,
    tablespace: Option<String>,
    statistics: Vec<Statistics>,
    parent: Option<Parent>,
}

#[derive(Deserialize)]
struct Statistics {
    column: i32,
    target: i32,
}

#[derive(Deserialize)]
struct Parent {
    schema: String,
    name: String,
}

pub(super) async fn read(catalog: &Catalog<'_>, found: &mut Contents) -> Result<()> {
    let take = |row: Row| {
        let id = Id::new(class::RELATION, row.oid);
        let name = qualified(&row.schema, &row.name);
        if !row.usable {
            let reason = format!("index {name} is invalid: REINDEX it to have it saved");
            found.skipped.push((id, Some(reason)));
            return Ok(());
        }
        let main = if let Some(constraint) = row.constraint {
            Id::new(class::CONSTRAINT, constraint)
        } else {
            let definition = printed(row.definition.as_deref(), || format!("index {name}"))?;
            let ddl = format!("{definition};\n");
            let table = Id::new(class::RELATION, row.table_oid);
            let object = Object::new(id, Kind::Index, Part::Indexes, &row.schema, &row.name, ddl);
            found.objects.push(object.needing([table]));
            id
        };
        let settings = row.settings(catalog, id, &name);
        if !settings.is_empty() {
            let link = id.step(Step::Link);
            let kind = Kind::IndexSettings;
            let object = Object::new(link, kind, Part::PostData, &row.schema, &row.name, settings);
            found.objects.push(object.needing([main]));
        }
        Ok(())
    };
    catalog.each("indexes", &query(catalog), take).await
}

fn query(catalog: &Catalog) -> String {
    format!(
        "SELECT c.oid::int8, n.nspname AS schema, c.relname AS name, t.oid::int8 AS table_oid,
            o.nspname AS table_schema, t.relname AS table, pg_get_indexdef(c.oid) AS definition,
            (SELECT k.oid::int8 FROM pg_constraint k WHERE conindid = c.oid AND conrelid = t.oid
             AND contype IN ('p', 'u', 'x')) AS constraint,
            indisvalid AND indisready OR c.relkind = 'I' AS usable,
            indisclustered AS clustered, indisreplident AS replica_identity,
            (SELECT spcname FROM pg_tablespace s WHERE s.oid = c.reltablespace) AS tablespace,
            coalesce((SELECT json_agg(json_build_object('column', attnum, 'target', attstattarget)
                ORDER BY attnum) FROM pg_attribute
             WHERE attrelid = c.oid AND attstattarget >= 0), '[]') AS statistics,
            CASE WHEN c.relispartition THEN (SELECT json_build_object('schema', m.nspname, 'name', p.relname)
             FROM pg_inherits JOIN pg_class p ON p.oid = inhparent
             JOIN pg_namespace m ON m.oid = p.relnamespace WHERE inhrelid = c.oid) END AS parent
         FROM pg_index JOIN pg_class c ON c.oid = indexrelid JOIN pg_class t ON t.oid = indrelid
         JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_namespace o ON o.oid = t.relnamespace
         WHERE t.relkind IN ('r', 'p', 'm') AND n.oid = ANY({}) AND {} AND {}",
        catalog.scope.schemas(),
        catalog.scope.not_of_an_extension("pg_class", "t.oid"),
        catalog.scope.not_excluded("t.oid"),
    )
}

impl Row {
    fn settings(&self, catalog: &Catalog, id: Id, name: &str) -> String {
        let table = qualified(&self.table_schema, &self.table);
        let mut ddl = String::new();
        let tablespace = self.tablespace.as_ref().filter(|_| catalog.properties.tablespaces);
        if let Some(tablespace) = tablespace {
            let _ =
                writeln!(ddl, "ALTER INDEX {name} SET TABLESPACE {};", quote::ident(tablespace));
        }
        for Statistics { column, target } in &self.statistics {
            let _ =
                writeln!(ddl, "ALTER INDEX {name} ALTER COLUMN {column} SET STATISTICS {target};");
        }
        if let Some(parent) = &self.parent {
            let parent = qualified(&parent.schema, &parent.name);
            let _ = writeln!(ddl, "ALTER INDEX {parent} ATTACH PARTITION {name};");
        }
        let index = quote::ident(&self.name);
        if self.clustered {
            let _ = writeln!(ddl, "ALTER TABLE {table} CLUSTER ON {index};");
        }
        if self.replica_identity {
            let _ = writeln!(ddl, "ALTER TABLE ONLY {table} REPLICA IDENTITY USING INDEX {index};");
        }
        ddl + &catalog.comment_on(&format!("INDEX {name}"), id, 0)
    }
}
