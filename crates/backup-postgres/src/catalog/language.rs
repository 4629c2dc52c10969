//! Procedural languages that no extension brings.

use super::privileges::{self, Acl, Target};
use super::{Catalog, Contents, quote};
use crate::object::{Id, Kind, Object, Part, class};
use serde::Deserialize;
use task::Result;

#[derive(Deserialize)]
struct Row {
    oid: u32,
    name: String,
    owner: String,
    #[serde(flatten)]
    acl: Acl,
    trusted: bool,
    handler: Option<String>,
    inline: Option<String>,
    validator: Option<String>,
}

pub(super) async fn read(catalog: &Catalog<'_>, found: &mut Contents) -> Result<()> {
    if !catalog.scope.has_everything() {
        return Ok(());
    }
    let query = format!(
        "SELECT l.oid::int8, lanname AS name, pg_get_userbyid(lanowner) AS owner, {},
            lanpltrusted AS trusted, nullif(lanplcallfoid::regproc::text, '-') AS handler,
            nullif(laninline::regproc::text, '-') AS inline,
            nullif(lanvalidator::regproc::text, '-') AS validator
         FROM pg_language l WHERE l.oid >= 16384 AND lanispl AND {}",
        privileges::columns("lanacl", 'l', "lanowner"),
        catalog.scope.not_of_an_extension("pg_language", "l.oid"),
    );
    for row in catalog.read("languages", &query).await? {
        let row: Row = row;
        let id = Id::new(class::LANGUAGE, row.oid);
        let target = format!("LANGUAGE {}", quote::ident(&row.name));
        let trusted = if row.trusted { "TRUSTED " } else { "" };
        let functions =
            [("HANDLER", row.handler), ("INLINE", row.inline), ("VALIDATOR", row.validator)];
        let functions: String = functions
            .iter()
            .filter_map(|(word, name)| name.as_ref().map(|name| format!(" {word} {name}")))
            .collect();
        let ddl = format!("CREATE {trusted}{target}{functions};\n")
            + &catalog.owner(&target, &row.owner)
            + &catalog.comment_on(&target, id, 0);
        let grants =
            row.acl.grants(catalog, &Target { on: &target, owner: &row.owner, column: None })?;
        let object = Object::new(id, Kind::Language, Part::PreData, "", &row.name, ddl);
        found.objects.push(object.granting(grants));
    }
    Ok(())
}
