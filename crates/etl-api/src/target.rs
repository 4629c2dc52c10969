//! The table that records go into: looked at before anything is changed, made if it is missing.

use crate::config::{self, Config};
use crate::field::Field;
use crate::shape::Form;
use postgres::quote::ident;
use postgres::rows::{rows, text};
use postgres::{Name, Table, creatable};
use task::{Error, Result};
use tokio_postgres::GenericClient;

#[derive(Debug)]
pub(crate) struct Target<'a> {
    config: &'a config::Table,
    /// With its schema.
    pub name: Name,
    pub there: bool,
    pub fields: Vec<Field>,
    /// The types of their columns, for a statement.
    pub declared: Vec<String>,
}

impl<'a> Target<'a> {
    /// Refuses a table of another shape.
    pub(crate) async fn find(client: &impl GenericClient, config: &'a Config) -> Result<Self> {
        let mut fields = checked(config)?;
        encoding(client).await?;
        let wanted = &config.table;
        let Some(found) = Table::find(client, &wanted.name).await? else {
            let name = creatable(client, &wanted.name).await?;
            for (field, (_, column)) in fields.iter_mut().zip(&config.columns.0) {
                field.settle(Form::of(field.kind), false, column)?;
            }
            let declared = fields.iter().map(|field| Form::declared(field.kind).to_owned());
            let declared = declared.collect();
            return Ok(Self { config: wanted, name, there: false, fields, declared });
        };
        if !["r", "p"].contains(&&*found.kind) {
            return Err(Error::usage(format!("{} is no table: records go into one", wanted.name)));
        }
        let mut declared = Vec::new();
        for (field, (name, column)) in fields.iter_mut().zip(&config.columns.0) {
            let there = found.column(name)?;
            if there.computed {
                return Err(Error::usage(format!(
                    "the column {name} of {} is computed by the server: leave it out of --config",
                    found.name
                )));
            }
            let form = Form::fitting(field.kind, there).map_err(|wanted| {
                Error::usage(format!(
                    "the column {name} of {} is {}: it has to be {wanted}, or its type in --config \
                     another",
                    found.name, there.declared
                ))
            })?;
            field.settle(form, there.filled, column)?;
            declared.push(there.declared.clone());
        }
        others(&found, config)?;
        unique(client, &found, &wanted.key).await?;
        Ok(Self { config: wanted, name: found.name, there: true, fields, declared })
    }

    pub(crate) fn key(&self) -> &[String] {
        &self.config.key
    }

    pub(crate) fn synced(&self) -> Option<&str> {
        self.config.synced.as_deref()
    }

    pub(crate) fn removes(&self) -> bool {
        self.config.remove_missing
    }

    /// Whether it is still what it was a moment ago.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.there == other.there && self.name == other.name && self.declared == other.declared
    }

    pub(crate) fn definition(&self) -> String {
        let columns = self.fields.iter().zip(&self.declared).map(|(field, declared)| {
            let filled = if field.open() { "" } else { " NOT NULL" };
            format!("{} {declared}{filled}", ident(&field.name))
        });
        let synced = self.synced().map(|name| format!("{} timestamptz NOT NULL", ident(name)));
        let key: Vec<_> = self.key().iter().map(|name| ident(name)).collect();
        let key = format!("PRIMARY KEY ({})", key.join(", "));
        let all: Vec<_> = columns.chain(synced).chain([key]).collect();
        format!("CREATE TABLE {} ({})", self.name.sql(), all.join(", "))
    }
}

/// What is wrong in a configuration whatever the table is.
fn checked(config: &Config) -> Result<Vec<Field>> {
    let table = &config.table;
    let wrong = |what: String| Err(Error::usage(format!("--config: {what}")));
    if table.key.is_empty() {
        return wrong("table.key names no column: records are told apart by it".to_owned());
    }
    let mut fields = Vec::new();
    for (name, column) in &config.columns.0 {
        if name.is_empty() || name.contains('\0') {
            return wrong(format!("{name:?} is no name of a column"));
        }
        fields.push(Field::new(name, column, table.key.contains(name))?);
    }
    for (place, key) in table.key.iter().enumerate() {
        if !fields.iter().any(|field| field.name == *key) {
            return wrong(format!("the key {key} is not among the columns"));
        }
        if table.key[..place].contains(key) {
            return wrong(format!("the key {key} is named twice"));
        }
    }
    if let Some(synced) = &table.synced
        && fields.iter().any(|field| field.name == *synced)
    {
        return wrong(format!("{synced} is table.synced and among the columns: keep one"));
    }
    if table.remove_missing && config.incremental.is_some() {
        return wrong(
            "table.remove-missing needs all records, and incremental asks for new ones only: keep one"
                .to_owned(),
        );
    }
    Ok(fields)
}

/// Text of any language has to fit, for one letter that does not would fail all.
async fn encoding(client: &impl GenericClient) -> Result<()> {
    let found = rows(client, "SHOW server_encoding", "ask for the encoding").await?;
    match found.first().map(|row| text(row, 0)) {
        Some("UTF8") => Ok(()),
        other => Err(Error::usage(format!(
            "the database has the encoding {}: only one in UTF8 can hold what an API sends",
            other.unwrap_or_default()
        ))),
    }
}

/// Rights, and columns that nothing is said about.
fn others(found: &Table, config: &Config) -> Result<()> {
    let table = &found.name;
    let ours = |name: &str| {
        config.table.synced.as_deref() == Some(name)
            || config.columns.0.iter().any(|(column, _)| column == name)
    };
    if let Some(synced) = &config.table.synced {
        let wanted = ["timestamp with time zone", "timestamp without time zone"];
        found.column_of(synced, &wanted)?;
    }
    for (name, column) in &found.columns {
        if ours(name) && !column.writable {
            return Err(Error::usage(format!(
                "no permission to write {name} of {table}: GRANT SELECT, INSERT, UPDATE ON {} TO the role",
                table.sql()
            )));
        }
        if !ours(name) && column.wanted {
            return Err(Error::usage(format!(
                "the column {name} of {table} has to have a value, and --config has none for it: name \
                 it there, or give it a default"
            )));
        }
    }
    Ok(())
}

/// Without that a record could not find its row.
async fn unique(client: &impl GenericClient, found: &Table, key: &[String]) -> Result<()> {
    let columns: Vec<_> = key.iter().map(String::as_str).collect();
    if found.is_unique(client, &columns).await? {
        return Ok(());
    }
    let quoted: Vec<_> = key.iter().map(|name| ident(name)).collect();
    Err(Error::usage(format!(
        "{} may hold a key twice: remove what is there twice, then CREATE UNIQUE INDEX ON {} ({})",
        found.name,
        found.name.sql(),
        quoted.join(", ")
    )))
}
