//! A table as the server has it: where it lies, its columns, and what may be done with them.

use crate::Name;
use crate::quote::{ident, literal};
use crate::rows::{rows, text};
use std::collections::BTreeMap;
use task::{Error, Result};
use tokio_postgres::GenericClient;

/// A table or view that is there.
#[derive(Debug)]
pub struct Table {
    pub oid: String,
    pub name: Name,
    pub kind: String,
    pub columns: BTreeMap<String, Column>,
}

#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own in the catalog")]
pub struct Column {
    pub number: String,
    /// Without length or precision, and of a domain what it is made of.
    pub kind: String,
    /// As it was declared.
    pub declared: String,
    /// Length or precision as the catalog has them; -1 is none.
    pub modifier: i32,
    /// Computed by the server, always.
    pub computed: bool,
    /// May not be NULL.
    pub filled: bool,
    pub readable: bool,
    /// May be inserted and updated.
    pub writable: bool,
    /// Has to be given a value.
    pub wanted: bool,
}

impl Table {
    /// Names are looked up as any statement would do it: along the search path, if there is no schema.
    pub async fn find(client: &impl GenericClient, name: &Name) -> Result<Option<Self>> {
        let sql = format!(
            "SELECT c.oid, n.nspname, c.relname, c.relkind
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE c.oid = pg_catalog.to_regclass({})",
            literal(&name.sql())
        );
        let found = rows(client, &sql, format!("look for the table {name}")).await?;
        let Some(row) = found.first() else { return Ok(None) };
        let mut table = Self {
            oid: text(row, 0).to_owned(),
            name: Name::in_schema(text(row, 1), text(row, 2)),
            kind: text(row, 3).to_owned(),
            columns: BTreeMap::new(),
        };
        let sql = format!(
            "SELECT a.attname, a.attnum,
                pg_catalog.format_type(COALESCE(NULLIF(t.typbasetype, 0), t.oid), NULL),
                pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'SELECT'),
                pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'INSERT')
                AND pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'UPDATE'),
                a.attnotnull AND NOT a.atthasdef AND a.attidentity = '',
                pg_catalog.format_type(a.atttypid, a.atttypmod), a.atttypmod,
                a.attgenerated <> '' OR a.attidentity = 'a', a.attnotnull
            FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
            WHERE a.attrelid = {} AND a.attnum > 0 AND NOT a.attisdropped",
            table.oid
        );
        for row in rows(client, &sql, format!("look at the table {name}")).await? {
            let column = Column {
                number: text(&row, 1).to_owned(),
                kind: text(&row, 2).to_owned(),
                readable: text(&row, 3) == "t",
                writable: text(&row, 4) == "t",
                wanted: text(&row, 5) == "t",
                declared: text(&row, 6).to_owned(),
                modifier: text(&row, 7).parse().unwrap_or(-1),
                computed: text(&row, 8) == "t",
                filled: text(&row, 9) == "t",
            };
            table.columns.insert(text(&row, 0).to_owned(), column);
        }
        Ok(Some(table))
    }

    /// One that may be read from, with a word about what to do if there is none.
    pub async fn readable(client: &impl GenericClient, name: &Name) -> Result<Self> {
        let found = Self::find(client, name).await?;
        let found = found.ok_or_else(|| {
            Error::usage(format!(
                "there is no table {name}: names are taken exactly as written, and --config tells which"
            ))
        })?;
        match &*found.kind {
            "r" | "p" | "v" | "m" | "f" => Ok(found),
            _ => Err(Error::usage(format!("{name} is no table: name a table or a view"))),
        }
    }

    /// One that may be read.
    pub fn column(&self, column: &str) -> Result<&Column> {
        let table = &self.name;
        match self.columns.get(column) {
            None => {
                let all: Vec<_> = self.columns.keys().map(String::as_str).collect();
                Err(Error::usage(format!(
                    "the table {table} has no column {column}: it has {}",
                    all.join(", ")
                )))
            }
            Some(found) if !found.readable => Err(Error::usage(format!(
                "no permission to read {column} of {table}: GRANT SELECT ON {} TO the role",
                table.sql()
            ))),
            Some(found) => Ok(found),
        }
    }

    /// One of these types.
    pub fn column_of(&self, column: &str, kinds: &[&str]) -> Result<String> {
        let found = self.column(column)?;
        if kinds.contains(&&*found.kind) {
            return Ok(found.kind.clone());
        }
        Err(Error::usage(format!(
            "the column {column} of {} is {}: it has to be {}",
            self.name,
            found.kind,
            kinds.join(" or ")
        )))
    }

    /// Whether no two rows can have the same values in these columns, in the way that ON CONFLICT wants.
    pub async fn is_unique(&self, client: &impl GenericClient, columns: &[&str]) -> Result<bool> {
        let mut numbers = Vec::new();
        for column in columns {
            numbers.push(self.column(column)?.number.as_str());
        }
        let sql = format!(
            "SELECT 1 FROM pg_catalog.pg_index WHERE indrelid = {} AND indisunique AND indisvalid
            AND indimmediate AND indpred IS NULL AND indexprs IS NULL AND indnkeyatts = {}
            AND (indkey::int2[])[0:indnkeyatts - 1] @> ARRAY[{}]::int2[]",
            self.oid,
            columns.len(),
            numbers.join(", ")
        );
        let doing = format!("look at the indexes of {}", self.name);
        Ok(!rows(client, &sql, doing).await?.is_empty())
    }
}

/// Where a table that is missing would be made.
pub async fn creatable(client: &impl GenericClient, name: &Name) -> Result<Name> {
    let schema = name.schema.as_deref().map_or("current_schema()".to_owned(), literal);
    let sql = format!(
        "SELECT nspname, has_schema_privilege(oid, 'CREATE') FROM pg_catalog.pg_namespace
        WHERE nspname = {schema}"
    );
    let found = rows(client, &sql, format!("look for a place for {name}")).await?;
    match found.first() {
        None => Err(Error::usage(format!(
            "there is no table {name}, and no schema to make it in: name one that is there"
        ))),
        Some(row) if text(row, 1) != "t" => Err(Error::usage(format!(
            "there is no table {name}, and no permission to make it: GRANT CREATE ON SCHEMA {} TO the \
             role, or make it",
            ident(text(row, 0))
        ))),
        Some(row) => Ok(Name::in_schema(text(row, 0), &name.table)),
    }
}
