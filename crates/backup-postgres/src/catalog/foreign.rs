//! Foreign-data wrappers, servers and user mappings. Foreign tables stand with the tables.

use super::privileges::{self, Acl, Target};
use super::{Catalog, Contents, quote};
use crate::object::{Id, Kind, Object, Part, class};
use serde::Deserialize;
use task::{Error, Result};

#[derive(Deserialize)]
struct Wrapper {
    oid: u32,
    name: String,
    owner: String,
    #[serde(flatten)]
    acl: Acl,
    handler: Option<String>,
    validator: Option<String>,
    options: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Server {
    oid: u32,
    name: String,
    owner: String,
    #[serde(flatten)]
    acl: Acl,
    r#type: Option<String>,
    version: Option<String>,
    wrapper: String,
    options: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Mapping {
    oid: u32,
    /// None means PUBLIC.
    role: Option<String>,
    server: String,
    /// Without it, no options and options that are hidden look the same.
    visible: bool,
    options: Option<Vec<String>>,
}

pub(super) async fn read(catalog: &Catalog<'_>, found: &mut Contents) -> Result<()> {
    if !catalog.scope.has_everything() {
        return Ok(());
    }
    wrappers(catalog, found).await?;
    servers(catalog, found).await?;
    mappings(catalog, found).await
}

async fn wrappers(catalog: &Catalog<'_>, found: &mut Contents) -> Result<()> {
    let query = format!(
        "SELECT w.oid::int8, fdwname AS name, pg_get_userbyid(fdwowner) AS owner, {},
            nullif(fdwhandler::regproc::text, '-') AS handler,
            nullif(fdwvalidator::regproc::text, '-') AS validator, fdwoptions AS options
         FROM pg_foreign_data_wrapper w WHERE w.oid >= 16384 AND {}",
        privileges::columns("fdwacl", 'F', "fdwowner"),
        catalog.scope.not_of_an_extension("pg_foreign_data_wrapper", "w.oid"),
    );
    for row in catalog.read("foreign-data wrappers", &query).await? {
        let row: Wrapper = row;
        let id = Id::new(class::FOREIGN_DATA_WRAPPER, row.oid);
        let target = format!("FOREIGN DATA WRAPPER {}", quote::ident(&row.name));
        let mut create = format!("CREATE {target}");
        for (word, function) in [("HANDLER", &row.handler), ("VALIDATOR", &row.validator)] {
            if let Some(function) = function {
                create += &format!(" {word} {function}");
            }
        }
        create += &options_clause(row.options.as_deref());
        let ddl = create
            + ";\n"
            + &catalog.owner(&target, &row.owner)
            + &catalog.comment_on(&target, id, 0);
        let grants =
            row.acl.grants(catalog, &Target { on: &target, owner: &row.owner, column: None })?;
        let kind = Kind::ForeignDataWrapper;
        let object = Object::new(id, kind, Part::PreData, "", &row.name, ddl);
        found.objects.push(object.granting(grants));
    }
    Ok(())
}

async fn servers(catalog: &Catalog<'_>, found: &mut Contents) -> Result<()> {
    let query = format!(
        "SELECT s.oid::int8, srvname AS name, pg_get_userbyid(srvowner) AS owner, {},
            srvtype AS type, srvversion AS version, fdwname AS wrapper, srvoptions AS options
         FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = srvfdw WHERE {}",
        privileges::columns("srvacl", 'S', "srvowner"),
        catalog.scope.not_of_an_extension("pg_foreign_server", "s.oid"),
    );
    for row in catalog.read("foreign servers", &query).await? {
        let row: Server = row;
        let id = Id::new(class::FOREIGN_SERVER, row.oid);
        let target = format!("SERVER {}", quote::ident(&row.name));
        let mut create = format!("CREATE {target}");
        for (word, text) in [("TYPE", &row.r#type), ("VERSION", &row.version)] {
            if let Some(text) = text {
                create += &format!(" {word} {}", quote::literal(text));
            }
        }
        create += &format!(" FOREIGN DATA WRAPPER {}", quote::ident(&row.wrapper));
        create += &options_clause(row.options.as_deref());
        let ddl = create
            + ";\n"
            + &catalog.owner(&target, &row.owner)
            + &catalog.comment_on(&target, id, 0);
        let on = format!("FOREIGN {target}");
        let grants =
            row.acl.grants(catalog, &Target { on: &on, owner: &row.owner, column: None })?;
        let object = Object::new(id, Kind::ForeignServer, Part::PreData, "", &row.name, ddl);
        found.objects.push(object.granting(grants));
    }
    Ok(())
}

/// Mappings for servers of extensions, too: they are the user's.
async fn mappings(catalog: &Catalog<'_>, found: &mut Contents) -> Result<()> {
    // What the view shows to those who may not read the table is what the server lets them see.
    let all = "pg_catalog.pg_user_mapping u JOIN pg_foreign_server s ON s.oid = u.umserver";
    let own = "pg_catalog.pg_user_mappings v JOIN pg_foreign_server s ON s.oid = v.srvid
        CROSS JOIN LATERAL (SELECT umid AS oid, v.umuser, v.umoptions) u";
    let condition = "CASE WHEN u.umuser = 0 THEN pg_has_role(srvowner, 'USAGE')
        ELSE pg_get_userbyid(u.umuser) = current_user AND (pg_has_role(srvowner, 'USAGE')
            OR has_server_privilege(s.oid, 'USAGE')) END";
    let (from, visible) =
        if catalog.may_read("pg_user_mapping").await? { (all, "true") } else { (own, condition) };
    let query = format!(
        "SELECT u.oid::int8, CASE WHEN u.umuser <> 0 THEN pg_get_userbyid(u.umuser) END AS role,
            s.srvname AS server, {visible} AS visible, u.umoptions AS options
         FROM {from} WHERE {}",
        catalog.scope.not_of_an_extension("pg_user_mapping", "u.oid"),
    );
    let mut hidden = Vec::new();
    for row in catalog.read("user mappings", &query).await? {
        let row: Mapping = row;
        let role = row.role.as_deref().map(|role| catalog.role(role));
        let role = role.unwrap_or_else(|| "PUBLIC".to_owned());
        let mapping = format!("USER MAPPING FOR {role} SERVER {}", quote::ident(&row.server));
        if !row.visible {
            hidden.push(mapping);
            continue;
        }
        let ddl = format!("CREATE {mapping}{};\n", options_clause(row.options.as_deref()));
        let id = Id::new(class::USER_MAPPING, row.oid);
        let name = format!("{} {role}", row.server);
        found.objects.push(Object::new(id, Kind::UserMapping, Part::PreData, "", &name, ddl));
    }
    if hidden.is_empty() {
        return Ok(());
    }
    Err(Error::usage(format!(
        "the options of {} cannot be read; back up as a role that may read pg_user_mapping: a \
         superuser, or a member of pg_read_all_data",
        hidden.join(", ")
    )))
}

/// ` OPTIONS ("key" 'value', …)` from the catalog's `key=value` strings, or nothing.
pub(super) fn options_clause(options: Option<&[String]>) -> String {
    let options: Vec<String> = options
        .unwrap_or_default()
        .iter()
        .map(|option| {
            let (key, value) = option.split_once('=').unwrap_or((option, ""));
            format!("{} {}", quote::ident(key), quote::literal(value))
        })
        .collect();
    if options.is_empty() { String::new() } else { format!(" OPTIONS ({})", options.join(", ")) }
}
