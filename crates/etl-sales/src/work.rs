//! Day by day: count, write the row, write the files, commit.
//!
//! Each day is one transaction, over one snapshot. The row is written before the files, so that of two runs at
//! once the second waits, then counts anew; and it is committed after them, so that a row never tells of a day
//! whose files could not be written. What was cut off in between is made whole by the next run.

use crate::config::Config;
use crate::day::{Clock, Day};
use crate::figures;
use crate::files;
use crate::ledger::Ledger;
use crate::orders::Orders;
use crate::page::Told;
use crate::range::Days;
use crate::settings::Settings;
use crate::summary::{self, Done};
use postgres::{Client, Endpoint, rows};
use std::cell::Cell;
use storage::Store;
use task::{Exit, Report, Result, Task, While};
use tokio_postgres::IsolationLevel;
use tracing::{info, warn};

/// Sees all rows or fails, waits for no lock for ever, and writes dates as everyone reads them.
const SESSION: &str = "SET LOCAL row_security = off; SET LOCAL lock_timeout = '30s'; \
    SET LOCAL datestyle = 'ISO, YMD'";

/// What all days share.
struct Work<'a> {
    task: &'a Task,
    settings: &'a Settings,
    config: &'a Config,
    endpoint: &'a Endpoint,
    store: &'a Store,
    /// Whether the log says in which zone times are taken.
    told: Cell<bool>,
}

pub(crate) async fn report(
    task: &Task,
    settings: &Settings,
    config: &Config,
    endpoint: &Endpoint,
    store: &Store,
    days: Days,
) -> Result<Report> {
    let work = Work { task, settings, config, endpoint, store, told: Cell::new(false) };
    let (first, last) = (&days.all[0], &days.all[days.all.len() - 1]);
    let which = match days.all.len() {
        1 => first.date.to_string(),
        count => format!("{} to {} ({count} days)", first.date, last.date),
    };
    let goal = if task.dry_run() { "would report" } else { "reporting" };
    info!("{goal} the sales of {which} in {} from {endpoint}", first.zone_name());
    for date in &days.skipped {
        warn!("{date} is left out: there was no such day in {}", first.zone_name());
    }
    if days.unfinished {
        warn!("{} is not over: its report is of what there is by now", last.date);
    }
    let (mut client, mut done) = (None, Vec::new());
    for (place, day) in days.all.iter().enumerate() {
        let unfinished = days.unfinished && place + 1 == days.all.len();
        let result = work.day(&mut client, day, unfinished).await;
        let what = || match place {
            0 => format!("no report of {}", day.date),
            _ => format!("no report of {} (the days before it are done)", day.date),
        };
        done.push(result.during(what)?);
    }
    Ok(summary::report(task.dry_run(), &days, done))
}

impl Work<'_> {
    /// Repeated as a whole while the server is away, or another run was faster: nothing of it is done before
    /// it is committed, and done twice it is the same.
    async fn day(&self, client: &mut Option<Client>, day: &Day, unfinished: bool) -> Result<Done> {
        let what = format!("report {}", day.date);
        let done = task::retry(self.task, &what, async || {
            if client.is_none() {
                *client = Some(self.endpoint.connect(env!("CARGO_PKG_NAME")).await?);
            }
            let Some(open) = client.as_mut() else { return Err(task::Error::failed("no client")) };
            let tried = self.attempt(open, day, unfinished).await;
            if tried.is_err() {
                *client = None;
            }
            tried
        })
        .await;
        if let (Err(error), Some(client)) = (&done, client)
            && error.exit() == Exit::Stopped
        {
            // The server would go on with the statement, for it does not notice that nobody waits.
            let _ = client.cancel().await;
        }
        // A store has tried again by itself.
        done?
    }

    async fn attempt(
        &self,
        client: &mut Client,
        day: &Day,
        unfinished: bool,
    ) -> Result<Result<Done>> {
        let dry_run = self.task.dry_run();
        let snapshot = client.build_transaction().isolation_level(IsolationLevel::RepeatableRead);
        let started = snapshot.read_only(dry_run).start().await;
        let transaction = started.map_err(|error| rows::explain(error, "begin a transaction"))?;
        rows::change(&transaction, SESSION, "prepare the transaction").await?;
        let clocks = self.settings.timestamp_zone();
        let orders = Orders::find(&transaction, self.config, clocks).await?;
        if let Clock::Shown(zone) = &orders.clock {
            let zone = zone.iana_name().unwrap_or("UTC");
            let column = &self.config.orders.time;
            if !self.told.replace(true) {
                info!("{column} has no zone: its times are taken as {zone} (--timestamp-zone)");
            }
        }
        let ledger = Ledger::find(&transaction, self.config).await?;
        let figures = figures::count(&transaction, &orders, day, self.settings.products).await?;
        let past = ledger.past(&transaction, day).await?;
        let told = Told {
            settings: self.settings,
            database: self.endpoint.database(),
            orders: &orders,
            day,
            figures: &figures,
            past: &past,
            unfinished,
        };
        let page = told.page()?;
        let json = files::json(self.settings, day, &orders.clock, &figures);
        if dry_run {
            let fate = ledger.plan(&transaction, day, &figures).await?;
            summary::say(day, &figures, fate);
            let files = ["json", "html"].map(|kind| self.store.location(&day.file(kind)));
            return Ok(Ok(Done::new(day, &figures, fate, json, (files.to_vec(), 0))));
        }
        let fate = ledger.write(&transaction, day, &figures).await?;
        let files = match files::write(self.store, day, &json, page).await {
            Ok(written) => written,
            // The transaction is dropped, and with it the row.
            Err(error) => return Ok(Err(error)),
        };
        let doing = format!("commit the report of {} to {}", day.date, ledger.name());
        transaction.commit().await.map_err(|error| rows::explain(error, doing))?;
        summary::say(day, &figures, fate);
        Ok(Ok(Done::new(day, &figures, fate, json, files)))
    }
}
