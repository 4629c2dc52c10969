//! Views and materialized views.

use super::column::{self, Column, Relation, options_list};
use super::privileges::{self, Acl, Target};
use super::table::storage_clauses;
use super::{Catalog, Contents, printed, qualified, quote};
use crate::object::{Id, Kind, Object, Part, class};
use serde::Deserialize;
use task::Result;

#[derive(Deserialize)]
struct Row {
    oid: u32,
    schema: String,
    name: String,
    owner: String,
    #[serde(flatten)]
    acl: Acl,
    kind: char,
    definition: Option<String>,
    populated: bool,
    method: Option<String>,
    tablespace: Option<String>,
    options: Option<Vec<String>>,
    toast_options: Option<Vec<String>>,
    columns: Vec<Column>,
}

pub(super) async fn read(catalog: &Catalog<'_>, found: &mut Contents) -> Result<()> {
    let query = format!(
        "SELECT c.oid::int8, nspname AS schema, relname AS name,
            pg_get_userbyid(relowner) AS owner, {acl}, relkind AS kind,
            pg_get_viewdef(c.oid) AS definition, relispopulated AS populated,
            (SELECT amname FROM pg_am m WHERE m.oid = relam) AS method,
            (SELECT spcname FROM pg_tablespace s WHERE s.oid = reltablespace) AS tablespace,
            reloptions AS options,
            (SELECT reloptions FROM pg_class t WHERE t.oid = c.reltoastrelid) AS toast_options,
            {columns}
         FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
         WHERE relkind IN ('v', 'm') AND n.oid = ANY({schemas}) AND {not_extension} AND {chosen}",
        acl = privileges::columns("relacl", 'r', "relowner"),
        columns = column::json(catalog),
        schemas = catalog.scope.schemas(),
        not_extension = catalog.scope.not_of_an_extension("pg_class", "c.oid"),
        chosen = catalog.scope.not_excluded("c.oid"),
    );
    catalog.each("views", &query, |row| write(catalog, &row, found)).await
}

fn write(catalog: &Catalog, row: &Row, found: &mut Contents) -> Result<()> {
    let id = Id::new(class::RELATION, row.oid);
    let name = qualified(&row.schema, &row.name);
    let definition = printed(row.definition.as_deref(), || format!("view {name}"))?;
    let owner = Relation {
        id,
        schema: &row.schema,
        name: &row.name,
        qualified: &name,
        owner: &row.owner,
        is_partition: false,
        is_typed: false,
        is_view: true,
    };
    let (word, kind) = if row.kind == 'm' {
        ("MATERIALIZED VIEW", Kind::MaterializedView)
    } else {
        ("VIEW", Kind::View)
    };
    let target = format!("{word} {name}");
    let create = if row.kind == 'm' {
        let storage = storage_clauses(
            catalog,
            row.method.as_deref(),
            row.options.as_deref(),
            row.toast_options.as_deref(),
            row.tablespace.as_deref(),
        );
        format!("CREATE {target}{storage} AS\n{definition}\nWITH NO DATA;\n")
    } else {
        let options = row.options.as_deref().unwrap_or_default();
        let with = if options.is_empty() {
            String::new()
        } else {
            format!(" WITH ({})", options_list(options))
        };
        format!("CREATE {target}{with} AS\n{definition};\n")
    };
    let mut ddl =
        create + &catalog.owner(&target, &row.owner) + &catalog.comment_on(&target, id, 0);
    let on = format!("TABLE {name}");
    let mut grants =
        row.acl.grants(catalog, &Target { on: &on, owner: &row.owner, column: None })?;
    for column in &row.columns {
        ddl += &column.settings(catalog, &owner);
        grants += &column.grants(catalog, &owner)?;
        found.objects.extend(column.separate(catalog, &owner)?);
    }
    let mut object =
        Object::new(id, kind, Part::PreData, &row.schema, &row.name, ddl).granting(grants);
    if row.kind == 'v' {
        object.placeholder = Some(placeholder(&name, &row.columns));
    } else if row.populated {
        found.populated.push((id, format!("REFRESH {target};\n")));
    }
    found.objects.push(object);
    Ok(())
}

/// A view of the same columns that depends on nothing: for views that need what comes later.
fn placeholder(name: &str, columns: &[Column]) -> String {
    let columns: Vec<String> = columns
        .iter()
        .map(|column| {
            let collate = column.collation.as_ref();
            let collate =
                collate.map_or_else(String::new, |collation| format!(" COLLATE {collation}"));
            format!("NULL::{}{collate} AS {}", column.r#type, quote::ident(&column.name))
        })
        .collect();
    format!("CREATE VIEW {name} AS\nSELECT {};\n", columns.join(",\n    "))
}
