//! Schemas. `public` exists in every new database: only what differs from that is written.

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
}

pub(super) async fn read(catalog: &Catalog<'_>, found: &mut Contents) -> Result<()> {
    let query = format!(
        "SELECT n.oid::int8, nspname AS name, pg_get_userbyid(nspowner) AS owner, {}
         FROM pg_namespace n WHERE n.oid = ANY({}) AND {}",
        privileges::columns("nspacl", 'n', "nspowner"),
        catalog.scope.schemas(),
        catalog.scope.not_of_an_extension("pg_namespace", "n.oid"),
    );
    let rows: Vec<Row> = catalog.read("schemas", &query).await?;
    let public_is_there = rows.iter().any(|row| row.name == "public");
    for row in rows {
        let id = Id::new(class::NAMESPACE, row.oid);
        let target = format!("SCHEMA {}", quote::ident(&row.name));
        let (ddl, acl) = if row.name == "public" {
            public(catalog, &row, id)
        } else {
            let ddl = format!("CREATE {target};\n")
                + &catalog.owner(&target, &row.owner)
                + &catalog.comment_on(&target, id, 0);
            (ddl, row.acl)
        };
        let grants =
            acl.grants(catalog, &Target { on: &target, owner: &row.owner, column: None })?;
        let object = Object::new(id, Kind::Schema, Part::PreData, "", &row.name, ddl);
        found.objects.push(object.granting(grants));
    }
    if !public_is_there && catalog.scope.is_whole() {
        let drop = "DROP SCHEMA IF EXISTS \"public\";\n".to_owned();
        let id = Id::new(class::NAMESPACE, 0);
        found.objects.push(Object::new(id, Kind::Schema, Part::PreData, "", "", drop));
    }
    Ok(())
}

/// Owner, comment and rights of `public` where they are not those of a new database.
fn public(catalog: &Catalog, row: &Row, id: Id) -> (String, Acl) {
    let target = "SCHEMA \"public\"";
    let mut ddl = String::new();
    let standard_owner =
        if catalog.at_least(15) { "pg_database_owner" } else { catalog.scope.bootstrap_role() };
    if row.owner != standard_owner {
        ddl += &catalog.owner(target, &row.owner);
    }
    match catalog.comment(id, 0) {
        Some("standard public schema") => ddl += &catalog.labels_on(target, id, 0),
        Some(_) => ddl += &catalog.comment_on(target, id, 0),
        None => {
            ddl += &format!("COMMENT ON {target} IS NULL;\n");
            ddl += &catalog.labels_on(target, id, 0);
        }
    }
    let owner = quoted_role(&row.owner);
    let everybody = if catalog.at_least(15) { "U" } else { "UC" };
    let standard = vec![format!("{owner}=UC/{owner}"), format!("={everybody}/{owner}")];
    (ddl, row.acl.against(standard))
}

/// A role as an ACL item shows it.
fn quoted_role(name: &str) -> String {
    if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        name.to_owned()
    } else {
        quote::ident(name)
    }
}
