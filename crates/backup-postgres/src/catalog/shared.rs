//! The catalogs that all databases of a server share: the guard over them, and their labels.
//!
//! A column or catalog that is not known here may hold what nobody would write, so it is refused.

use super::{Catalog, quote};
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};
use task::{Error, Result};

/// Every shared catalog of PostgreSQL 13 to 18, and all columns that any of these versions has.
const KNOWN: [(&str, &str); 11] = [
    (
        "pg_authid",
        "oid rolname rolsuper rolinherit rolcreaterole rolcreatedb rolcanlogin rolreplication \
         rolbypassrls rolconnlimit rolpassword rolvaliduntil",
    ),
    ("pg_auth_members", "oid roleid member grantor admin_option inherit_option set_option"),
    (
        // Frozen transactions, collation versions and the like are the server's own affair.
        "pg_database",
        "oid datname datdba encoding datlocprovider datistemplate datallowconn dathasloginevt \
         datconnlimit datlastsysoid datfrozenxid datminmxid dattablespace datcollate datctype \
         daticulocale datlocale daticurules datcollversion datacl",
    ),
    ("pg_db_role_setting", "setdatabase setrole setconfig"),
    ("pg_parameter_acl", "oid parname paracl"),
    // How far a subscriber has come: nothing that could be true again after a restore.
    ("pg_replication_origin", "roident roname"),
    ("pg_shdepend", "dbid classid objid objsubid refclassid refobjid deptype"),
    ("pg_shdescription", "objoid classoid description"),
    ("pg_shseclabel", "objoid classoid provider label"),
    // Belongs to single databases, whose guard looks at its rows.
    (
        "pg_subscription",
        "oid subdbid subskiplsn subname subowner subenabled subbinary substream subtwophasestate \
         subdisableonerr subpasswordrequired subrunasowner subfailover subconninfo subslotname \
         subsynccommit subpublications suborigin",
    ),
    ("pg_tablespace", "oid spcname spcowner spcacl spcoptions"),
];

#[derive(Deserialize)]
struct Named {
    what: String,
}

/// Refuses what this version of the program has never heard of.
pub(super) async fn guard(catalog: &Catalog<'_>) -> Result<()> {
    #[derive(Deserialize)]
    struct Column {
        catalog: String,
        name: String,
    }
    let query = "SELECT relname AS catalog, attname AS name
        FROM pg_class c JOIN pg_attribute ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped
        WHERE relisshared AND relkind = 'r' AND relnamespace = 'pg_catalog'::regnamespace";
    let known: HashMap<&str, BTreeSet<&str>> = KNOWN
        .iter()
        .map(|(catalog, columns)| (*catalog, columns.split_whitespace().collect()))
        .collect();
    let mut refused: BTreeSet<String> = catalog
        .read::<Column>("shared catalogs", query)
        .await?
        .into_iter()
        .filter(|column| {
            !known.get(&*column.catalog).is_some_and(|known| known.contains(&*column.name))
        })
        .map(|column| format!("column {} of {}", column.name, column.catalog))
        .collect();
    let query = "SELECT format('comment or label of object %s of catalog %s', objoid, classoid::regclass)
            AS what
        FROM (SELECT objoid, classoid FROM pg_shdescription
              UNION ALL SELECT objoid, classoid FROM pg_shseclabel) s
        WHERE classoid NOT IN
            ('pg_database'::regclass, 'pg_authid'::regclass, 'pg_tablespace'::regclass)
        UNION ALL SELECT 'the revoked membership of pg_monitor in ' || needed
        FROM unnest(ARRAY['pg_read_all_settings', 'pg_read_all_stats', 'pg_stat_scan_tables']) needed
        WHERE NOT EXISTS (SELECT FROM pg_auth_members
            WHERE member = 'pg_monitor'::regrole AND roleid = needed::regrole)";
    let others = catalog.read::<Named>("other shared state", query).await?;
    refused.extend(others.into_iter().map(|named| named.what));
    if refused.is_empty() {
        return Ok(());
    }
    let refused: Vec<&str> = refused.iter().take(20).map(String::as_str).collect();
    Err(Error::usage(format!(
        "refusing to back up the globals, because this version cannot write: {}. They were not saved",
        refused.join("; ")
    )))
}

/// `SECURITY LABEL …` for each object of a shared catalog that has some.
pub(super) async fn labels(
    catalog: &Catalog<'_>,
    class: &str,
    word: &str,
) -> Result<HashMap<u32, String>> {
    #[derive(Deserialize)]
    struct Row {
        oid: u32,
        name: String,
        provider: String,
        label: String,
    }
    let name = if class == "pg_authid" { "pg_get_userbyid(objoid)" } else { "spcname" };
    let query = format!(
        "SELECT objoid::int8 AS oid, {name} AS name, provider, label
         FROM pg_shseclabel LEFT JOIN pg_tablespace t ON t.oid = objoid
         WHERE classoid = '{class}'::regclass ORDER BY objoid, provider"
    );
    let mut labels: HashMap<u32, String> = HashMap::new();
    for row in catalog.read::<Row>("security labels", &query).await? {
        *labels.entry(row.oid).or_default() += &format!(
            "SECURITY LABEL FOR {} ON {word} {} IS {};\n",
            quote::ident(&row.provider),
            quote::ident(&row.name),
            quote::literal(&row.label)
        );
    }
    Ok(labels)
}
