//! Subscriptions: written so that they come back disabled and touch no publisher.
//!
//! Which transaction is to be skipped (`ALTER SUBSCRIPTION … SKIP`) is a position in a stream that
//! a restored subscription does not go on with, so it is not saved.

use super::{Catalog, Contents, quote};
use crate::object::{Id, Kind, Object, Part, class};
use serde::Deserialize;
use task::{Error, Result};

#[derive(Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
struct Row {
    oid: u32,
    name: String,
    owner: String,
    connection: String,
    slot: Option<String>,
    synchronous_commit: String,
    publications: Vec<String>,
    binary: bool,
    /// From 14 on.
    streaming: Option<String>,
    two_phase: char,
    disable_on_error: bool,
    password_required: bool,
    run_as_owner: bool,
    origin: String,
    failover: bool,
}

pub(super) async fn read(catalog: &Catalog<'_>, found: &mut Contents) -> Result<()> {
    if !catalog.scope.has_everything() {
        return Ok(());
    }
    let names = names(catalog).await?;
    if names.is_empty() {
        return Ok(());
    }
    if !catalog.may_read("pg_subscription").await? {
        let names: Vec<String> = names.iter().map(|name| quote::ident(name)).collect();
        return Err(Error::usage(format!(
            "the connection of subscription {} cannot be read; back up as a role that may read \
             pg_subscription: a superuser, or a member of pg_read_all_data",
            names.join(", ")
        )));
    }
    for row in catalog.read("subscriptions", &query(catalog)).await? {
        let row: Row = row;
        let id = Id::new(class::SUBSCRIPTION, row.oid);
        let target = format!("SUBSCRIPTION {}", quote::ident(&row.name));
        let ddl = row.create(&target)?
            + &catalog.owner(&target, &row.owner)
            + &catalog.comment_on(&target, id, 0);
        let (kind, part) = (Kind::Subscription, Part::PostData);
        found.objects.push(Object::new(id, kind, part, "", &row.name, ddl));
    }
    Ok(())
}

/// Those of this database: everybody may read so much.
pub(crate) async fn names(catalog: &Catalog<'_>) -> Result<Vec<String>> {
    #[derive(Deserialize)]
    struct Named {
        subname: String,
    }
    let query = "SELECT subname FROM pg_subscription
        WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let rows: Vec<Named> = catalog.read("subscriptions", query).await?;
    Ok(rows.into_iter().map(|row| row.subname).collect())
}

fn query(catalog: &Catalog) -> String {
    let since = |major, column, before| if catalog.at_least(major) { column } else { before };
    let streaming = match catalog.version / 10_000 {
        13 => "NULL",
        14 | 15 => "CASE WHEN substream THEN 't' ELSE 'f' END",
        _ => "substream",
    };
    format!(
        "SELECT s.oid::int8, subname AS name, pg_get_userbyid(subowner) AS owner,
            subconninfo AS connection, subslotname AS slot, subsynccommit AS synchronous_commit,
            subpublications AS publications, {streaming} AS streaming, {} AS binary,
            {} AS two_phase, {} AS disable_on_error, {} AS password_required, {} AS run_as_owner,
            {} AS origin, {} AS failover
         FROM pg_subscription s
         WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())",
        since(14, "subbinary", "false"),
        since(15, "subtwophasestate", "'d'"),
        since(15, "subdisableonerr", "false"),
        since(16, "subpasswordrequired", "true"),
        since(16, "subrunasowner", "false"),
        since(16, "suborigin", "'any'"),
        since(17, "subfailover", "false"),
    )
}

impl Row {
    fn create(&self, target: &str) -> Result<String> {
        let unknown = |what: &str| Error::usage(format!("{target} has an unknown state: {what}"));
        let publications: Vec<String> =
            self.publications.iter().map(|name| quote::ident(name)).collect();
        let slot = self.slot.as_deref().map_or_else(|| "NONE".to_owned(), quote::literal);
        let mut options = format!("connect = false, slot_name = {slot}");
        if self.binary {
            options += ", binary = true";
        }
        // Always said, because the default has changed with 18.
        options += match self.streaming.as_deref() {
            None => "",
            Some("f") => ", streaming = off",
            Some("t") => ", streaming = on",
            Some("p") => ", streaming = parallel",
            Some(other) => return Err(unknown(other)),
        };
        match self.two_phase {
            'd' => {}
            'p' | 'e' => options += ", two_phase = on",
            other => return Err(unknown(&other.to_string())),
        }
        for (differs, option) in [
            (self.disable_on_error, ", disable_on_error = true"),
            (!self.password_required, ", password_required = false"),
            (self.run_as_owner, ", run_as_owner = true"),
            (self.failover, ", failover = true"),
        ] {
            if differs {
                options += option;
            }
        }
        if self.synchronous_commit != "off" {
            options +=
                &format!(", synchronous_commit = {}", quote::literal(&self.synchronous_commit));
        }
        if self.origin != "any" {
            options += &format!(", origin = {}", quote::literal(&self.origin));
        }
        Ok(format!(
            "CREATE {target} CONNECTION {} PUBLICATION {} WITH ({options});\n",
            quote::literal(&self.connection),
            publications.join(", ")
        ))
    }
}
