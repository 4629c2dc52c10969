//! Tablespaces with their places, options, owners and rights.

use super::column::options_list;
use super::privileges::{self, Acl, Target};
use super::{Catalog, quote, shared};
use serde::Deserialize;
use std::fmt::Write;
use task::Result;

#[derive(Deserialize)]
struct Row {
    oid: u32,
    name: String,
    owner: String,
    is_own: bool,
    location: String,
    #[serde(flatten)]
    acl: Acl,
    options: Option<Vec<String>>,
    comment: Option<String>,
}

/// All tablespaces, and how many there are.
pub(super) async fn read(catalog: &Catalog<'_>) -> Result<(String, u64)> {
    if !catalog.properties.tablespaces {
        return Ok((String::new(), 0));
    }
    let query = format!(
        "SELECT t.oid::int8, spcname AS name, pg_get_userbyid(spcowner) AS owner,
            spcowner <> 10 AS is_own, pg_tablespace_location(t.oid) AS location, {},
            spcoptions AS options, shobj_description(t.oid, 'pg_tablespace') AS comment
         FROM pg_tablespace t ORDER BY spcname",
        privileges::columns("spcacl", 't', "spcowner")
    );
    let rows: Vec<Row> = catalog.read("tablespaces", &query).await?;
    let mut labels = shared::labels(catalog, "pg_tablespace", "TABLESPACE").await?;
    let mut text = String::new();
    let mut count = 0;
    for row in rows {
        let target = format!("TABLESPACE {}", quote::ident(&row.name));
        // The server's own are there, and may have been given away, tuned, or opened to others.
        if row.name.starts_with("pg_") {
            if row.is_own {
                text += &catalog.owner(&target, &row.owner);
            }
        } else {
            text += &row.create(catalog, &target);
            count += 1;
        }
        if let Some(options) = &row.options {
            let _ = writeln!(text, "ALTER {target} SET ({});", options_list(options));
        }
        if let Some(comment) = &row.comment {
            let _ = writeln!(text, "COMMENT ON {target} IS {};", quote::literal(comment));
        }
        let rights = Target { on: &target, owner: &row.owner, column: None };
        text += &row.acl.grants(catalog, &rights)?;
        text += &labels.remove(&row.oid).unwrap_or_default();
    }
    Ok((text, count))
}

impl Row {
    fn create(&self, catalog: &Catalog<'_>, target: &str) -> String {
        let owner = if catalog.properties.owners {
            format!(" OWNER {}", catalog.role(&self.owner))
        } else {
            String::new()
        };
        if self.location.starts_with('/') {
            return format!(
                "CREATE {target}{owner} LOCATION {};\n",
                quote::literal(&self.location)
            );
        }
        // One inside of the data directory is said to lie nowhere, and must be allowed.
        let allow = |value: &str| {
            format!(
                "SELECT pg_catalog.set_config(name, '{value}', false) FROM pg_catalog.pg_settings \
                 WHERE name = 'allow_in_place_tablespaces';\n"
            )
        };
        format!("{}CREATE {target}{owner} LOCATION '';\n{}", allow("on"), allow("off"))
    }
}
