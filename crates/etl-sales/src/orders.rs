//! The table of sales: whether it is as the configuration says, and its columns as expressions of SQL.

use crate::config::{self, Config, PriceIs};
use crate::day::Clock;
use crate::name::Name;
use crate::rows::{rows, text};
use jiff::tz::TimeZone;
use postgres::quote::{ident, literal};
use std::collections::BTreeMap;
use task::{Error, Result};
use tokio_postgres::Transaction;

/// What may be added up exactly. The last two are not exact themselves, and are taken as they print.
const NUMBERS: [&str; 7] =
    ["smallint", "integer", "bigint", "numeric", "money", "real", "double precision"];

#[derive(Debug)]
pub(crate) struct Orders {
    /// For a statement, with its schema.
    pub table: String,
    pub order: String,
    pub product: String,
    pub quantity: String,
    pub amount: String,
    pub time: String,
    pub clock: Clock,
    /// Further conditions, each beginning with AND.
    pub only: String,
    /// A query for the name of the product `placed.product`.
    pub product_name: Option<String>,
    /// What a reader has to know of the numbers.
    pub inexact: Vec<String>,
}

/// A table or view that is there.
#[derive(Debug)]
pub(crate) struct Found {
    pub oid: String,
    pub name: Name,
    pub kind: String,
    pub columns: BTreeMap<String, Column>,
}

#[derive(Debug)]
pub(crate) struct Column {
    pub number: String,
    pub kind: String,
    pub readable: bool,
    /// May be inserted and updated.
    pub writable: bool,
    /// Has to be given a value.
    pub wanted: bool,
}

impl Orders {
    pub(crate) async fn find(
        transaction: &Transaction<'_>,
        config: &Config,
        clocks: &TimeZone,
    ) -> Result<Self> {
        let config::Orders { order, product, quantity, price, time, .. } = &config.orders;
        let table = Found::readable(transaction, &config.orders.table).await?;
        for column in [order, product].into_iter().chain(config.orders.only.keys()) {
            table.column(column)?;
        }
        let mut inexact = Vec::new();
        for column in [quantity, price] {
            let kind = table.column_of(column, &NUMBERS)?;
            if ["real", "double precision"].contains(&&*kind) {
                inexact.push(format!("{column} is {kind}, and taken as it prints"));
            }
        }
        let clock = match &*table
            .column_of(time, &["timestamp with time zone", "timestamp without time zone"])?
        {
            "timestamp with time zone" => Clock::Moments,
            _ => Clock::Shown(clocks.clone()),
        };
        let number = |column: &str| format!("{}::numeric", ident(column));
        let (quantity, price) = (number(quantity), number(price));
        let amount = match config.orders.price_is {
            PriceIs::Unit => format!("{quantity} * {price}"),
            PriceIs::Total => price,
        };
        let only = config.orders.only.iter().map(|(column, values)| {
            let values: Vec<_> = values.iter().map(|value| literal(value)).collect();
            // Without a value nothing fits.
            format!(
                " AND {}::text IN ({})",
                ident(column),
                [&["NULL".to_owned()], &*values].concat().join(", ")
            )
        });
        let product_name = match &config.products {
            None => None,
            Some(products) => {
                let names = Found::readable(transaction, &products.table).await?;
                names.column(&products.id)?;
                names.column(&products.name)?;
                Some(format!(
                    "SELECT min(p.{}::text COLLATE \"C\") FROM {} p WHERE p.{} = placed.product",
                    ident(&products.name),
                    names.name.sql(),
                    ident(&products.id)
                ))
            }
        };
        Ok(Self {
            table: table.name.sql(),
            order: ident(order),
            product: ident(product),
            quantity,
            amount,
            time: ident(time),
            clock,
            only: only.collect(),
            product_name,
            inexact,
        })
    }
}

impl Found {
    /// Names are looked up as any statement would do it: along the search path, if there is no schema.
    pub(crate) async fn find(transaction: &Transaction<'_>, name: &Name) -> Result<Option<Self>> {
        let sql = format!(
            "SELECT c.oid, n.nspname, c.relname, c.relkind
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE c.oid = pg_catalog.to_regclass({})",
            literal(&name.sql())
        );
        let found = rows(transaction, &sql, format!("look for the table {name}")).await?;
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
                a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''
            FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
            WHERE a.attrelid = {} AND a.attnum > 0 AND NOT a.attisdropped",
            table.oid
        );
        for row in rows(transaction, &sql, format!("look at the table {name}")).await? {
            let column = Column {
                number: text(&row, 1).to_owned(),
                kind: text(&row, 2).to_owned(),
                readable: text(&row, 3) == "t",
                writable: text(&row, 4) == "t",
                wanted: text(&row, 5) == "t",
            };
            table.columns.insert(text(&row, 0).to_owned(), column);
        }
        Ok(Some(table))
    }

    async fn readable(transaction: &Transaction<'_>, name: &Name) -> Result<Self> {
        let found = Self::find(transaction, name).await?;
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
    pub(crate) fn column(&self, column: &str) -> Result<&Column> {
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
    pub(crate) fn column_of(&self, column: &str, kinds: &[&str]) -> Result<String> {
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
}
