//! Casts. One that the user made is known by its OID: both types and the function may be built in.

use super::{Catalog, Contents};
use crate::object::{Id, Kind, Object, Part, class};
use serde::Deserialize;
use task::{Error, Result};

#[derive(Deserialize)]
struct Row {
    oid: u32,
    source: String,
    target: String,
    function: String,
    method: char,
    context: char,
}

pub(super) async fn read(catalog: &Catalog<'_>, found: &mut Contents) -> Result<()> {
    if !catalog.scope.has_everything() {
        return Ok(());
    }
    let query = format!(
        "SELECT c.oid::int8, format_type(castsource, NULL) AS source,
            format_type(casttarget, NULL) AS target, castfunc::regprocedure::text AS function,
            castmethod AS method, castcontext AS context
         FROM pg_cast c WHERE c.oid >= 16384 AND {}
           -- A range's cast to its multirange comes with the range.
           AND NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_cast'::regclass
             AND i.objid = c.oid AND i.deptype = 'i')",
        catalog.scope.not_of_an_extension("pg_cast", "c.oid"),
    );
    for row in catalog.read("casts", &query).await? {
        let row: Row = row;
        let id = Id::new(class::CAST, row.oid);
        let types = format!("({} AS {})", row.source, row.target);
        let unknown = |what: &str, letter: char| {
            Error::usage(format!("cannot write the cast {types} of {what} `{letter}`"))
        };
        let method = match row.method {
            'f' => format!("WITH FUNCTION {}", row.function),
            'i' => "WITH INOUT".to_owned(),
            'b' => "WITHOUT FUNCTION".to_owned(),
            other => return Err(unknown("method", other)),
        };
        let context = match row.context {
            'e' => "",
            'a' => " AS ASSIGNMENT",
            'i' => " AS IMPLICIT",
            other => return Err(unknown("context", other)),
        };
        let ddl = format!("CREATE CAST {types} {method}{context};\n")
            + &catalog.comment_on(&format!("CAST {types}"), id, 0);
        found.objects.push(Object::new(id, Kind::Cast, Part::PreData, "", &types, ddl));
    }
    Ok(())
}
