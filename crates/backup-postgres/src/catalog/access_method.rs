//! Access methods: how tables and indexes are stored.

use super::{Catalog, Contents, quote};
use crate::object::{Id, Kind, Object, Part, class};
use serde::Deserialize;
use task::{Error, Result};

#[derive(Deserialize)]
struct Row {
    oid: u32,
    name: String,
    kind: char,
    handler: String,
}

pub(super) async fn read(catalog: &Catalog<'_>, found: &mut Contents) -> Result<()> {
    if !catalog.scope.has_everything() {
        return Ok(());
    }
    let query = format!(
        "SELECT a.oid::int8, amname AS name, amtype AS kind, amhandler::text AS handler
         FROM pg_am a WHERE a.oid >= 16384 AND {}",
        catalog.scope.not_of_an_extension("pg_am", "a.oid"),
    );
    for row in catalog.read("access methods", &query).await? {
        let row: Row = row;
        let id = Id::new(class::ACCESS_METHOD, row.oid);
        let target = format!("ACCESS METHOD {}", quote::ident(&row.name));
        let kind = match row.kind {
            'i' => "INDEX",
            't' => "TABLE",
            other => {
                return Err(Error::usage(format!(
                    "cannot write the access method `{}` of kind `{other}`",
                    row.name
                )));
            }
        };
        let ddl = format!("CREATE {target} TYPE {kind} HANDLER {};\n", row.handler)
            + &catalog.comment_on(&target, id, 0);
        found.objects.push(Object::new(id, Kind::AccessMethod, Part::PreData, "", &row.name, ddl));
    }
    Ok(())
}
