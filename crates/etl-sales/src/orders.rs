//! The table of sales: whether it is as the configuration says, and its columns as expressions of SQL.

use crate::config::{self, Config, PriceIs};
use crate::day::Clock;
use jiff::tz::TimeZone;
use postgres::Table;
use postgres::quote::{ident, literal};
use task::Result;
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

impl Orders {
    pub(crate) async fn find(
        transaction: &Transaction<'_>,
        config: &Config,
        clocks: &TimeZone,
    ) -> Result<Self> {
        let config::Orders { order, product, quantity, price, time, .. } = &config.orders;
        let table = Table::readable(transaction, &config.orders.table).await?;
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
                let names = Table::readable(transaction, &products.table).await?;
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
