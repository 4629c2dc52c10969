//! The sync: both lists are gone through once, side by side, and what differs is copied while the
//! lists go on. Only when all of that is done, and well, they are gone through again, and what the
//! source still does not have is deleted.

use crate::budget::Budget;
use crate::compare::{self, By, Verdict};
use crate::download::Download;
use crate::item::Item;
use crate::pairs::{Nesting, Pair, Pairs};
use crate::remove;
use crate::route::Route;
use crate::settings::Settings;
use crate::tally::Tally;
use crate::{tree, upload};
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use task::{Error, Exit, Progress, Report, Result, Shard, Task, blocking, joined};
use tokio::task::JoinSet;

pub(crate) async fn run(
    task: &Task,
    settings: &Settings,
    (source, dest): (&str, &str),
) -> Result<Report> {
    let by = settings.by()?;
    let follow = !settings.sync.no_follow_symlinks;
    let route = Route::open(task, (source, dest), follow, &settings.s3).await?;
    let (source, dest) = (route.source(), route.dest());
    tracing::info!(source, dest, dry_run = task.dry_run(), "syncing");
    let sync = Sync {
        by,
        shard: settings.shard.shard()?,
        verify: !settings.sync.no_verify,
        budget: Budget::new(),
        progress: task.progress("sync", None),
        task: task.clone(),
        route: Arc::new(route),
    };
    let mut tally = Tally::default();
    if task.dry_run() {
        task.begin_list("changes")?;
    }
    let mut travelling = Travelling::new();
    let work = async {
        let seen = sync.transfer(settings, &mut travelling, &mut tally).await?;
        sync.make_durable(&tally).await?;
        if settings.delete.delete {
            remove::run(&sync, settings, seen, &mut tally).await?;
        }
        Ok(())
    };
    let ended = task.until_stopped(work).await;
    // What is half is removed when its owners are gone, and only what has begun is waited for.
    travelling.shutdown().await;
    ended?;
    if tally.by_time > 0 {
        tracing::warn!(
            "{} files could not be compared by content, as their ETags do not tell it: their time \
             decided",
            tally.by_time
        );
    }
    tally.report(&source, &dest, task.dry_run())
}

/// Cheap to clone: each file that is under way has one.
#[derive(Clone)]
pub(crate) struct Sync {
    pub(crate) task: Task,
    pub(crate) route: Arc<Route>,
    pub(crate) shard: Shard,
    by: By,
    verify: bool,
    budget: Budget,
    progress: Progress,
}

/// What the lists held.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    /// In the source, all shards together.
    pub(crate) source: u64,
    /// In the destination, of this shard.
    pub(crate) dest: u64,
    /// Of these, what the source does not have.
    pub(crate) gone: u64,
}

/// What became of one file.
struct Done {
    moved: bool,
    bytes: u64,
    by_time: bool,
}

type Travelling = JoinSet<(String, Result<Done>)>;

impl Sync {
    async fn transfer(
        &self,
        settings: &Settings,
        travelling: &mut Travelling,
        tally: &mut Tally,
    ) -> Result<Seen> {
        let mut left = self.leftovers(settings).await?;
        let mut pairs = Pairs::new(self.route.listings(&settings.rules)?);
        let (mut seen, mut nesting) = (Seen::default(), Nesting::default());
        while let Some(pair) = pairs.next().await? {
            let (source, dest) = match pair {
                Pair::New(source) => (source, None),
                Pair::Both(source, dest) => (source, Some(dest)),
                Pair::Gone(dest) => {
                    let own = u64::from(self.shard.holds(&dest.name));
                    (seen.dest, seen.gone) = (seen.dest + own, seen.gone + own);
                    continue;
                }
                Pair::Problem { name, error } => {
                    tally.failed(&name, error)?;
                    continue;
                }
            };
            seen.source += 1;
            let above = nesting.above(&source.name);
            if !self.shard.holds(&source.name) {
                continue;
            }
            seen.dest += u64::from(dest.is_some());
            self.abort(&source.name, left.remove(&source.name)).await?;
            let verdict = match &dest {
                None => Verdict::Differs,
                Some(dest) => compare::at_sight(self.by, &self.route, &source, dest),
            };
            if verdict == Verdict::Same {
                tally.unchanged += 1;
                continue;
            }
            if let Err(error) = self.possible(&source, above) {
                tally.failed(&source.name, error)?;
                continue;
            }
            let asked = dest.filter(|_| verdict == Verdict::Ask);
            if self.task.dry_run() {
                let result = self.one(&source, asked).await;
                self.count(tally, &source.name, result)?;
                continue;
            }
            while travelling.len() >= settings.sync.jobs.get() {
                self.arrived(travelling, tally).await?;
            }
            let sync = self.clone();
            travelling.spawn(async move {
                let result = sync.one(&source, asked).await;
                (source.name, result)
            });
        }
        while !travelling.is_empty() {
            self.arrived(travelling, tally).await?;
        }
        Ok(seen)
    }

