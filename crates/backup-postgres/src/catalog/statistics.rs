//! Extended statistics, as the server prints them.

use super::{Catalog, Contents, printed, qualified};
use crate::object::{Id, Kind, Object, Part, class};
use serde::Deserialize;
use task::Result;

#[derive(Deserialize)]
struct Row {
    oid: u32,
    schema: String,
    name: String,
    owner: String,
    definition: Option<String>,
    target: Option<i32>,
    /// Whether its table is saved, too.
    saved: bool,
}

pub(super) async fn read(catalog: &Catalog<'_>, found: &mut Contents) -> Result<()> {
    let query = format!(
        "SELECT s.oid::int8, n.nspname AS schema, stxname AS name,
            pg_get_userbyid(stxowner) AS owner, nullif(stxstattarget, -1) AS target,
            pg_get_statisticsobjdef(s.oid) AS definition,
            relnamespace = ANY({schemas}) AND {chosen} AS saved
         FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = stxnamespace
         JOIN pg_class c ON c.oid = stxrelid
         WHERE n.oid = ANY({schemas}) AND {not_extension}",
        schemas = catalog.scope.schemas(),
        chosen = catalog.scope.not_excluded("c.oid"),
        not_extension = catalog.scope.not_of_an_extension("pg_statistic_ext", "s.oid"),
    );
    for row in catalog.read("extended statistics", &query).await? {
        let row: Row = row;
        let id = Id::new(class::STATISTICS, row.oid);
        if !row.saved {
            found.skipped.push((id, None));
            continue;
        }
        let target = format!("STATISTICS {}", qualified(&row.schema, &row.name));
        let mut ddl = printed(row.definition.as_deref(), || target.clone())? + ";\n";
        if let Some(wanted) = row.target {
            ddl += &format!("ALTER {target} SET STATISTICS {wanted};\n");
        }
        ddl += &catalog.owner(&target, &row.owner);
        ddl += &catalog.comment_on(&target, id, 0);
        let (kind, part) = (Kind::Statistics, Part::PostData);
        found.objects.push(Object::new(id, kind, part, &row.schema, &row.name, ddl));
    }
    Ok(())
}
