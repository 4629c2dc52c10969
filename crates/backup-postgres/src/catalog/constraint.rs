//! Keys (primary, unique, exclusion) and foreign keys. CHECK stands with its table or domain.

use super::column::options_list;
use super::{Catalog, Contents, printed, qualified, quote};
use crate::object::{Id, Kind, Object, Part, Step, class};
use serde::Deserialize;
use task::{Error, Result};

#[derive(Deserialize)]
struct Row {
    oid: u32,
    name: String,
    kind: char,
    definition: Option<String>,
    /// Of the index, where the definition is silent about them.
    options: Option<Vec<String>>,
    /// What the definition ends in, if it can be put off.
    deferral: String,
    table_oid: u32,
    schema: String,
    table: String,
    table_kind: char,
}

pub(super) async fn read(catalog: &Catalog<'_>, found: &mut Contents) -> Result<()> {
    // The foreign keys of partitions come with the parent's.
    let query = format!(
        "SELECT k.oid::int8, conname AS name, contype AS kind, c.oid::int8 AS table_oid,
            pg_get_constraintdef(k.oid) AS definition,
            CASE WHEN contype IN ('p', 'u') THEN
                (SELECT i.reloptions FROM pg_class i WHERE i.oid = conindid) END AS options,
            CASE WHEN condeferred THEN ' DEFERRABLE INITIALLY DEFERRED'
                WHEN condeferrable THEN ' DEFERRABLE' ELSE '' END AS deferral, nspname AS schema, relname AS table,
            relkind AS table_kind
         FROM pg_constraint k JOIN pg_class c ON c.oid = conrelid
         JOIN pg_namespace n ON n.oid = relnamespace
         WHERE (contype IN ('p', 'u', 'x') OR contype = 'f' AND conparentid = 0)
           AND relkind IN ('r', 'p') AND n.oid = ANY({}) AND {} AND {}",
        catalog.scope.schemas(),
        catalog.scope.not_of_an_extension("pg_class", "c.oid"),
        catalog.scope.not_excluded("c.oid"),
    );
    let take = |row: Row| {
        let id = Id::new(class::CONSTRAINT, row.oid);
        let table = qualified(&row.schema, &row.table);
        let name = quote::ident(&row.name);
        let target = format!("CONSTRAINT {name} ON {table}");
        let definition = printed(row.definition.as_deref(), || target.clone())?;
        let definition = row.with_options(definition)?;
        let is_key = row.kind != 'f';
        // A foreign key cannot be put on a partitioned table alone.
        let only = if is_key || row.table_kind != 'p' { "ONLY " } else { "" };
        let ddl = format!("ALTER TABLE {only}{table} ADD CONSTRAINT {name} {definition};\n");
        let (kind, part, comments) = if is_key {
            (Kind::Key, Part::Indexes, Part::PostData)
        } else {
            (Kind::ForeignKey, Part::ForeignKeys, Part::Final)
        };
        let table = Id::new(class::RELATION, row.table_oid);
        let object = Object::new(id, kind, part, &row.schema, &sort_name(&row), ddl);
        found.objects.push(object.needing([table]));
        let comment = catalog.comment_on(&target, id, 0);
        if !comment.is_empty() {
            let link = id.step(Step::Link);
            let object = Object::new(link, kind, comments, &row.schema, &sort_name(&row), comment);
            found.objects.push(object.needing([id]));
        }
        Ok(())
    };
    catalog.each("constraints", &query, take).await
}

impl Row {
    /// The server leaves out the options of a key's index, which stand before its deferral.
    fn with_options(&self, definition: String) -> Result<String> {
        let Some(options) = &self.options else { return Ok(definition) };
        let columns = definition.strip_suffix(&self.deferral).ok_or_else(|| {
            Error::usage(format!("cannot understand the constraint `{}`: {definition}", self.name))
        })?;
        Ok(format!("{columns} WITH ({}){}", options_list(options), self.deferral))
    }
}

fn sort_name(row: &Row) -> String {
    format!("{} {}", row.table, row.name)
}
