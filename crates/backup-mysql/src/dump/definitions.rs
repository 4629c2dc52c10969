//! All that is not rows, as the server prints it, each looked at with the eyes of the stock client.

use super::part;
use super::script::Script;
use crate::names::shown;
use crate::schema::{Context, Schema, Stored};
use crate::script::{Mode, gate, statements};
use crate::snapshot::show;
use backup::writer::Writer;
use mysql::quote::{ident, literal};
use mysql::{Client, explain};
use mysql_async::prelude::Queryable;
use std::sync::Arc;
use task::{Error, Result};

/// The settings that the file begins with, and how it leaves those of the client. No name of the user's
/// stands in a comment, here or anywhere.
pub(super) const BEGIN: &str = "SET NAMES utf8mb4;
SET @nightshift_time_zone = @@SESSION.time_zone, @nightshift_sql_mode = @@SESSION.sql_mode, @nightshift_foreign_key_checks = @@SESSION.foreign_key_checks, @nightshift_unique_checks = @@SESSION.unique_checks, @nightshift_sql_notes = @@SESSION.sql_notes;
SET SESSION time_zone = '+00:00', sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES', foreign_key_checks = 0, unique_checks = 0, sql_notes = 0;
";
pub(super) const END: &str = "SET SESSION time_zone = @nightshift_time_zone, sql_mode = @nightshift_sql_mode, foreign_key_checks = @nightshift_foreign_key_checks, unique_checks = @nightshift_unique_checks, sql_notes = @nightshift_sql_notes;
";
/// MariaDB from 10.11 on; others have no history to bring back.
const HISTORY: &str = "/*M!101100 SET SESSION system_versioning_insert_history = 1 */;
";

pub(super) struct Definitions<'a> {
    client: &'a mut Client,
    schema: &'a Schema,
    script: Script<'a>,
    no_definer: bool,
    /// What the session that reads the file is set to by now.
    context: Context,
    hash: Hash,
}

/// Of the tables' definitions, to see that they stay as they are. Numbers that rows count up are no part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Hash(u64);

impl Hash {
    fn add(&mut self, definition: &[u8]) {
        use std::hash::{DefaultHasher, Hasher};
        let mut hasher = DefaultHasher::new();
        hasher.write_u64(self.0);
        hasher.write(&without_counter(definition));
        self.0 = hasher.finish();
    }
}

impl<'a> Definitions<'a> {
    pub(super) fn new(
        client: &'a mut Client,
        schema: &'a Schema,
        writer: &'a Arc<Writer>,
        no_definer: bool,
    ) -> Self {
        let context = standard(schema);
        let script = Script::new(writer);
        Self { client, schema, script, no_definer, context, hash: Hash::default() }
    }

    pub(super) fn longest(&self) -> u64 {
        self.script.longest()
    }

    pub(super) fn fingerprint(&self) -> Hash {
        self.hash
    }

    pub(super) async fn before_rows(&mut self) -> Result<()> {
        let version = self.client.version().to_string();
        let tool = env!("CARGO_PKG_VERSION");
        let head =
            format!("-- database saved by Nightshift backup-mysql {tool} from {version}\n{BEGIN}");
        self.script.push(head.as_bytes()).await?;
        if self.client.version().mariadb {
            self.script.push(HISTORY.as_bytes()).await?;
        }
        self.script.part(part::DATABASE).await?;
        let database = of_database(&self.schema.collation);
        self.script.push(database.as_bytes()).await?;
        self.script.part(part::PRE_DATA).await?;
        for name in &self.schema.sequences {
            self.sequence(name).await?;
        }
        for table in &self.schema.tables {
            let text = self.table(&table.name).await?;
            self.hash.add(&text);
            self.plain(&text, "table", &table.name).await?;
        }
        for view in &self.schema.views {
            self.placeholder(view).await?;
        }
        for routine in &self.schema.routines {
            self.stored(routine).await?;
        }
        self.settle(&standard(self.schema)).await?;
        self.script.flush().await
    }

    pub(super) async fn after_rows(&mut self) -> Result<()> {
        self.script.part(part::VIEWS).await?;
        for view in &self.schema.views {
            self.view(view).await?;
        }
        self.settle(&standard(self.schema)).await?;
        self.script.part(part::TRIGGERS).await?;
        for trigger in &self.schema.triggers {
            self.stored(trigger).await?;
        }
        self.settle(&standard(self.schema)).await?;
        self.script.part(part::EVENTS).await?;
        for event in &self.schema.events {
            self.stored(event).await?;
        }
        self.settle(&standard(self.schema)).await?;
        self.script.part(part::FINAL).await?;
        self.script.push(END.as_bytes()).await?;
        self.script.flush().await
    }

