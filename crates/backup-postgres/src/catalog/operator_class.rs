//! Operator classes, with the members that each cannot be without.

use super::{Catalog, Contents, qualified, quote};
use crate::object::{Id, Kind, Object, Part, class};
use serde::Deserialize;
use std::collections::HashMap;
use task::Result;

#[derive(Deserialize)]
struct Row {
    oid: u32,
    schema: String,
    name: String,
    method: String,
    owner: String,
    is_default: bool,
    r#type: String,
    storage: Option<String>,
    family_schema: String,
    family: String,
}

/// `members` are the texts of those tied to each class.
pub(super) async fn read(
    catalog: &Catalog<'_>,
    members: &HashMap<u32, Vec<String>>,
    found: &mut Contents,
) -> Result<()> {
    let query = format!(
        "SELECT c.oid::int8, n.nspname AS schema, opcname AS name, amname AS method,
            pg_get_userbyid(opcowner) AS owner, opcdefault AS is_default,
            format_type(opcintype, NULL) AS type,
            CASE WHEN opckeytype <> 0 THEN format_type(opckeytype, NULL) END AS storage,
            fn.nspname AS family_schema, opfname AS family
         FROM pg_opclass c JOIN pg_namespace n ON n.oid = opcnamespace
         JOIN pg_am m ON m.oid = opcmethod JOIN pg_opfamily f ON f.oid = opcfamily
         JOIN pg_namespace fn ON fn.oid = opfnamespace
         WHERE n.oid = ANY({}) AND {}",
        catalog.scope.schemas(),
        catalog.scope.not_of_an_extension("pg_opclass", "c.oid"),
    );
    for row in catalog.read("operator classes", &query).await? {
        let row: Row = row;
        let id = Id::new(class::OPERATOR_CLASS, row.oid);
        let method = quote::ident(&row.method);
        let name = qualified(&row.schema, &row.name);
        let target = format!("OPERATOR CLASS {name} USING {method}");
        let default = if row.is_default { "DEFAULT " } else { "" };
        let mut items = members.get(&row.oid).cloned().unwrap_or_default();
        // There must be one item at least: what is stored is the type itself, unless said otherwise.
        let storage = row.storage.as_ref().or(items.is_empty().then_some(&row.r#type));
        items.extend(storage.map(|storage| format!("STORAGE {storage}")));
        let ddl = format!(
            "CREATE OPERATOR CLASS {name} {default}FOR TYPE {} USING {method}\n    FAMILY {} AS\n    {};\n",
            row.r#type,
            qualified(&row.family_schema, &row.family),
            items.join(",\n    ")
        ) + &catalog.owner(&target, &row.owner)
            + &catalog.comment_on(&target, id, 0);
        let sorted = format!("{} {}", row.name, row.method);
        let object = Object::new(id, Kind::OperatorClass, Part::PreData, &row.schema, &sorted, ddl);
        found.objects.push(object);
    }
    Ok(())
}
