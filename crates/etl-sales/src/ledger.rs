//! The table of reports: one row a day, made if it is missing, replaced if the day is there.
//!
//! A row whose figures are the same is left as it is, its time of creation too. What the table holds in the end
//! is read back and compared before the transaction is committed, for a column may round.

use crate::config::{self, Config};
use crate::day::Day;
use crate::decimal;
use crate::figures::Figures;
use jiff::civil::Date;
use postgres::quote::{ident, literal};
use postgres::rows::{change, rows, text};
use postgres::{Name, Table, creatable};
use task::{Error, Result};
use tokio_postgres::Transaction;

const COUNTS: [&str; 4] = ["numeric", "bigint", "integer", "smallint"];
const MOMENTS: [&str; 2] = ["timestamp with time zone", "timestamp without time zone"];
const TEXTS: [&str; 7] =
    ["text", "character varying", "character", "uuid", "bigint", "integer", "smallint"];

#[derive(Debug)]
pub(crate) struct Ledger<'a> {
    config: &'a config::Reports,
    name: Name,
    there: bool,
}

/// What became of the day's row, or would.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    New,
    Replaced,
    Unchanged,
}

/// What is known of an earlier day.
#[derive(Clone, Debug)]
pub(crate) struct Past {
    pub date: Date,
    pub total: String,
    pub items: String,
    pub orders: String,
}

impl Fate {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Replaced => "replaced",
            Self::Unchanged => "unchanged",
        }
    }
}

impl<'a> Ledger<'a> {
    /// Refuses a table of another shape before anything is changed.
    pub(crate) async fn find(transaction: &Transaction<'_>, config: &'a Config) -> Result<Self> {
        let config = &config.reports;
        let Some(found) = Table::find(transaction, &config.table).await? else {
            let name = creatable(transaction, &config.table).await?;
            return Ok(Self { config, name, there: false });
        };
        if !["r", "p"].contains(&&*found.kind) {
            return Err(Error::usage(format!("{} is no table: reports go into one", config.table)));
        }
        found.column_of(&config.date, &["date"])?;
        for column in [&config.total, &config.items, &config.orders] {
            found.column_of(column, &COUNTS)?;
        }
        found.column_of(&config.best_product, &TEXTS)?;
        found.column_of(&config.created, &MOMENTS)?;
        let ours = config.columns();
        for (name, column) in &found.columns {
            let mine = ours.contains(&name.as_str());
            if mine && !column.writable {
                return Err(Error::usage(format!(
                    "no permission to write {name} of {}: GRANT SELECT, INSERT, UPDATE ON {} TO the role",
                    found.name,
                    found.name.sql()
                )));
            }
            if !mine && column.wanted {
                return Err(Error::usage(format!(
                    "the column {name} of {} has to have a value, and a report has none for it: give it \
                     a default",
                    found.name
                )));
            }
        }
        unique(transaction, &found, &config.date).await?;
        Ok(Self { config, name: found.name, there: true })
    }

    /// The table with its schema.
    pub(crate) fn name(&self) -> &Name {
        &self.name
    }

    /// The reports of this day and of the four weeks before it.
    pub(crate) async fn past(&self, transaction: &Transaction<'_>, day: &Day) -> Result<Vec<Past>> {
        if !self.there {
            return Ok(Vec::new());
        }
        let config::Reports { date, total, items, orders, .. } = self.config;
        let [date, total, items, orders] = [date, total, items, orders].map(|name| ident(name));
        let until = literal(&day.date.to_string());
        let sql = format!(
            "SELECT to_char({date}, 'YYYY-MM-DD'), {total}, {items}, {orders} FROM {}
            WHERE {date} < {until}::date AND {date} >= {until}::date - 28 ORDER BY {date}",
            self.name.sql()
        );
        let found = rows(transaction, &sql, format!("read {}", self.name)).await?;
        let past = found.iter().filter_map(|row| {
            let date = text(row, 0).parse().ok()?;
            let cell = |place: usize| text(row, place).to_owned();
            // What others wrote there may be anything.
            decimal::is_finite(text(row, 1)).then_some(())?;
            Some(Past { date, total: cell(1), items: cell(2), orders: cell(3) })
        });
        Ok(past.collect())
    }

