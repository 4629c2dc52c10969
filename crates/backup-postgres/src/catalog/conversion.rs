//! Conversions between encodings.

use super::{Catalog, Contents, qualified, quote};
use crate::object::{Id, Kind, Object, Part, class};
use serde::Deserialize;
use task::Result;

#[derive(Deserialize)]
struct Row {
    oid: u32,
    schema: String,
    name: String,
    owner: String,
    from: String,
    to: String,
    function: String,
    is_default: bool,
}

pub(super) async fn read(catalog: &Catalog<'_>, found: &mut Contents) -> Result<()> {
    let query = format!(
        "SELECT c.oid::int8, nspname AS schema, conname AS name,
            pg_get_userbyid(conowner) AS owner, condefault AS is_default,
            pg_encoding_to_char(conforencoding) AS from, pg_encoding_to_char(contoencoding) AS to,
            conproc::text AS function
         FROM pg_conversion c JOIN pg_namespace n ON n.oid = connamespace
         WHERE n.oid = ANY({}) AND {}",
        catalog.scope.schemas(),
        catalog.scope.not_of_an_extension("pg_conversion", "c.oid"),
    );
    for row in catalog.read("conversions", &query).await? {
        let row: Row = row;
        let id = Id::new(class::CONVERSION, row.oid);
        let target = format!("CONVERSION {}", qualified(&row.schema, &row.name));
        let default = if row.is_default { "DEFAULT " } else { "" };
        let ddl = format!(
            "CREATE {default}{target} FOR {} TO {} FROM {};\n",
            quote::literal(&row.from),
            quote::literal(&row.to),
            row.function
        ) + &catalog.owner(&target, &row.owner)
            + &catalog.comment_on(&target, id, 0);
        let object = Object::new(id, Kind::Conversion, Part::PreData, &row.schema, &row.name, ddl);
        found.objects.push(object);
    }
    Ok(())
}