    /// Unfinished uploads of killed runs, by name.
    async fn leftovers(&self, settings: &Settings) -> Result<HashMap<String, Vec<String>>> {
        let mut left: HashMap<String, Vec<String>> = HashMap::new();
        if let (Some(to), false) = (self.route.target(), self.task.dry_run()) {
            for (name, id) in to.unfinished(settings.sync.leftover_age).await? {
                left.entry(name).or_default().push(id);
            }
        }
        Ok(left)
    }

    /// What a killed run left takes room, and is no reason to fail.
    async fn abort(&self, name: &str, left: Option<Vec<String>>) -> Result<()> {
        for id in left.unwrap_or_default() {
            let Some(to) = self.route.target() else { continue };
            match to.abort(name, &id).await {
                Err(error) if error.exit() == Exit::Stopped => return Err(error),
                Err(error) => {
                    let error = format!("{error:#}");
                    tracing::warn!(error, "cannot abort what a killed run left of {name}");
                }
                Ok(()) => {}
            }
        }
        Ok(())
    }

    /// Refuses what can be known beforehand, so that a dry run knows it, too.
    fn possible(&self, source: &Item, above: Option<String>) -> Result<()> {
        if let Route::Down { .. } = &*self.route {
            tree::check(&source.name)?;
            if let Some(above) = above {
                return Err(Error::usage(format!(
                    "the key {:?} cannot be a file's name: {above:?} is a file already",
                    source.name
                )));
            }
        }
        if source.frozen {
            return Err(Error::usage(format!(
                "{} is in an archive class: restore it first, or leave it out with --exclude",
                self.route.source_of(&source.name)
            )));
        }
        Ok(())
    }

    async fn one(&self, source: &Item, dest: Option<Item>) -> Result<Done> {
        let mut by_time = false;
        if let Some(dest) = dest {
            let (differs, guessed) = compare::asked(&self.route, source, &dest).await?;
            if !differs {
                return Ok(Done { moved: false, bytes: 0, by_time: guessed });
            }
            by_time = guessed;
        }
        let (from, to) = (self.route.source_of(&source.name), self.route.dest_of(&source.name));
        let verb = match &*self.route {
            Route::Up { .. } => "upload",
            Route::Down { .. } => "download",
            Route::Across { .. } => "copy",
        };
        if self.task.dry_run() {
            self.task.list_item(
                || format!("{verb}: {from} to {to}"),
                || json!({ "action": verb, "name": source.name, "bytes": source.size }),
            )?;
            return Ok(Done { moved: true, bytes: source.size, by_time });
        }
        let bytes = match &*self.route {
            Route::Up { from, to, .. } => {
                let path = from.join(&source.name);
                let (name, budget) = (&source.name, &self.budget);
                upload::upload(&path, to, name, budget, &self.progress).await?
            }
            Route::Down { from, tree, .. } => {
                let tree = tree.as_ref().ok_or_else(|| Error::failed("no directory"))?;
                let (budget, progress) = (&self.budget, &self.progress);
                let verify = self.verify;
                Download { from, tree, verify, budget, progress }.run(source).await?
            }
            Route::Across { from, to } => {
                to.copy(from, &source.clone().into()).await?;
                self.progress.add(source.size);
                source.size
            }
        };
        tracing::debug!("{verb}: {from} to {to}");
        Ok(Done { moved: true, bytes, by_time })
    }

    async fn arrived(&self, travelling: &mut Travelling, tally: &mut Tally) -> Result<()> {
        let Some(arrived) = travelling.join_next().await else { return Ok(()) };
        let (name, result) = joined(arrived)?;
        self.count(tally, &name, result)
    }

    fn count(&self, tally: &mut Tally, name: &str, result: Result<Done>) -> Result<()> {
        match result {
            Err(error) => tally.failed(name, error),
            Ok(done) => {
                tally.succeeded();
                tally.by_time += u64::from(done.by_time);
                tally.bytes += done.bytes;
                let counter = match &*self.route {
                    _ if !done.moved => &mut tally.unchanged,
                    Route::Up { .. } => &mut tally.uploaded,
                    Route::Down { .. } => &mut tally.downloaded,
                    Route::Across { .. } => &mut tally.copied,
                };
                *counter += 1;
                Ok(())
            }
        }
    }

    /// Nothing is reported, and nothing deleted, before the disk has what was downloaded.
    async fn make_durable(&self, tally: &Tally) -> Result<()> {
        match &*self.route {
            Route::Down { tree: Some(tree), .. } if tally.downloaded > 0 => {
                let tree = tree.clone();
                blocking(move || tree.sync()).await
            }
            _ => Ok(()),
        }
    }
}
