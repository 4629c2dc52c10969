//! Transforms: how a value of a type enters and leaves a language.

use super::{Catalog, Contents, quote};
use crate::object::{Id, Kind, Object, Part, class};
use serde::Deserialize;
use task::Result;

#[derive(Deserialize)]
struct Row {
    oid: u32,
    r#type: String,
    language: String,
    from_sql: Option<String>,
    to_sql: Option<String>,
}

pub(super) async fn read(catalog: &Catalog<'_>, found: &mut Contents) -> Result<()> {
    if !catalog.scope.has_everything() {
        return Ok(());
    }
    let query = format!(
        "SELECT t.oid::int8, format_type(trftype, NULL) AS type, lanname AS language,
            nullif(trffromsql::regprocedure::text, '-') AS from_sql,
            nullif(trftosql::regprocedure::text, '-') AS to_sql
         FROM pg_transform t JOIN pg_language l ON l.oid = trflang
         WHERE t.oid >= 16384 AND {}",
        catalog.scope.not_of_an_extension("pg_transform", "t.oid"),
    );
    for row in catalog.read("transforms", &query).await? {
        let row: Row = row;
        let id = Id::new(class::TRANSFORM, row.oid);
        let target =
            format!("TRANSFORM FOR {} LANGUAGE {}", row.r#type, quote::ident(&row.language));
        let functions = [("FROM", row.from_sql), ("TO", row.to_sql)];
        let functions: Vec<String> = functions
            .iter()
            .filter_map(|(word, function)| {
                function.as_ref().map(|function| format!("{word} SQL WITH FUNCTION {function}"))
            })
            .collect();
        let ddl = format!("CREATE {target} ({});\n", functions.join(", "))
            + &catalog.comment_on(&target, id, 0);
        let name = format!("{} {}", row.r#type, row.language);
        found.objects.push(Object::new(id, Kind::Transform, Part::PreData, "", &name, ddl));
    }
    Ok(())
}
