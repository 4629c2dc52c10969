//! From the staged rows to the table: one transaction, in it one statement for what is new or changed, one for what
//! has vanished, and the cursor.
//!
//! Rows that are the same are not even locked. Of several records with one key the last one counts.

use crate::cursor::Cursor;
use crate::staged::TABLE;
use crate::target::Target;
use postgres::quote::ident;
use postgres::rows::{change, rows, text};
use task::{Error, Most, Result};
use tokio_postgres::Transaction;

/// Sees all rows or fails, and waits for no lock for ever.
const SESSION: &str = "SET LOCAL row_security = off; SET LOCAL lock_timeout = '30s'";

/// What became of the records, or would.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Fate {
    pub inserted: u64,
    pub updated: u64,
    pub unchanged: u64,
    /// Records with a key that a later one had, too.
    pub repeated: u64,
    pub removed: u64,
}

pub(crate) struct Apply<'a> {
    pub target: &'a Target<'a>,
    pub staged: u64,
    /// Some, if what has vanished is to be removed.
    pub remove: Option<Most>,
    pub cursor: Option<&'a Cursor>,
}

impl Apply<'_> {
    /// All of it, but for the commit.
    pub(crate) async fn write(&self, transaction: &Transaction<'_>) -> Result<Fate> {
        change(transaction, SESSION, "prepare the transaction").await?;
        let name = &self.target.name;
        if !self.target.there {
            change(transaction, &self.target.definition(), format!("make the table {name}"))
                .await?;
        }
        let found = rows(transaction, &self.upsert(true), format!("write to {name}")).await?;
        let mut fate = self.fate(&found);
        let written = count(&found, 3);
        if written != fate.inserted + fate.updated {
            return Err(Error::usage(format!(
                "{name} took {written} of {} rows: a trigger or a rule keeps the others away, so \
                 nothing was changed",
                fate.inserted + fate.updated
            )));
        }
        if let Some(most) = self.remove {
            fate.removed = self.vanished(transaction, most).await?;
            if fate.removed > 0 {
                let sql = format!("DELETE FROM {} t WHERE {}", name.sql(), self.gone());
                fate.removed = change(transaction, &sql, format!("delete from {name}")).await?;
            }
        }
        if let Some(cursor) = self.cursor {
            cursor.keep(transaction, name).await?;
        }
        Ok(fate)
    }

    /// What [`Apply::write`] would do.
    pub(crate) async fn plan(&self, transaction: &Transaction<'_>) -> Result<Fate> {
        change(transaction, SESSION, "prepare the transaction").await?;
        let doing = format!("compare with {}", self.target.name);
        let mut fate = self.fate(&rows(transaction, &self.upsert(false), doing).await?);
        if let Some(most) = self.remove {
            fate.removed = self.vanished(transaction, most).await?;
        }
        Ok(fate)
    }

    fn fate(&self, found: &[postgres::rows::Row]) -> Fate {
        let (keys, inserted, updated) = (count(found, 0), count(found, 1), count(found, 2));
        Fate {
            inserted,
            updated,
            unchanged: keys.saturating_sub(inserted + updated),
            repeated: self.staged.saturating_sub(keys),
            removed: 0,
        }
    }

    /// The number of keys, of new and of changed rows, and of those written.
    fn upsert(&self, write: bool) -> String {
        let keys = self.keys();
        let order: Vec<_> = keys.iter().map(|(column, _)| column.clone()).collect();
        let order = order.join(", ");
        let latest = format!(
            "latest AS MATERIALIZED (
                SELECT DISTINCT ON ({order}) * FROM {TABLE} ORDER BY {order}, n DESC)"
        );
        if !self.target.there && !write {
            return format!("WITH {latest} SELECT count(*), count(*), 0 FROM latest");
        }
        let table = self.target.name.sql();
        let other: Vec<_> = self.values().collect();
        let differs: Vec<_> = other
            .iter()
            .map(|(place, field)| {
                let ours = field.form.compared(&format!("l.c{place}"));
                let theirs = field.form.compared(&format!("t.{}", ident(&field.name)));
                format!("{theirs} IS DISTINCT FROM {ours}")
            })
            .collect();
        let first = ident(&self.target.key()[0]);
        let differs = if differs.is_empty() { "false".to_owned() } else { differs.join(" OR ") };
        let compared = format!(
            "compared AS MATERIALIZED (
                SELECT l.*, t.{first} IS NOT NULL AS there
                FROM latest l LEFT JOIN {table} t ON {}
                WHERE t.{first} IS NULL OR {differs})",
            self.matching("l")
        );
        let counted = "(SELECT count(*) FROM latest), count(*) FILTER (WHERE NOT there),
            count(*) FILTER (WHERE there)";
        if !write {
            return format!("WITH {latest}, {compared} SELECT {counted} FROM compared");
        }
        format!(
            "WITH {latest}, {compared}, written AS ({} RETURNING 1)
            SELECT {counted}, (SELECT count(*) FROM written) FROM compared",
            self.insert()
        )
    }

    fn insert(&self) -> String {
        let fields = &self.target.fields;
        let synced = self.target.synced().map(ident);
        let mut columns: Vec<_> = fields.iter().map(|field| ident(&field.name)).collect();
        let mut values: Vec<_> = (0..fields.len()).map(|place| format!("c{place}")).collect();
        let mut set: Vec<_> = self
            .values()
            .map(|(_, field)| ident(&field.name))
            .map(|name| format!("{name} = EXCLUDED.{name}"))
            .collect();
        if let Some(synced) = synced {
            set.push(format!("{synced} = EXCLUDED.{synced}"));
            columns.push(synced);
            values.push("pg_catalog.now()".to_owned());
        }
        let keys: Vec<_> = self.target.key().iter().map(|name| ident(name)).collect();
        let action = if set.is_empty() {
            "NOTHING".to_owned()
        } else {
            format!("UPDATE SET {}", set.join(", "))
        };
        format!(
            "INSERT INTO {} ({}) SELECT {} FROM compared ON CONFLICT ({}) DO {action}",
            self.target.name.sql(),
            columns.join(", "),
            values.join(", "),
            keys.join(", ")
        )
    }

    /// How many rows have no record any more; an error if that is more than agreed to.
    async fn vanished(&self, transaction: &Transaction<'_>, most: Most) -> Result<u64> {
        if !self.target.there {
            return Ok(0);
        }
        let name = &self.target.name;
        let sql = format!(
            "SELECT count(*) FILTER (WHERE {}), count(*) FROM {} t",
            self.gone(),
            name.sql()
        );
        let found = rows(transaction, &sql, format!("compare with {name}")).await?;
        let (gone, all) = (count(&found, 0), count(&found, 1));
        if gone > 0 && self.staged == 0 {
            return Err(Error::usage(format!(
                "the source is empty, and all {gone} rows of {name} would be deleted: nothing was \
                 changed"
            )));
        }
        if !most.allows(gone, all) {
            return Err(Error::usage(format!(
                "{gone} of {all} rows of {name} would be deleted, which is more than --max-delete \
                 {most}: nothing was changed"
            )));
        }
        Ok(gone)
    }

    fn gone(&self) -> String {
        format!("NOT EXISTS (SELECT FROM {TABLE} s WHERE {})", self.matching("s"))
    }

    /// Columns of the key: ours, theirs.
    fn keys(&self) -> Vec<(String, String)> {
        let fields = self.target.fields.iter().enumerate().filter(|(_, field)| field.key);
        fields.map(|(place, field)| (format!("c{place}"), ident(&field.name))).collect()
    }

    fn values(&self) -> impl Iterator<Item = (usize, &crate::field::Field)> {
        self.target.fields.iter().enumerate().filter(|(_, field)| !field.key)
    }

    fn matching(&self, alias: &str) -> String {
        let keys = self.keys();
        let all: Vec<_> =
            keys.iter().map(|(ours, theirs)| format!("t.{theirs} = {alias}.{ours}")).collect();
        all.join(" AND ")
    }
}

fn count(found: &[postgres::rows::Row], place: usize) -> u64 {
    found.first().and_then(|row| text(row, place).parse().ok()).unwrap_or_default()
}
