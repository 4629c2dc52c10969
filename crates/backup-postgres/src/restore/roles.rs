//! The roles that a backup names. Roles belong to a server, not to a database, so a backup of a
//! database cannot bring them along.

use super::Leaving;
use backup::manifest::Manifest;
use postgres::quote::{ident, literal};
use postgres::{Client, explain};
use task::{Context, Error, Result};

/// Where the manifest names them: a JSON array.
const PROPERTY: &str = "roles";
/// Those that the database itself names.
const DATABASE_PROPERTY: &str = "database_roles";

/// Roles that own something, may do something, or are named in a policy, and that this server
/// does not have. With `database`, also those that the database itself names.
pub(super) async fn missing(
    client: &Client,
    manifest: &Manifest,
    database: bool,
) -> Result<Vec<String>> {
    let mut wanted: Vec<String> = Vec::new();
    for property in [PROPERTY, DATABASE_PROPERTY].iter().take(if database { 2 } else { 1 }) {
        let Some(json) = manifest.properties.get(*property) else { continue };
        let named: Vec<String> = serde_json::from_str(json)
            .integrity(|| "the manifest's list of roles is damaged".to_owned())?;
        wanted.extend(named);
    }
    let rows = client
        .query(
            "SELECT DISTINCT wanted FROM pg_catalog.unnest($1::text[]) wanted \
             WHERE wanted NOT IN (SELECT rolname FROM pg_catalog.pg_roles) ORDER BY 1",
            &[&wanted],
        )
        .await
        .map_err(|error| explain(error, "cannot read the server's roles"))?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Says at once what would otherwise end the restore after its longest part.
pub(super) async fn need(
    client: &Client,
    manifest: &Manifest,
    leaving: Leaving,
    database: bool,
) -> Result<()> {
    if leaving.owner && leaving.privileges {
        return Ok(());
    }
    let missing = missing(client, manifest, database).await?;
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::usage(format!(
        "the server lacks roles that the backup names: {}; create them first, or restore with \
         --no-owner and --no-privileges",
        missing.join(", ")
    )))
}

/// Makes the missing roles for the time of a drill, without any right. Their comment names the
/// drill, so that a later one can tidy up.
pub(super) async fn lend(client: &Client, missing: &[String], mark: &str) -> Result<()> {
    if missing.is_empty() {
        return Ok(());
    }
    let statements: Vec<_> = missing
        .iter()
        .map(|role| {
            let (role, mark) = (ident(role), literal(mark));
            format!("CREATE ROLE {role} NOLOGIN; COMMENT ON ROLE {role} IS {mark};")
        })
        .collect();
    client
        .batch_execute(&format!("BEGIN; {} COMMIT;", statements.concat()))
        .await
        .map_err(|error| explain(error, format!("cannot create the roles {}", missing.join(", "))))
}

/// Drops the roles that a drill made, once its database is gone.
pub(super) async fn take_back(client: &Client, mark: &str) -> Result<()> {
    let failed = |error| explain(error, "cannot drop the roles of a drill");
    let rows = client
        .query(
            "SELECT rolname::text FROM pg_catalog.pg_roles \
             WHERE pg_catalog.shobj_description(oid, 'pg_authid') = $1",
            &[&mark],
        )
        .await
        .map_err(failed)?;
    for row in rows {
        let role = ident(&row.get::<_, String>(0));
        client.batch_execute(&format!("DROP ROLE {role}")).await.map_err(failed)?;
    }
    Ok(())
}
