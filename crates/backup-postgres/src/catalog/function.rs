//! Functions, procedures and window functions, as the server prints them.

use super::privileges::{self, Acl, Target};
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
    #[serde(flatten)]
    acl: Acl,
    kind: char,
    /// Its body was parsed when it was made: `BEGIN ATOMIC` or RETURN.
    parsed: bool,
    arguments: Option<String>,
    definition: Option<String>,
}

pub(super) async fn read(catalog: &Catalog<'_>, found: &mut Contents) -> Result<()> {
    let query = format!(
        "SELECT f.oid::int8, nspname AS schema, proname AS name, prokind AS kind,
            {} AS parsed,
            pg_get_userbyid(proowner) AS owner, {},
            pg_get_function_identity_arguments(f.oid) AS arguments,
            pg_get_functiondef(f.oid) AS definition
         FROM pg_proc f JOIN pg_namespace n ON n.oid = pronamespace
         WHERE prokind IN ('f', 'p', 'w') AND n.oid = ANY({}) AND {}
           AND NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_proc'::regclass
             AND i.objid = f.oid AND i.deptype = 'i')",
        if catalog.at_least(14) { "prosqlbody IS NOT NULL" } else { "false" },
        privileges::columns("proacl", 'f', "proowner"),
        catalog.scope.schemas(),
        catalog.scope.not_of_an_extension("pg_proc", "f.oid"),
    );
    for row in catalog.read("functions", &query).await? {
        let row: Row = row;
        let id = Id::new(class::PROC, row.oid);
        let arguments = row.arguments.as_deref().unwrap_or_default();
        let word = if row.kind == 'p' { "PROCEDURE" } else { "FUNCTION" };
        let target = format!("{word} {}({arguments})", qualified(&row.schema, &row.name));
        let definition = printed(row.definition.as_deref(), || target.clone())?;
        // In an empty database nothing is to be replaced: a clash must be seen.
        let definition = definition.replacen("CREATE OR REPLACE ", "CREATE ", 1);
        let ddl = format!("{definition};\n")
            + &catalog.owner(&target, &row.owner)
            + &catalog.comment_on(&target, id, 0);
        let grants =
            row.acl.grants(catalog, &Target { on: &target, owner: &row.owner, column: None })?;
        let name = format!("{}({arguments})", row.name);
        let kind = if row.parsed { Kind::FunctionWithBody } else { Kind::Function };
        let object = Object::new(id, kind, Part::PreData, &row.schema, &name, ddl);
        found.objects.push(object.granting(grants));
    }
    Ok(())
}
