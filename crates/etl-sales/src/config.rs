//! The file of `--config`: what tables and columns are called. What it leaves out is as by default.

use postgres::Name;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    pub orders: Orders,
    pub products: Option<Products>,
    pub reports: Reports,
}

/// Where the sales are.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Orders {
    pub table: Name,
    /// Columns, exactly as they are written in the table.
    pub order: String,
    pub product: String,
    pub quantity: String,
    pub price: String,
    pub time: String,
    pub price_is: PriceIs,
    /// Columns, and the values of which one has to be in each.
    pub only: BTreeMap<String, Vec<String>>,
}

/// Of what the price is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PriceIs {
    /// Of one piece.
    #[default]
    Unit,
    /// Of all pieces of the row.
    Total,
}

/// Where names of products are, if `product` is only a number.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Products {
    pub table: Name,
    pub id: String,
    pub name: String,
}

/// Where the reports go.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Reports {
    pub table: Name,
    pub date: String,
    pub total: String,
    pub items: String,
    pub orders: String,
    pub best_product: String,
    pub created: String,
}

impl Default for Orders {
    fn default() -> Self {
        Self {
            table: Name::plain("orders"),
            order: "order_id".to_owned(),
            product: "product_id".to_owned(),
            quantity: "quantity".to_owned(),
            price: "price".to_owned(),
            time: "timestamp".to_owned(),
            price_is: PriceIs::default(),
            only: BTreeMap::new(),
        }
    }
}

impl Default for Reports {
    fn default() -> Self {
        Self {
            table: Name::plain("daily_sales_reports"),
            date: "report_date".to_owned(),
            total: "total_sales".to_owned(),
            items: "items_sold".to_owned(),
            orders: "order_count".to_owned(),
            best_product: "best_product".to_owned(),
            created: "created_at".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(yaml: &str) -> task::Result<Config> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), yaml).unwrap();
        task::config::read(file.path())
    }

    #[test]
    fn what_is_left_out_is_as_by_default() {
        let config =
            read("orders: {table: shop.sales, price: net, only: {state: [paid]}}\n").unwrap();
        assert_eq!(config.orders.table.to_string(), "shop.sales");
        assert_eq!((&*config.orders.price, &*config.orders.time), ("net", "timestamp"));
        assert_eq!(config.orders.only["state"], ["paid"]);
        assert_eq!(config.reports.table.to_string(), "daily_sales_reports");
        assert!(config.products.is_none());
    }

    #[test]
    fn a_mistake_is_named_with_its_place() {
        for (yaml, said) in [
            ("orders:\n  tabel: x\n", "line 2, column 3"),
            ("order:\n  table: x\n", "line 1, column 1"),
            ("orders:\n  price-is: each\n", "line 2"),
            ("orders:\n  table: a.b.c\n", "SCHEMA.TABLE"),
            ("products:\n  table: products\n", "id"),
        ] {
            let error = read(yaml).unwrap_err();
            assert_eq!(error.exit(), task::Exit::Usage);
            assert!(format!("{error:#}").contains(said), "{yaml}: {error:#}");
        }
    }
}