    /// Where nothing holds the schema: it must still be what it was.
    pub(super) async fn compare(&mut self, before: Hash) -> Result<()> {
        let mut now = Hash::default();
        for table in &self.schema.tables {
            now.add(&self.table(&table.name).await?);
        }
        if now == before {
            return Ok(());
        }
        Err(Error::failed("the tables were changed (ALTER TABLE or the like) while the backup ran"))
    }

    async fn table(&mut self, name: &str) -> Result<Vec<u8>> {
        let row = show(self.client, "TABLE", name).await?;
        let text = row.and_then(|row| crate::schema::bytes(&row, "Create Table"));
        let text =
            text.ok_or_else(|| Error::failed(format!("the table {} is gone", shown(name))))?;
        Ok(without_database(&text, &self.schema.name))
    }

    async fn sequence(&mut self, name: &str) -> Result<()> {
        let row = show(self.client, "SEQUENCE", name).await?;
        let text = row.and_then(|row| crate::schema::bytes(&row, "Create Table"));
        let text =
            text.ok_or_else(|| Error::failed(format!("the sequence {} is gone", shown(name))))?;
        self.plain(&text, "sequence", name).await?;
        let quoted = ident(name);
        let state: Option<(i128, u64)> = self
            .client
            .query_first(format!("SELECT next_not_cached_value, cycle_count FROM {quoted}"))
            .await
            .map_err(|error| explain(error, format!("cannot read the sequence {}", shown(name))))?
            .map(|(next, cycle): (String, u64)| (next.parse().unwrap_or_default(), cycle));
        let (next, cycle) =
            state.ok_or_else(|| Error::failed(format!("the sequence {} is empty", shown(name))))?;
        self.script.push(format!("DO SETVAL({quoted}, {next}, 0, {cycle});\n").as_bytes()).await
    }

    /// A view with the right columns and no more, so that what needs it can be made; all views come
    /// after it as they are, in any order.
    async fn placeholder(&mut self, name: &str) -> Result<()> {
        let columns: Vec<String> = self
            .client
            .query(format!(
                "SELECT COLUMN_NAME FROM information_schema.COLUMNS
                 WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = {} ORDER BY ORDINAL_POSITION",
                literal(name)
            ))
            .await
            .map_err(|error| explain(error, format!("cannot read the view {}", shown(name))))?;
        if columns.is_empty() {
            return Err(Error::usage(format!(
                "refusing to back up the view {}: it refers to what is not there any more, so that no \
                 server would take it; mend it, drop it, or leave it out by --exclude-table",
                shown(name)
            )));
        }
        let columns: Vec<String> =
            columns.iter().map(|column| format!("1 AS {}", ident(column))).collect();
        let statement = format!("CREATE VIEW {} AS SELECT {};\n", ident(name), columns.join(", "));
        self.script.push(statement.as_bytes()).await
    }

    async fn view(&mut self, name: &str) -> Result<()> {
        let row = show(self.client, "VIEW", name).await?;
        let gone = || Error::failed(format!("the view {} is gone", shown(name)));
        let row = row.ok_or_else(gone)?;
        let text = crate::schema::bytes(&row, "Create View").ok_or_else(gone)?;
        let field = |name: &str| {
            let found = crate::schema::bytes(&row, name).unwrap_or_default();
            String::from_utf8_lossy(&found).into_owned()
        };
        let context = Context {
            client_charset: field("character_set_client"),
            connection_collation: field("collation_connection"),
            ..standard(self.schema)
        };
        self.settle(&context).await?;
        self.script.push(format!("DROP VIEW IF EXISTS {};\n", ident(name)).as_bytes()).await?;
        let text = self.definer(text);
        self.plain(&text, "view", name).await
    }

    async fn stored(&mut self, stored: &Stored) -> Result<()> {
        let (text, context) = stored.read(self.client).await?;
        self.settle(&context).await?;
        let mode = Mode::of(&context.sql_mode);
        let text = self.definer(text);
        let statement = gate::compound(&text, mode).map_err(|refused| {
            Error::usage(format!("cannot write {} safely: {refused}", shown(&stored.name)))
        })?;
        self.script.push(&statement).await
    }

    async fn plain(&mut self, text: &[u8], kind: &str, name: &str) -> Result<()> {
        let statement = gate::plain(text).map_err(|refused| {
            Error::usage(format!("cannot write the {kind} {} safely: {refused}", shown(name)))
        })?;
        self.script.push(&statement).await
    }

