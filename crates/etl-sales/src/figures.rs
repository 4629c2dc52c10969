//! What was sold on a day. The server reads the day's rows once, adds up all that is asked of them, and sends
//! sums as text; the time column is compared with constants, so that an index on it is used.

use crate::day::{Day, Hour};
use crate::decimal::is_finite;
use crate::orders::Orders;
use postgres::rows::{Row, rows, text};
use task::{Error, Result};
use tokio_postgres::Transaction;

#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub all: Sum,
    /// Per order, to the cent. None if there was no order.
    pub average: Option<String>,
    /// The best first.
    pub products: Vec<(Product, Sum)>,
    /// How many there are, told of or not.
    pub product_count: u64,
    /// Those that are not told of one by one.
    pub others: Option<Sum>,
    /// Every hour of the day.
    pub hours: Vec<(Hour, Sum)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sum {
    pub total: String,
    pub items: String,
    pub orders: u64,
    pub rows: u64,
    /// Rows of these that lack a price, a quantity or an order: they count for what they have.
    pub lacking: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Product {
    pub id: Option<String>,
    pub name: Option<String>,
}

impl Default for Sum {
    fn default() -> Self {
        let zero = || "0".to_owned();
        Self { total: zero(), items: zero(), orders: 0, rows: 0, lacking: 0 }
    }
}

/// What a row of the answer is about: the value of `GROUPING(slot, product)`, and one more.
const HOUR: &str = "1";
const PRODUCT: &str = "2";
const ALL: &str = "3";
const OTHERS: &str = "4";

pub(crate) async fn count(
    transaction: &Transaction<'_>,
    orders: &Orders,
    day: &Day,
    most: u32,
) -> Result<Figures> {
    let borders = day.borders(&orders.clock);
    let sql = statement(orders, &borders.from, &borders.to, &borders.hours, most);
    let answer = rows(transaction, &sql, format!("add up {}", orders.table)).await?;
    let empty = |hour: &Hour| (hour.clone(), Sum::default());
    let mut figures =
        Figures { hours: day.hours.iter().map(empty).collect(), ..Figures::default() };
    for row in &answer {
        let sum = Sum::read(row)?;
        match text(row, 0) {
            ALL => {
                figures.all = sum;
                figures.average.clone_from(&row[10]);
            }
            OTHERS => figures.others = Some(sum),
            PRODUCT => {
                let product = Product { id: row[2].clone(), name: row[3].clone() };
                figures.products.push((product, sum));
            }
            HOUR => {
                let place = number(row, 1)?;
                let place = usize::try_from(place).ok().and_then(|place| place.checked_sub(1));
                let hour = place.and_then(|place| borders.which.get(place));
                let hour = hour.and_then(|hour| figures.hours.get_mut(*hour)).ok_or_else(odd)?;
                hour.1 = sum;
            }
            _ => return Err(odd()),
        }
        figures.product_count = figures.product_count.max(number(row, 9)?);
    }
    Ok(figures)
}

/// Products come best first: by what they brought, then by name, and rows without a product last.
fn statement(orders: &Orders, from: &str, to: &str, hours: &[String], most: u32) -> String {
    let Orders { table, order, product, quantity, amount, time, only, .. } = orders;
    let name = orders.product_name.as_deref().unwrap_or("SELECT NULL::text");
    let hours = hours.join(", ");
    format!(
        r#"WITH lines AS (
    SELECT width_bucket({time}, ARRAY[{hours}]) AS slot, {product} AS product, {order} AS "order",
        {quantity} AS quantity, {amount} AS amount
    FROM {table} WHERE {time} >= {from} AND {time} < {to}{only}
), sums AS (
    SELECT GROUPING(slot, product) AS kind, slot, product, COALESCE(sum(amount), 0) AS total,
        COALESCE(sum(quantity), 0) AS items, count(DISTINCT "order") AS orders, count(*) AS rows,
        count(*) FILTER (WHERE amount IS NULL OR quantity IS NULL OR "order" IS NULL) AS lacking
    FROM lines GROUP BY GROUPING SETS ((), (slot), (product))
), placed AS (
    SELECT *, product::text AS label, count(*) FILTER (WHERE kind = 2) OVER () AS products,
        row_number() OVER (PARTITION BY kind
            ORDER BY kind = 2 AND product IS NULL, total DESC, product::text COLLATE "C") AS place
    FROM sums
)
SELECT kind, slot, label, CASE WHEN kind = 2 THEN ({name}) END, total, items, orders, rows, lacking,
    products, CASE WHEN kind = 3 THEN round(total / NULLIF(orders, 0), 2) END, place
FROM placed WHERE kind <> 2 OR place <= {most}
UNION ALL
SELECT 4, NULL, NULL, NULL, sum(total), sum(items), 0, sum(rows)::bigint, sum(lacking)::bigint,
    0, NULL, 0
FROM placed WHERE kind = 2 AND place > {most} HAVING count(*) > 0
ORDER BY kind, place"#
    )
}

impl Sum {
    fn read(row: &Row) -> Result<Self> {
        let decimal = |place: usize, what: &str| match text(row, place) {
            sum if is_finite(sum) => Ok(sum.to_owned()),
            sum => Err(Error::usage(format!(
                "the sum of {what} is {sum}: find the row of that day where it is no number"
            ))),
        };
        Ok(Self {
            total: decimal(4, "amounts")?,
            items: decimal(5, "quantities")?,
            orders: number(row, 6)?,
            rows: number(row, 7)?,
            lacking: number(row, 8)?,
        })
    }
}

impl Figures {
    /// None if nothing was sold that has a product.
    pub(crate) fn best(&self) -> Option<&(Product, Sum)> {
        self.products.first().filter(|(product, _)| product.id.is_some())
    }
}

impl Product {
    /// As people know it.
    pub(crate) fn shown(&self) -> &str {
        self.name.as_deref().or(self.id.as_deref()).unwrap_or("(no product)")
    }
}

fn number(row: &Row, place: usize) -> Result<u64> {
    text(row, place).parse().map_err(|_| odd())
}

fn odd() -> Error {
    Error::failed("the server's sums are not what was asked for")
}
