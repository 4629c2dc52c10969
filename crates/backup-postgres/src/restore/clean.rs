//! Empties a database for `--clean`: afterwards it is as if it had just been made.

use super::target::{Object, objects, some};
use postgres::quote::ident;
use postgres::{Client, Endpoint, explain};
use task::{Error, Result};

/// Names that databases of a server's own have.
const RESERVED: [&str; 3] = ["postgres", "template0", "template1"];

pub(super) fn is_reserved(database: &str) -> bool {
    RESERVED.contains(&database)
}

/// Refuses what no drop of ours should touch, before anything is dropped. The server's own
/// databases are emptied only with all others.
pub(super) async fn check(client: &Client, endpoint: &Endpoint, server: bool) -> Result<()> {
    if is_reserved(endpoint.database()) && !server {
        return Err(Error::usage(format!(
            "--clean does not empty {endpoint}: that database belongs to the server itself"
        )));
    }
    let row = client
        .query_one(
            "SELECT coalesce(pg_catalog.string_agg(subname, ', '), '') \
             FROM pg_catalog.pg_subscription s JOIN pg_catalog.pg_database d ON d.oid = subdbid \
             WHERE datname = pg_catalog.current_database()",
            &[],
        )
        .await
        .map_err(|error| explain(error, "cannot read the subscriptions"))?;
    match row.get::<_, &str>(0) {
        "" => Ok(()),
        names => Err(Error::usage(format!(
            "{endpoint} has subscriptions ({names}), whose publisher must learn of their end: \
             drop them yourself first"
        ))),
    }
}

/// Drops everything of users, and makes the schema `public` anew.
pub(super) async fn clean(client: &Client, endpoint: &Endpoint) -> Result<()> {
    // An event trigger could stop the rest, an extension drops what belongs to it.
    for kinds in [&["event trigger"][..], &["publication"], &["extension"], &["schema"]] {
        for object in objects(client).await? {
            if kinds.contains(&object.kind.as_str()) {
                drop(client, &object).await?;
            }
        }
    }
    renew_public(client).await?;
    unlink_large_objects(client).await?;
    reset_default_privileges(client).await?;
    // One may have gone with another, so look again after each.
    while let Some(object) = objects(client).await?.into_iter().find(can_drop) {
        drop(client, &object).await?;
    }
    let left = objects(client).await?;
    if left.is_empty() {
        return Ok(());
    }
    Err(Error::usage(format!(
        "{endpoint} is still not empty: {} cannot be dropped by --clean; drop it yourself",
        some(&left)
    )))
}

fn can_drop(object: &Object) -> bool {
    !matches!(object.kind.as_str(), "large object" | "default acl")
}

async fn drop(client: &Client, object: &Object) -> Result<()> {
    let kind = match object.kind.as_str() {
        "foreign-data wrapper" => "FOREIGN DATA WRAPPER".to_owned(),
        "statistics object" => "STATISTICS".to_owned(),
        kind => kind.to_uppercase(),
    };
    let name = match object.name.rsplit_once(" on language ") {
        Some((of_type, language)) if object.kind == "transform" => {
            format!("{of_type} LANGUAGE {language}")
        }
        _ => object.name.clone(),
    };
    let statement = format!("DROP {kind} IF EXISTS {name} CASCADE");
    client
        .batch_execute(&statement)
        .await
        .map_err(|error| explain(error, format!("cannot drop {} {}", object.kind, object.name)))
}

