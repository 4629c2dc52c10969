//! Routines, triggers and events: programs that the server keeps, each with the settings that it was
//! made under.

use crate::names::shown;
use crate::snapshot::show;
use mysql::{Client, Row, explain};
use mysql_async::prelude::Queryable;
use std::collections::BTreeSet;
use task::{Error, Result};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StoredKind {
    Function,
    Procedure,
    Package,
    PackageBody,
    Trigger,
    Event,
}

pub(crate) struct Stored {
    pub kind: StoredKind,
    pub name: String,
}

/// What a program was made under, and runs under.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Context {
    pub sql_mode: String,
    pub time_zone: Option<String>,
    pub client_charset: String,
    pub connection_collation: String,
    pub database_collation: String,
}

impl StoredKind {
    /// After SHOW CREATE.
    fn words(self) -> &'static str {
        match self {
            Self::Function => "FUNCTION",
            Self::Procedure => "PROCEDURE",
            Self::Package => "PACKAGE",
            Self::PackageBody => "PACKAGE BODY",
            Self::Trigger => "TRIGGER",
            Self::Event => "EVENT",
        }
    }

    /// The column with the text.
    fn column(self) -> &'static str {
        match self {
            Self::Function => "Create Function",
            Self::Procedure => "Create Procedure",
            Self::Package => "Create Package",
            Self::PackageBody => "Create Package Body",
            Self::Trigger => "SQL Original Statement",
            Self::Event => "Create Event",
        }
    }
}

impl Stored {
    /// The statement that makes it, and what that is to be run under.
    pub(crate) async fn read(&self, client: &mut Client) -> Result<(Vec<u8>, Context)> {
        let words = self.kind.words();
        let shown = shown(&self.name);
        let what = || format!("the {} {shown}", words.to_lowercase());
        let row = show(client, words, &self.name).await?;
        let row = row.ok_or_else(|| Error::failed(format!("{} is gone", what())))?;
        let text = bytes(&row, self.kind.column()).ok_or_else(|| {
            Error::usage(format!(
                "refusing to back up {}: this account may not see its text",
                what()
            ))
        })?;
        let field = |name: &str| {
            let found = bytes(&row, name).unwrap_or_default();
            String::from_utf8_lossy(&found).into_owned()
        };
        let zone = (self.kind == StoredKind::Event).then(|| field("time_zone"));
        let context = Context {
            sql_mode: field("sql_mode"),
            time_zone: zone,
            client_charset: field("character_set_client"),
            connection_collation: field("collation_connection"),
            database_collation: field("Database Collation"),
        };
        Ok((text, context))
    }
}

/// A column by its name.
pub(crate) fn bytes(row: &Row, name: &str) -> Option<Vec<u8>> {
    let at =
        row.columns_ref().iter().position(|column| column.name_str().eq_ignore_ascii_case(name))?;
    row.get_opt::<Option<Vec<u8>>, _>(at).and_then(Result::ok).flatten()
}

pub(super) async fn routines(client: &mut Client) -> Result<Vec<Stored>> {
    // Packages before their bodies, and functions before what calls them in a definition.
    let listed: Vec<(String, String)> = client
        .query(
            "SELECT ROUTINE_TYPE, ROUTINE_NAME FROM information_schema.ROUTINES
             WHERE ROUTINE_SCHEMA = DATABASE() ORDER BY ROUTINE_TYPE, ROUTINE_NAME",
        )
        .await
        .map_err(|error| explain(error, "cannot read which routines there are"))?;
    let stored = |(kind, name): (String, String)| {
        let kind = match kind.as_str() {
            "FUNCTION" => StoredKind::Function,
            "PROCEDURE" => StoredKind::Procedure,
            "PACKAGE" => StoredKind::Package,
            "PACKAGE BODY" => StoredKind::PackageBody,
            _ => {
                return Err(Error::usage(format!(
                    "refusing to back up: this version of backup-mysql does not know what a {} is, and \
                     {} is one",
                    kind.to_lowercase(),
                    shown(&name)
                )));
            }
        };
        Ok(Stored { kind, name })
    };
    listed.into_iter().map(stored).collect()
}

pub(super) async fn triggers(
    client: &mut Client,
    kept: impl Fn(&str) -> bool,
) -> Result<Vec<Stored>> {
    let listed: Vec<(String, String)> = client
        .query(
            "SELECT EVENT_OBJECT_TABLE, TRIGGER_NAME FROM information_schema.TRIGGERS
             WHERE TRIGGER_SCHEMA = DATABASE()
             ORDER BY EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER",
        )
        .await
        .map_err(|error| explain(error, "cannot read which triggers there are"))?;
    let listed = listed.into_iter().filter(|(table, _)| kept(table));
    Ok(listed.map(|(_, name)| Stored { kind: StoredKind::Trigger, name }).collect())
}

pub(super) async fn events(client: &mut Client) -> Result<Vec<Stored>> {
    let names: Vec<String> = client
        .query(
            "SELECT EVENT_NAME FROM information_schema.EVENTS
             WHERE EVENT_SCHEMA = DATABASE() ORDER BY EVENT_NAME",
        )
        .await
        .map_err(|error| explain(error, "cannot read which events there are"))?;
    Ok(names.into_iter().map(|name| Stored { kind: StoredKind::Event, name }).collect())
}

pub(super) async fn definers(client: &mut Client) -> Result<BTreeSet<String>> {
    let names: Vec<String> = client
        .query(
            "SELECT DEFINER FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE()
             UNION SELECT DEFINER FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE()
             UNION SELECT DEFINER FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()
             UNION SELECT DEFINER FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE()",
        )
        .await
        .map_err(|error| explain(error, "cannot read who defined what"))?;
    Ok(names.into_iter().collect())
}