    /// What [`Ledger::write`] would do.
    pub(crate) async fn plan(
        &self,
        transaction: &Transaction<'_>,
        day: &Day,
        figures: &Figures,
    ) -> Result<Fate> {
        if !self.there {
            return Ok(Fate::New);
        }
        let sql = format!(
            "SELECT {} FROM {} WHERE {} = {}::date",
            self.same(figures),
            self.name.sql(),
            ident(&self.config.date),
            literal(&day.date.to_string())
        );
        let found = rows(transaction, &sql, format!("read {}", self.name)).await?;
        Ok(match found.first() {
            None => Fate::New,
            Some(row) if text(row, 0) == "t" => Fate::Unchanged,
            Some(_) => Fate::Replaced,
        })
    }

    /// Makes the table if need be, and the row what it has to be.
    pub(crate) async fn write(
        &self,
        transaction: &Transaction<'_>,
        day: &Day,
        figures: &Figures,
    ) -> Result<Fate> {
        let fate = self.plan(transaction, day, figures).await?;
        let name = self.name.sql();
        if !self.there {
            let doing = format!("make the table {}", self.name);
            change(transaction, &self.definition(), doing).await?;
        }
        let columns = self.config.columns().map(ident);
        let [date, total, items, orders, best, created] = &columns;
        let values = [
            literal(&day.date.to_string()),
            literal(&figures.all.total),
            literal(&figures.all.items),
            figures.all.orders.to_string(),
            best_literal(figures),
        ]
        .join(", ");
        let sql = format!(
            "INSERT INTO {name} AS old ({}) VALUES ({values}, now())
            ON CONFLICT ({date}) DO UPDATE SET {total} = EXCLUDED.{total},
                {items} = EXCLUDED.{items}, {orders} = EXCLUDED.{orders},
                {best} = EXCLUDED.{best}, {created} = EXCLUDED.{created}
            WHERE (old.{total}, old.{items}, old.{orders}, old.{best}) IS DISTINCT FROM
                (EXCLUDED.{total}, EXCLUDED.{items}, EXCLUDED.{orders}, EXCLUDED.{best})",
            columns.join(", "),
        );
        change(transaction, &sql, format!("write the report of {} to {}", day.date, self.name))
            .await?;
        let there = Self { config: self.config, name: self.name.clone(), there: true };
        if there.plan(transaction, day, figures).await? != Fate::Unchanged {
            return Err(Error::usage(format!(
                "{} cannot hold the report of {} as it is (total {}, items {}): a column or a trigger \
                 makes something else of it, so it was taken back",
                self.name, day.date, figures.all.total, figures.all.items
            )));
        }
        Ok(fate)
    }

    /// Whether a row is as it has to be.
    fn same(&self, figures: &Figures) -> String {
        let config = self.config;
        format!(
            "({} = {}::numeric AND {} = {}::numeric AND {} = {} AND {}::text IS NOT DISTINCT FROM {}::text)",
            ident(&config.total),
            literal(&figures.all.total),
            ident(&config.items),
            literal(&figures.all.items),
            ident(&config.orders),
            figures.all.orders,
            ident(&config.best_product),
            best_literal(figures),
        )
    }

    fn definition(&self) -> String {
        let [date, total, items, orders, best, created] = self.config.columns().map(ident);
        format!(
            "CREATE TABLE {} ({date} date PRIMARY KEY, {total} numeric NOT NULL,
            {items} numeric NOT NULL, {orders} bigint NOT NULL, {best} text,
            {created} timestamptz NOT NULL DEFAULT now())",
            self.name.sql()
        )
    }
}

impl config::Reports {
    fn columns(&self) -> [&str; 6] {
        [&self.date, &self.total, &self.items, &self.orders, &self.best_product, &self.created]
            .map(String::as_str)
    }
}

fn best_literal(figures: &Figures) -> String {
    let best = figures.best().and_then(|(product, _)| product.id.as_deref());
    best.map_or("NULL".to_owned(), literal)
}

/// Without that two runs at once would make two rows.
async fn unique(transaction: &Transaction<'_>, table: &Table, date: &str) -> Result<()> {
    if !table.is_unique(transaction, &[date]).await? {
        return Err(Error::usage(format!(
            "{} may hold a day twice: remove what is there twice, then CREATE UNIQUE INDEX ON {} ({})",
            table.name,
            table.name.sql(),
            ident(date)
        )));
    }
    Ok(())
}

impl Past {
    pub(crate) fn about(&self) -> Option<f64> {
        decimal::about(&self.total)
    }
}