/// As `initdb` makes it; what the server's version gives to whom has changed with 14 and 15.
async fn renew_public(client: &Client) -> Result<()> {
    let failed = |error| explain(error, "cannot make the schema public anew");
    let version = client
        .query_one("SELECT pg_catalog.current_setting('server_version_num')::int4", &[])
        .await
        .map_err(failed)?
        .get::<_, i32>(0);
    let owner = if version >= 140_000 { "CURRENT_USER" } else { "SESSION_USER" };
    let rights = if version >= 150_000 { "USAGE" } else { "USAGE, CREATE" };
    client
        .batch_execute(&format!(
            "BEGIN; DROP SCHEMA IF EXISTS public CASCADE; CREATE SCHEMA public AUTHORIZATION {owner}; \
             COMMENT ON SCHEMA public IS 'standard public schema'; \
             GRANT {rights} ON SCHEMA public TO PUBLIC; COMMIT"
        ))
        .await
        .map_err(failed)?;
    // The owner that it has in a new database; only some may give it to that one.
    let original = if version >= 140_000 {
        "pg_database_owner".to_owned()
    } else {
        let query = "SELECT rolname::text FROM pg_catalog.pg_roles WHERE oid = 10";
        client.query_one(query, &[]).await.map_err(failed)?.get::<_, String>(0)
    };
    let give = format!("ALTER SCHEMA public OWNER TO {}", ident(&original));
    if let Err(error) = client.batch_execute(&give).await {
        tracing::warn!("schema public stays yours: {error}");
    }
    Ok(())
}

async fn unlink_large_objects(client: &Client) -> Result<()> {
    let few = "SELECT pg_catalog.count(pg_catalog.lo_unlink(oid)) FROM \
               (SELECT oid FROM pg_catalog.pg_largeobject_metadata LIMIT 1000) AS few";
    loop {
        let row = client.query_one(few, &[]).await;
        let row = row.map_err(|error| explain(error, "cannot drop the large objects"))?;
        if row.get::<_, i64>(0) == 0 {
            return Ok(());
        }
    }
}

/// There is no DROP for them: the server forgets an entry once it says what is so by default.
async fn reset_default_privileges(client: &Client) -> Result<()> {
    let failed = |error| explain(error, "cannot reset the default privileges");
    let rows = client.query(RESET, &[]).await.map_err(failed)?;
    for row in rows {
        client.batch_execute(row.get(0)).await.map_err(failed)?;
    }
    Ok(())
}

/// Revokes all that an entry grants, then grants what needs no entry.
const RESET: &str = "
    WITH entry AS (
        SELECT d.oid, defaclacl, defaclobjtype AS kind, defaclrole, defaclnamespace,
            pg_catalog.format('ALTER DEFAULT PRIVILEGES FOR ROLE %I %s', r.rolname,
                'IN SCHEMA ' || pg_catalog.quote_ident(n.nspname)) AS alter_in,
            pg_catalog.format('ALTER DEFAULT PRIVILEGES FOR ROLE %I', r.rolname) AS alter_all,
            CASE defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES'
                WHEN 'f' THEN 'ROUTINES' WHEN 'T' THEN 'TYPES' WHEN 'n' THEN 'SCHEMAS'
                ELSE 'LARGE OBJECTS' END AS what
        FROM pg_catalog.pg_default_acl d
        JOIN pg_catalog.pg_roles r ON r.oid = defaclrole
        LEFT JOIN pg_catalog.pg_namespace n ON n.oid = defaclnamespace
    ), step AS (
        SELECT oid, 1 AS turn, grantee, what,
            CASE WHEN defaclnamespace = 0 THEN alter_all ELSE alter_in END AS alter_acl,
            'REVOKE ALL' AS verb, 'FROM' AS word
        FROM entry CROSS JOIN LATERAL pg_catalog.aclexplode(defaclacl)
        UNION
        SELECT oid, 2, grantee, what, alter_all, 'GRANT ' || privilege_type, 'TO'
        FROM entry CROSS JOIN LATERAL pg_catalog.aclexplode(pg_catalog.acldefault(
            CASE kind WHEN 'S' THEN 's' ELSE kind END, defaclrole))
        WHERE defaclnamespace = 0
    )
    SELECT pg_catalog.format('%s %s ON %s %s %s', alter_acl, verb, what, word,
        CASE grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(r.rolname) END)
    FROM step LEFT JOIN pg_catalog.pg_roles r ON r.oid = step.grantee
    ORDER BY step.oid, turn";
