//! The order of a run: look at the table, take the lock, read all pages, write in one transaction.
//!
//! Until that transaction nothing is changed, and it is short: no API is waited for in it. What was read counts
//! whole or not at all, and the cursor with it.

use crate::api::{self, Api};
use crate::apply::{Apply, Fate};
use crate::config::Config;
use crate::cursor::Cursor;
use crate::mapping::Mapping;
use crate::paging::{self, Pager};
use crate::reading::{Amount, Reading};
use crate::rejects::Rejects;
use crate::settings::Settings;
use crate::staged::{self, Staged};
use crate::summary::{self, Done};
use crate::target::Target;
use postgres::quote::literal;
use postgres::rows::{explain, rows, text};
use postgres::{Client, Endpoint, Name};
use reqwest::Url;
use task::{Error, Exit, Report, Result, Task};
use tokio_postgres::Transaction;
use tracing::{info, warn};

/// What a dry run shows.
const SHOWN: u32 = 10;

pub(crate) struct Work<'a> {
    pub task: &'a Task,
    pub settings: &'a Settings,
    pub config: &'a Config,
    pub api: &'a Api<'a>,
    pub base: Url,
}

impl Work<'_> {
    pub(crate) async fn run(&self, endpoint: &Endpoint, mut rejects: Rejects) -> Result<Report> {
        let goal = if self.task.dry_run() { "would write" } else { "writing" };
        let (from, table) = (self.api.place(), &self.config.table.name);
        info!("{goal} the records of {from} to {table} in {endpoint}");
        let mut client = endpoint.connect_waiting(self.task, env!("CARGO_PKG_NAME")).await?;
        let canceller = client.canceller();
        let ready = self.task.until_stopped(self.all(&mut client, &mut rejects)).await;
        let (transaction, done) = match ready {
            Ok(ready) => ready,
            Err(error) => {
                if error.exit() == Exit::Stopped {
                    // The server would go on with the statement, for it does not notice that nobody waits.
                    let _ = canceller.cancel().await;
                }
                return Err(error);
            }
        };
        // A signal does not come between: what is committed is reported as done.
        if let Some(transaction) = transaction {
            let doing = format!("commit what was written to {}", done.table);
            transaction.commit().await.map_err(|error| explain(error, doing))?;
        }
        Ok(summary::report(self.task.dry_run(), &done))
    }

    /// All but the commit, if there is something to commit.
    async fn all<'c>(
        &self,
        client: &'c mut Client,
        rejects: &mut Rejects,
    ) -> Result<(Option<Transaction<'c>>, Done)> {
        let found = Target::find(&**client, self.config).await?;
        self.lock(client, &found.name).await?;
        // As whoever had the lock left it.
        let target = Target::find(&**client, self.config).await?;
        rejects.of(&target.name);
        let mut cursor = self.cursor(client, &target.name).await?;
        let amount = self.read(client, &target, cursor.as_mut(), rejects).await?;
        if let Some(cursor) = &cursor
            && cursor.now().is_none()
            && amount.records > 0
        {
            warn!(
                "no record has the field of incremental: the next run asks for all of them again"
            );
        }
        let rows = if self.task.dry_run() {
            staged::first(client, &target, SHOWN).await?
        } else {
            Vec::new()
        };
        let (transaction, fate, rejects_file) =
            self.apply(client, &target, cursor.as_ref(), &amount, rejects).await?;
        let done = Done {
            place: self.api.place().to_owned(),
            table: target.name.to_string(),
            made: !target.there,
            amount,
            fate,
            rejected: rejects.count,
            rejects_file,
            cursor: cursor.and_then(|cursor| cursor.now().map(str::to_owned)),
            rows,
        };
        Ok((transaction, done))
    }

    /// One run at a time for a table: another one is waited for, as long as for a server that is away.
    async fn lock(&self, client: &Client, table: &Name) -> Result<()> {
        if self.task.dry_run() {
            return Ok(());
        }
        let key = literal(&format!("{} {table}", env!("CARGO_PKG_NAME")));
        let sql = format!(
            "SELECT pg_catalog.pg_try_advisory_lock(pg_catalog.hashtextextended({key}, 0))"
        );
        task::retry(self.task, &format!("begin with {table}"), async || {
            let found = rows(&**client, &sql, "take the lock of the table").await?;
            match found.first().map(|row| text(row, 0)) {
                Some("t") => Ok(()),
                _ => Err(Error::failed(format!("another run is at work on {table}"))),
            }
        })
        .await
    }

    async fn cursor(&self, client: &Client, table: &Name) -> Result<Option<Cursor>> {
        let Some(config) = &self.config.incremental else { return Ok(None) };
        let source = api::place(&self.base);
        Cursor::read(client, config, table, source, self.settings.full).await.map(Some)
    }

    async fn read(
        &self,
        client: &Client,
        target: &Target<'_>,
        cursor: Option<&mut Cursor>,
        rejects: &mut Rejects,
    ) -> Result<Amount> {
        let source = &self.config.source;
        let mut base = self.base.clone();
        for (name, value) in &source.query {
            base = paging::with(&base, name, &value.0);
        }
        if let Some((param, value)) = cursor.as_ref().and_then(|cursor| cursor.sent()) {
            info!("only what is new: {param} is {value}");
            base = paging::with(&base, param, &value);
        }
        let reading = Reading {
            source,
            mapping: Mapping::new(&target.fields),
            staged: Staged::open(client, target).await?,
            rejects,
            cursor,
            progress: self.task.progress("reading", None),
        };
        reading.all(self.api, Pager::new(&source.paging, base)).await
    }

    async fn apply<'c>(
        &self,
        client: &'c mut Client,
        target: &Target<'_>,
        cursor: Option<&Cursor>,
        amount: &Amount,
        rejects: &mut Rejects,
    ) -> Result<(Option<Transaction<'c>>, Fate, Option<String>)> {
        let dry_run = self.task.dry_run();
        let started = client.build_transaction().read_only(dry_run).start().await;
        let transaction = started.map_err(|error| explain(error, "begin a transaction"))?;
        // It took a while to read.
        if !Target::find(&transaction, self.config).await?.is_like(target) {
            return Err(Error::failed(format!(
                "the table {} was changed while the records were read",
                target.name
            )));
        }
        let remove = target.removes().then_some(self.settings.max_delete);
        if remove.is_some() && rejects.count > 0 {
            warn!("nothing is deleted, for a rejected record may be the one of a row");
        }
        let apply = Apply {
            target,
            staged: amount.staged,
            remove: remove.filter(|_| rejects.count == 0),
            cursor,
        };
        if dry_run {
            return Ok((None, apply.plan(&transaction).await?, None));
        }
        let fate = apply.write(&transaction).await?;
        let file = rejects.finish().await?;
        Ok((Some(transaction), fate, file))
    }
}