    fn definer(&self, text: Vec<u8>) -> Vec<u8> {
        if self.no_definer { statements::without_definer(&text).into_owned() } else { text }
    }

    /// Sets what differs.
    async fn settle(&mut self, wanted: &Context) -> Result<()> {
        let now = &self.context;
        let mut sets = Vec::new();
        let mut set = |name: &str, now: &str, wanted: &str| {
            if now != wanted {
                sets.push(format!("{name} = {}", literal(wanted)));
            }
        };
        let zone =
            |context: &Context| context.time_zone.clone().unwrap_or_else(|| "+00:00".to_owned());
        set("sql_mode", &now.sql_mode, &wanted.sql_mode);
        set("time_zone", &zone(now), &zone(wanted));
        let mut statement = String::new();
        if wanted.connection_collation.is_empty() {
            if !now.connection_collation.is_empty() {
                statement += "SET NAMES utf8mb4;\n";
            }
        } else {
            set("character_set_client", &now.client_charset, &wanted.client_charset);
            set("collation_connection", &now.connection_collation, &wanted.connection_collation);
        }
        if !sets.is_empty() {
            statement += &format!("SET SESSION {};\n", sets.join(", "));
        }
        if now.database_collation != wanted.database_collation {
            statement += &of_database(&wanted.database_collation);
        }
        self.context = wanted.clone();
        if statement.is_empty() { Ok(()) } else { self.script.push(statement.as_bytes()).await }
    }
}

/// Of the current database, whatever its name.
fn of_database(collation: &str) -> String {
    format!("ALTER DATABASE COLLATE = {};\n", literal(collation))
}

/// As the file's beginning sets it: its collation is the server's own for utf8mb4.
fn standard(schema: &Schema) -> Context {
    Context {
        sql_mode: "NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES".to_owned(),
        time_zone: None,
        client_charset: "utf8mb4".to_owned(),
        connection_collation: String::new(),
        database_collation: schema.collation.clone(),
    }
}

/// MariaDB names the database of a sequence in a default, also where it is the table's own; the file is
/// for a database of any name.
fn without_database(definition: &[u8], database: &str) -> Vec<u8> {
    let own = [ident(database).as_bytes(), b"."].concat();
    let mut kept = Vec::with_capacity(definition.len());
    let (mut rest, mut quote) = (definition, None);
    while let [first, after @ ..] = rest {
        if quote.is_none() && rest.starts_with(&own) {
            rest = &rest[own.len()..];
            continue;
        }
        match quote {
            // What a backslash escapes ends no string; names have no escapes.
            Some(b'\'') if *first == b'\\' => {
                let length = rest.len().min(2);
                kept.extend_from_slice(&rest[..length]);
                rest = &rest[length..];
                continue;
            }
            // Doubled, it stands for itself.
            Some(open) if open == *first && after.first() == Some(&open) => {
                kept.extend_from_slice(&rest[..2]);
                rest = &rest[2..];
                continue;
            }
            Some(open) if open == *first => quote = None,
            None if [b'\'', b'`'].contains(first) => quote = Some(*first),
            _ => {}
        }
        kept.push(*first);
        rest = after;
    }
    kept
}

/// A table's definition without the number that the next row gets.
fn without_counter(definition: &[u8]) -> Vec<u8> {
    let mark = b" AUTO_INCREMENT=";
    let Some(at) = memchr::memmem::rfind(definition, mark) else { return definition.to_vec() };
    let digits =
        definition[at + mark.len()..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    [&definition[..at], &definition[at + mark.len() + digits..]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_database_is_named_nowhere_but_in_strings() {
        let text = b"CREATE TABLE `a` (`src` int DEFAULT nextval(`src`.`s`) COMMENT '`src`.\\'`src`.', `b``src`.)";
        let wanted = b"CREATE TABLE `a` (`src` int DEFAULT nextval(`s`) COMMENT '`src`.\\'`src`.', `b``src`.)";
        assert_eq!(without_database(text, "src"), wanted);
    }

    #[test]
    fn the_counter_is_no_part_of_a_definition() {
        let counted = |number: u32| {
            format!("CREATE TABLE `a` (..) ENGINE=InnoDB AUTO_INCREMENT={number} CHARSET=x")
        };
        assert_eq!(
            without_counter(counted(7).as_bytes()),
            without_counter(counted(1234).as_bytes())
        );
        assert_eq!(without_counter(b"CREATE TABLE a"), b"CREATE TABLE a");
    }
}
