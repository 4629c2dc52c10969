//! ALTER DEFAULT PRIVILEGES: what objects made later will be given.

use super::privileges::{Acl, Verb};
use super::{Catalog, Contents, quote};
use crate::object::{Id, Kind, Object, Part, class};
use serde::Deserialize;
use task::{Error, Result};

#[derive(Deserialize)]
struct Row {
    oid: u32,
    role: String,
    schema: Option<String>,
    kind: char,
    #[serde(flatten)]
    acl: Acl,
    all: Vec<String>,
}

pub(super) async fn read(catalog: &Catalog<'_>, found: &mut Contents) -> Result<()> {
    let everywhere = if catalog.scope.has_everything() { "defaclnamespace = 0 OR" } else { "" };
    let query = format!(
        "SELECT d.oid::int8, pg_get_userbyid(defaclrole) AS role, nspname AS schema,
            defaclobjtype AS kind, defaclacl::text[] AS acl,
            CASE WHEN defaclnamespace = 0 THEN builtin ELSE '{{}}' END AS acl_default, builtin AS all
         FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = defaclnamespace
         CROSS JOIN LATERAL (SELECT acldefault(CASE defaclobjtype WHEN 'S' THEN 's'
            ELSE defaclobjtype END, defaclrole)::text[] AS builtin) b
         WHERE {everywhere} n.oid = ANY({})",
        catalog.scope.schemas()
    );
    for row in catalog.read("default privileges", &query).await? {
        let row: Row = row;
        let id = Id::new(class::DEFAULT_ACL, row.oid);
        if !catalog.properties.privileges {
            found.skipped.push((id, None));
            continue;
        }
        let objects = match row.kind {
            'r' => "TABLES",
            'S' => "SEQUENCES",
            'f' => "FUNCTIONS",
            'T' => "TYPES",
            'n' => "SCHEMAS",
            'L' => "LARGE OBJECTS",
            other => {
                return Err(Error::usage(format!(
                    "cannot write default privileges of kind `{other}` for role `{}`",
                    row.role
                )));
            }
        };
        let schema = row.schema.as_ref();
        let place =
            schema.map_or_else(String::new, |name| format!(" IN SCHEMA {}", quote::ident(name)));
        let alter = format!("ALTER DEFAULT PRIVILEGES FOR ROLE {}{place}", catalog.role(&row.role));
        let all = Acl::new(None, row.all.clone()).all(&row.role);
        let ddl = row.acl.difference(|item, verb| {
            let grantee = item.grantee_name(catalog);
            match verb {
                Verb::Revoke => format!("{alter} REVOKE ALL ON {objects} FROM {grantee};\n"),
                Verb::Grant { with_option } => {
                    let rights = item.rights_named(*with_option, &all, None);
                    let option = if *with_option { " WITH GRANT OPTION" } else { "" };
                    format!("{alter} GRANT {rights} ON {objects} TO {grantee}{option};\n")
                }
            }
        })?;
        let name = format!("{} {}", row.role, row.kind);
        let schema = row.schema.as_deref().unwrap_or_default();
        found.objects.push(Object::new(
            id,
            Kind::DefaultPrivileges,
            Part::Final,
            schema,
            &name,
            ddl,
        ));
    }
    Ok(())
}
