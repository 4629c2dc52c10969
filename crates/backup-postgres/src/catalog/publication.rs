//! Publications, and what each of them publishes.

use super::{Catalog, Contents, printed, qualified, quote};
use crate::object::{Id, Kind, Object, Part, class};
use serde::Deserialize;
use task::{Error, Result};

#[derive(Deserialize)]
struct Row {
    oid: u32,
    name: String,
    owner: String,
    all_tables: bool,
    published: Vec<String>,
    via_root: bool,
    generated: char,
    tables: Vec<Table>,
    schemas: Vec<Schema>,
}

#[derive(Deserialize)]
struct Table {
    oid: u32,
    relation: u32,
    schema: String,
    name: String,
    columns: Option<Vec<String>>,
    filtered: bool,
    filter: Option<String>,
    /// Whether the table is saved, too.
    saved: bool,
}

#[derive(Deserialize)]
struct Schema {
    oid: u32,
    namespace: u32,
    name: String,
    saved: bool,
}

pub(super) async fn read(catalog: &Catalog<'_>, found: &mut Contents) -> Result<()> {
    if !catalog.scope.has_everything() {
        return Ok(());
    }
    for row in catalog.read("publications", &query(catalog)).await? {
        let row: Row = row;
        let id = Id::new(class::PUBLICATION, row.oid);
        let target = format!("PUBLICATION {}", quote::ident(&row.name));
        let ddl = row.create(&target)?
            + &catalog.owner(&target, &row.owner)
            + &catalog.comment_on(&target, id, 0);
        let part = Part::PostData;
        found.objects.push(Object::new(id, Kind::Publication, part, "", &row.name, ddl));
        for table in &row.tables {
            let member = Id::new(class::PUBLICATION_TABLE, table.oid);
            if !table.saved {
                found.skipped.push((member, None));
                continue;
            }
            let ddl = format!("ALTER {target} ADD TABLE ONLY {};\n", table.clause(&row.name)?);
            let name = format!("{} {}.{}", row.name, table.schema, table.name);
            let object = Object::new(member, Kind::PublicationMember, part, "", &name, ddl);
            let table = Id::new(class::RELATION, table.relation);
            found.objects.push(object.needing([id, table]));
        }
        for schema in &row.schemas {
            let member = Id::new(class::PUBLICATION_SCHEMA, schema.oid);
            if !schema.saved {
                found.skipped.push((member, None));
                continue;
            }
            let ddl =
                format!("ALTER {target} ADD TABLES IN SCHEMA {};\n", quote::ident(&schema.name));
            let name = format!("{} {}", row.name, schema.name);
            let object = Object::new(member, Kind::PublicationMember, part, "", &name, ddl);
            let schema = Id::new(class::NAMESPACE, schema.namespace);
            found.objects.push(object.needing([id, schema]));
        }
    }
    Ok(())
}

fn query(catalog: &Catalog) -> String {
    let (columns, filtered, filter) = if catalog.at_least(15) {
        (
            "(SELECT json_agg(attname ORDER BY place) FROM unnest(prattrs::int2[])
                WITH ORDINALITY AS k (number, place)
              JOIN pg_attribute ON attrelid = prrelid AND attnum = number)",
            "prqual IS NOT NULL",
            "pg_get_expr(prqual, prrelid)",
        )
    } else {
        ("NULL", "false", "NULL")
    };
    let schemas = if catalog.at_least(15) {
        format!(
            "coalesce((SELECT json_agg(json_build_object('oid', m.oid::int8,
                'namespace', n.oid::int8, 'name', nspname, 'saved', n.oid = ANY({})))
             FROM pg_publication_namespace m JOIN pg_namespace n ON n.oid = pnnspid
             WHERE pnpubid = p.oid), '[]')",
            catalog.scope.schemas()
        )
    } else {
        "'[]'::json".to_owned()
    };
    format!(
        "SELECT p.oid::int8, pubname AS name, pg_get_userbyid(pubowner) AS owner,
            puballtables AS all_tables, pubviaroot AS via_root,
            array_remove(ARRAY[CASE WHEN pubinsert THEN 'insert' END,
                CASE WHEN pubupdate THEN 'update' END, CASE WHEN pubdelete THEN 'delete' END,
                CASE WHEN pubtruncate THEN 'truncate' END], NULL) AS published,
            {generated} AS generated,
            coalesce((SELECT json_agg(json_build_object('oid', m.oid::int8,
                'relation', c.oid::int8, 'schema', nspname, 'name', relname, 'columns', {columns},
                'filtered', {filtered}, 'filter', {filter}, 'saved', n.oid = ANY({chosen})
                AND {not_excluded}))
             FROM pg_publication_rel m JOIN pg_class c ON c.oid = prrelid
             JOIN pg_namespace n ON n.oid = relnamespace WHERE prpubid = p.oid), '[]') AS tables,
            {schemas} AS schemas
         FROM pg_publication p WHERE {not_extension}",
        generated = if catalog.at_least(18) { "pubgencols" } else { "'n'" },
        chosen = catalog.scope.schemas(),
        not_excluded = catalog.scope.not_excluded("c.oid"),
        not_extension = catalog.scope.not_of_an_extension("pg_publication", "p.oid"),
    )
}

impl Row {
    fn create(&self, target: &str) -> Result<String> {
        let all = if self.all_tables { " FOR ALL TABLES" } else { "" };
        let mut options = format!("publish = '{}'", self.published.join(", "));
        if self.via_root {
            options += ", publish_via_partition_root = true";
        }
        match self.generated {
            'n' => {}
            's' => options += ", publish_generated_columns = stored",
            other => {
                return Err(Error::usage(format!(
                    "{target} publishes generated columns in the unknown way `{other}`"
                )));
            }
        }
        Ok(format!("CREATE {target}{all} WITH ({options});\n"))
    }
}

impl Table {
    fn clause(&self, publication: &str) -> Result<String> {
        let name = qualified(&self.schema, &self.name);
        let mut clause = name.clone();
        if let Some(columns) = &self.columns {
            let columns: Vec<String> = columns.iter().map(|column| quote::ident(column)).collect();
            clause += &format!(" ({})", columns.join(", "));
        }
        if self.filtered {
            let what = || format!("the filter of {name} in publication `{publication}`");
            clause += &format!(" WHERE ({})", printed(self.filter.as_deref(), what)?);
        }
        Ok(clause)
    }
}
