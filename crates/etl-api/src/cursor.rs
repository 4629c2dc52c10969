//! How far the last run came: the largest value of a field, kept in a table beside the target and moved in the same
//! transaction as the rows.

use crate::config::{Incremental, Order};
use crate::decimal::Decimal;
use crate::json;
use crate::moment;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use postgres::quote::literal;
use postgres::rows::{change, rows, text};
use postgres::{Client, Name, Table};
use serde_json::value::RawValue;
use task::{Error, Result};
use tokio_postgres::GenericClient;

pub(crate) const TABLE: &str = "etl_api_cursors";

pub(crate) struct Cursor {
    config: Incremental,
    /// Where records come from, without what may be secret.
    source: String,
    /// Of the last run.
    last: Option<String>,
    /// As it came, and what it is compared by: microseconds, or the number itself.
    best: Option<(String, i128)>,
}

impl Cursor {
    /// `full` does as if there had been no run.
    pub(crate) async fn read(
        client: &Client,
        config: &Incremental,
        target: &Name,
        source: String,
        full: bool,
    ) -> Result<Self> {
        let mut cursor = Self { config: config.clone(), source, last: None, best: None };
        let place = place(target);
        let Some(table) = Table::find(&**client, &place).await? else { return Ok(cursor) };
        for column in ["target", "source", "cursor"] {
            table.column_of(column, &["text"])?;
        }
        let sql = format!("SELECT cursor FROM {} WHERE {}", place.sql(), cursor.mine(target));
        let found = rows(&**client, &sql, format!("read the cursor in {place}")).await?;
        let Some(last) = found.first().map(|row| text(row, 0).to_owned()) else {
            return Ok(cursor);
        };
        // It never goes back, be it that a full run finds less than there once was.
        let rank = cursor.rank(&last).ok_or_else(|| {
            Error::usage(format!(
                "the cursor in {place} is of another type than incremental.type: delete its row"
            ))
        })?;
        cursor.best = Some((last.clone(), rank));
        cursor.last = Some(last).filter(|_| !full);
        Ok(cursor)
    }

    /// What the source is told, if anything.
    pub(crate) fn sent(&self) -> Option<(&str, String)> {
        let param = self.config.param.as_str();
        let Some(last) = &self.last else {
            return self.config.start.as_ref().map(|start| (param, start.0.clone()));
        };
        if self.config.overlap.is_zero() {
            return Some((param, last.clone()));
        }
        let overlap = self.config.overlap;
        let earlier = match self.config.r#type {
            Order::Time => SignedDuration::try_from(overlap)
                .ok()
                .and_then(|overlap| time(last)?.checked_sub(overlap).ok())
                .map(|moment| moment.to_string()),
            Order::Number => None,
        };
        Some((param, earlier.unwrap_or_else(|| last.clone())))
    }

    /// A record that was read, whether its row could be written or not: it would be no better the next time.
    pub(crate) fn see(&mut self, record: &RawValue) {
        let Ok(Some(raw)) = json::find(record, &self.config.field.0) else { return };
        let word = match json::kind(raw) {
            "text" => json::text(raw).map(std::borrow::Cow::into_owned),
            "a number" => Ok(raw.get().to_owned()),
            _ => return,
        };
        let Ok(word) = word else { return };
        if let Some(rank) = self.rank(&word)
            && self.best.as_ref().is_none_or(|(_, best)| rank > *best)
        {
            self.best = Some((word, rank));
        }
    }

    pub(crate) fn now(&self) -> Option<&str> {
        self.best.as_ref().map(|(word, _)| word.as_str())
    }

    pub(crate) fn moved(&self) -> bool {
        self.best.as_ref().map(|(word, _)| word) != self.last.as_ref()
    }

    fn rank(&self, word: &str) -> Option<i128> {
        match self.config.r#type {
            Order::Time => time(word).map(Timestamp::as_nanosecond),
            Order::Number => Decimal::parse(word).and_then(|number| number.units(6)).ok(),
        }
    }

    /// Writes it where the next run looks; the table is made if it is missing.
    pub(crate) async fn keep(&self, client: &impl GenericClient, target: &Name) -> Result<()> {
        let Some(now) = self.now().filter(|_| self.moved()) else { return Ok(()) };
        let place = place(target);
        let doing = format!("keep the cursor in {place}");
        if Table::find(client, &place).await?.is_none() {
            let sql = format!(
                "CREATE TABLE {} (target text, source text, cursor text NOT NULL,
                    moved timestamptz NOT NULL, PRIMARY KEY (target, source))",
                place.sql()
            );
            change(client, &sql, doing.clone()).await?;
        }
        let sql = format!(
            "INSERT INTO {} (target, source, cursor, moved) VALUES ({}, {}, {}, pg_catalog.now())
            ON CONFLICT (target, source) DO UPDATE SET cursor = EXCLUDED.cursor, moved = EXCLUDED.moved",
            place.sql(),
            literal(&target.to_string()),
            literal(&self.source),
            literal(now)
        );
        change(client, &sql, doing).await?;
        Ok(())
    }

    fn mine(&self, target: &Name) -> String {
        format!("target = {} AND source = {}", literal(&target.to_string()), literal(&self.source))
    }
}

fn time(word: &str) -> Option<Timestamp> {
    moment::iso(word, &TimeZone::UTC).ok()
}

/// In the schema of the target.
fn place(target: &Name) -> Name {
    Name { schema: target.schema.clone(), table: TABLE.to_owned() }
}
