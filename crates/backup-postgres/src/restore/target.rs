//! Where a restore goes: a server on which databases are made and dropped, and an empty database.

use super::{Leaving, locale, parts};
use backup::manifest::Manifest;
use backup::restoring;
use postgres::quote::{ident, literal};
use postgres::{Client, Endpoint, explain};
use task::{Error, Exit, Result, Task};
use tokio_postgres::error::SqlState;

/// A connection for making and dropping databases.
pub(crate) struct Server {
    pub(super) client: Client,
    pub(super) major: u32,
    pub(super) maintenance: Endpoint,
}

impl Server {
    /// Connects to a database that is there on nearly every server, or to one of `others`.
    pub(crate) async fn connect(task: &Task, endpoint: &Endpoint, others: &[&str]) -> Result<Self> {
        let mut first = None;
        for name in others.iter().chain(&["postgres", "template1"]) {
            let maintenance = endpoint.with_database(name);
            match maintenance.connect_waiting(task, "nightshift restore").await {
                Ok(client) => {
                    let writable = client.batch_execute(parts::WRITABLE).await;
                    writable.map_err(|error| explain(error, "cannot prepare a session"))?;
                    let major = major(&client).await?;
                    return Ok(Self { client, major, maintenance });
                }
                Err(error) if error.exit() == Exit::Usage => {
                    first.get_or_insert(error);
                }
                Err(error) => return Err(error),
            }
        }
        Err(first.unwrap_or_else(|| Error::usage(format!("cannot connect to {endpoint}"))))
    }

    pub(super) async fn has(&self, name: &str) -> Result<bool> {
        let query = "SELECT 1 FROM pg_catalog.pg_database WHERE datname = $1";
        let found = self.client.query_opt(query, &[&name]).await;
        let found = found.map_err(|error| explain(error, "cannot read the list of databases"))?;
        Ok(found.is_some())
    }

    pub(super) async fn refuse_existing(&self, name: &str) -> Result<()> {
        if self.has(name).await? {
            return Err(Error::usage(format!(
                "the database {name} exists: restore without --create, or drop it first"
            )));
        }
        Ok(())
    }

    /// Makes a database as the backup's was: encoding, locale, tablespace.
    pub(super) async fn create(
        &self,
        name: &str,
        manifest: &Manifest,
        leaving: Leaving,
    ) -> Result<()> {
        let mut like = locale::clauses(&manifest.properties, self.major)?;
        let tablespace = manifest.properties.get("tablespace");
        if let Some(tablespace) = tablespace.filter(|_| !leaving.tablespaces) {
            like += &format!(" TABLESPACE {}", ident(tablespace));
        }
        self.create_with(name, &like).await.map_err(|error| {
            if is_locale(&error) {
                let message = format!(
                    "cannot create the database {name} with the backup's locale ({like}): install \
                     that locale on the server, or create the database yourself and restore \
                     without --create"
                );
                return Error::usage(message).because(error);
            }
            explain(error, format!("cannot create the database {name}"))
        })
    }

    /// The same, but a locale that this server lacks becomes C: rows do not depend on it.
    pub(super) async fn create_leniently(&self, name: &str, manifest: &Manifest) -> Result<()> {
        let wanted = locale::clauses(&manifest.properties, self.major);
        let like = wanted.unwrap_or_else(|error| {
            tracing::warn!("{error:#}: drilling with the locale C");
            locale::plain(&manifest.properties)
        });
        match self.create_with(name, &like).await {
            Err(error) if is_locale(&error) => {
                tracing::warn!("{}: drilling with the locale C", error.to_string());
                let like = locale::plain(&manifest.properties);
                self.create_with(name, &like).await
            }
            done => done,
        }
        .map_err(|error| explain(error, format!("cannot create the scratch database {name}")))
    }

    async fn create_with(&self, name: &str, like: &str) -> Result<(), tokio_postgres::Error> {
        let name = ident(name);
        self.client
            .batch_execute(&format!("CREATE DATABASE {name} TEMPLATE template0 {like}"))
            .await
    }

    /// Drops a database whoever is connected; over a new connection, if this one was lost.
    pub(super) async fn drop(&self, name: &str) -> Result<()> {
        restoring::dropping(name, self.drop_now(name)).await
    }

    async fn drop_now(&self, name: &str) -> Result<()> {
        let fresh;
        let lost = self.client.batch_execute("").await.is_err_and(|error| error.is_closed());
        let client = if lost {
            fresh = self.maintenance.connect("nightshift restore").await?;
            &fresh
        } else {
            &self.client
        };
        let failed = |error| explain(error, format!("cannot drop the database {name}"));
        let subscriptions = client
            .query(
                "SELECT subname::text FROM pg_catalog.pg_subscription s \
                 JOIN pg_catalog.pg_database d ON d.oid = subdbid WHERE datname = $1",
                &[&name],
            )
            .await
            .map_err(failed)?;
        if !subscriptions.is_empty() {
            let inside = self.maintenance.with_database(name).connect("nightshift restore").await?;
            for row in &subscriptions {
                // Its slot, if there is one, is the original's: the publisher must keep it.
                let name = ident(row.get(0));
                let forget = format!(
                    "ALTER SUBSCRIPTION {name} DISABLE; \
                     ALTER SUBSCRIPTION {name} SET (slot_name = NONE); DROP SUBSCRIPTION {name}"
                );
                inside.batch_execute(&forget).await.map_err(failed)?;
            }
        }
        // One that a backup made a template cannot be dropped as it is; others do not mind.
        let plain = format!("ALTER DATABASE {} IS_TEMPLATE false", ident(name));
        let _ = client.batch_execute(&plain).await;
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", ident(name));
        client.batch_execute(&statement).await.map_err(failed)
    }
}

/// An unknown locale, or one that does not go with the encoding.
fn is_locale(error: &tokio_postgres::Error) -> bool {
    let states = [
        SqlState::WRONG_OBJECT_TYPE,
        SqlState::INVALID_PARAMETER_VALUE,
        SqlState::INVALID_OBJECT_DEFINITION,
        SqlState::FEATURE_NOT_SUPPORTED,
    ];
    error.code().is_some_and(|code| states.contains(code))
}

async fn major(client: &Client) -> Result<u32> {
    let row = client
        .query_one("SELECT pg_catalog.current_setting('server_version_num')::int4 / 10000", &[])
        .await
        .map_err(|error| explain(error, "cannot read the server's version"))?;
    Ok(u32::try_from(row.get::<_, i32>(0)).unwrap_or_default())
}

/// Refuses a database that holds anything of a user.
pub(super) async fn refuse_objects(client: &Client, endpoint: &Endpoint) -> Result<()> {
    let found = objects(client).await?;
    if found.is_empty() {
        return Ok(());
    }
    Err(Error::usage(format!(
        "{endpoint} is not empty: it holds {}; restore into an empty database, make one with \
         --create, or drop all of this with --clean",
        some(&found)
    )))
}

/// A few of them, for a message.
pub(super) fn some(objects: &[Object]) -> String {
    let named: Vec<_> =
        objects.iter().take(5).map(|object| format!("{} {}", object.kind, object.name)).collect();
    match objects.len() - named.len() {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

/// A user's object that belongs to no other one.
pub(super) struct Object {
    /// As in `pg_identify_object`: `table`, `foreign-data wrapper`, …
    pub(super) kind: String,
    /// Quoted where it must be.
    pub(super) name: String,
}

/// What belongs to another object of the user, or cannot be identified.
const PARTS: &str = "'pg_enum', 'pg_attrdef', 'pg_constraint', 'pg_trigger', 'pg_rewrite', \
    'pg_amop', 'pg_amproc', 'pg_policy', 'pg_publication_rel', 'pg_publication_namespace'";

/// All objects of users. From the catalogs themselves, because not every object is in `pg_depend`.
pub(super) async fn objects(client: &Client) -> Result<Vec<Object>> {
    let unreadable = |error| explain(error, "cannot read what the database holds");
    let catalogs = client
        .query(
            &format!(
                "SELECT c.relname::text FROM pg_catalog.pg_class c \
                 JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = 'oid' \
                 WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind = 'r' \
                 AND NOT c.relisshared AND c.relname NOT IN ({PARTS}) ORDER BY 1"
            ),
            &[],
        )
        .await
        .map_err(unreadable)?;
    let all: Vec<_> = catalogs
        .iter()
        .map(|row| {
            let catalog = row.get::<_, String>(0);
            let class = catalog.strip_suffix("_metadata").unwrap_or(&catalog);
            // Of large objects, users choose the numbers; who has user mappings, only a view tells
            // everybody.
            let (relation, oid, first) = match catalog.as_str() {
                "pg_largeobject_metadata" => (catalog.as_str(), "oid", 1),
                "pg_user_mapping" => ("pg_user_mappings", "umid", 16384),
                catalog => (catalog, "oid", 16384),
            };
            format!(
                "SELECT {}::regclass AS class, {oid} AS oid FROM pg_catalog.{} \
                 WHERE {oid} >= {first}",
                literal(&format!("pg_catalog.{class}")),
                ident(relation)
            )
        })
        .collect();
    let rows = client.query(&query(&all.join(" UNION ALL ")), &[]).await.map_err(unreadable)?;
    Ok(rows.iter().map(|row| Object { kind: row.get(0), name: row.get(1) }).collect())
}

fn query(all: &str) -> String {
    format!(
        "WITH found AS ({all}) \
         SELECT i.type, coalesce(i.identity, '?') FROM found f \
         CROSS JOIN LATERAL pg_catalog.pg_identify_object(f.class, f.oid, 0) i \
         WHERE i.type IS NOT NULL \
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = f.class \
             AND d.objid = f.oid AND d.objsubid = 0 AND d.deptype IN ('e', 'i')) \
         AND coalesce(i.schema, '') NOT IN ('pg_toast') \
         AND coalesce(i.schema, '') NOT LIKE 'pg\\_temp\\_%' \
         AND coalesce(i.schema, '') NOT LIKE 'pg\\_toast\\_temp\\_%' \
         AND NOT (i.type = 'schema' AND (i.identity = 'public' OR i.identity LIKE 'pg\\_t%')) \
         AND NOT (i.type = 'extension' AND i.identity = 'plpgsql') \
         ORDER BY i.type = 'table' DESC, i.type, 2"
    )
}
