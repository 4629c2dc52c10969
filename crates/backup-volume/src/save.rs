//! The verb `backup`: walk, archive and index, read-back, manifest; and only then, retention.

use crate::chain::{self, FORMAT, KIND, LINK, Parent};
use crate::exclude::Exclude;
use crate::feed::{Feed, Saved};
use crate::proof::{END, Proof};
use crate::settings::Settings;
use crate::tar;
use crate::walk::{Root, Step, Walk, explain};
use backup::manifest::{Manifest, Tally};
use backup::name::Name;
use backup::place::{Place, seal};
use backup::writer::{Facts, Writer, Written};
use jiff::{Timestamp, Zoned};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use storage::Store;
use task::{Error, Report, Result, Task, blocking, show};
use tokio::sync::mpsc;
use tracing::{info, warn};

/// Steps of the walk that wait for a worker.
const AHEAD: usize = 2;

pub(crate) async fn run(task: &Task, settings: &Settings) -> Result<Report> {
    let (started, whose) = (Timestamp::now(), settings.name()?);
    let (source, exclude) = (&settings.backup.source, Exclude::new(&settings.backup.exclude)?);
    let root = Root::open(source)?;
    let place =
        Place::open(task, &settings.place, Name::new(KIND, &whose, started, FORMAT)?).await?;
    let stores = stores(&root, source, place.stores())?;
    refuse_empty(settings, &root, place.stores(), &whose).await?;
    let parent = Parent::find(task, settings, place.stores(), &whose).await?;
    let what = match &parent {
        Some(parent) => format!("what changed since {}", parent.source.manifest().artifact.file),
        None => "all".to_owned(),
    };
    info!("backing up {what} of {} to {}", source.display(), place.location());
    let walk = Walking { root, exclude, one_file_system: settings.backup.one_file_system, stores };
    if task.dry_run() {
        return plan(task, walk, parent.as_ref(), place.location()).await;
    }
    let jobs = settings.backup.jobs();
    let writer = place.writer().await?.ordered();
    let (written, saved) = write(task, walk, parent.as_ref(), writer, jobs).await?;
    let incomplete = saved.troubles.incomplete(settings.backup.strict);
    let place = if incomplete.is_empty() {
        place
    } else {
        warn!("not all could be saved: no old backup is removed");
        place.without_pruning()
    };
    let facts = facts(started, parent.as_ref(), &saved);
    let manifest = place.keep(task, written, facts, jobs, Proof::default).await?;
    Ok(report(&manifest, place.location(), &saved, incomplete))
}

fn facts(started: Timestamp, parent: Option<&Parent>, saved: &Saved) -> Facts {
    let link = parent.map_or(0, |parent| parent.link + 1);
    let mut properties = BTreeMap::from([(LINK.to_owned(), link.to_string())]);
    let troubles = &saved.troubles;
    for (name, count) in
        [("unreadable", troubles.unreadable.count), ("changed_while_read", troubles.changed.count)]
    {
        if count > 0 {
            properties.insert(name.to_owned(), count.to_string());
        }
    }
    Facts {
        parent: parent.map(|parent| parent.source.manifest().artifact.file.clone()),
        started,
        tool: format!("{} {}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")),
        server: None,
        verified: false,
        properties,
    }
}

/// Stores that are directories, which must not be saved into themselves.
fn stores(root: &Root, source: &Path, stores: &[Store]) -> Result<Vec<(u64, u64)>> {
    let mut found = Vec::new();
    for store in stores {
        let identity = store.identity()?;
        if identity == Some((root.stat.st_dev, root.stat.st_ino)) {
            return Err(Error::usage(format!(
                "{} is the store itself: back up another directory, or name another --store",
                source.display()
            )));
        }
        found.extend(identity);
    }
    Ok(found)
}

/// A volume that is not mounted looks like an empty directory.
async fn refuse_empty(
    settings: &Settings,
    root: &Root,
    stores: &[Store],
    name: &str,
) -> Result<()> {
    let source = settings.backup.source.display();
    let names = rustix::fs::Dir::read_from(&root.fd)
        .map_err(|cause| explain(cause, &format!("cannot list {source}")))?;
    let hidden = |name: &[u8]| name == b"." || name == b"..";
    if names.flatten().any(|entry| !hidden(entry.file_name().to_bytes())) {
        return Ok(());
    }
    warn!("{source} is empty");
    let Some(store) = stores.first().filter(|_| !settings.backup.allow_empty) else {
        return Ok(());
    };
    let catalog = backup::catalog::list(store, &[KIND], Some(name)).await?;
    match backup::retention::newest(&catalog.backups, &Zoned::now()) {
        Some(last) if last.summary.rows > 1 => Err(Error::usage(format!(
            "{source} is empty, and {} was not: mount the volume, or say --allow-empty",
            last.summary.artifact.file
        ))),
        _ => Ok(()),
    }
}

struct Walking {
    root: Root,
    exclude: Exclude,
    one_file_system: bool,
    stores: Vec<(u64, u64)>,
}

impl Walking {
    /// On a thread of its own; it ends when nobody takes its steps any more.
    fn start(
        self,
        compare: Option<chain::Compare>,
    ) -> (mpsc::Receiver<Step>, impl Future<Output = Result<()>>) {
        let (send, steps) = mpsc::channel(AHEAD);
        let walking = blocking(move || {
            let mut hand_on = |step| send.blocking_send(step).map_err(|_| Error::stopped());
            let walk = Walk {
                exclude: &self.exclude,
                one_file_system: self.one_file_system,
                stores: &self.stores,
                compare,
                send: &mut hand_on,
            };
            walk.go(self.root)
        });
        (steps, walking)
    }
}

async fn write(
    task: &Task,
    walk: Walking,
    parent: Option<&Parent>,
    writer: Writer,
    jobs: usize,
) -> Result<(Written, Saved)> {
    let writer = Arc::new(writer);
    let end = tar::trailer(&walk.root.entry);
    let (steps, walking) = walk.start(parent.map(Parent::compare).transpose()?);
    let feed = Feed::new(Arc::clone(&writer), task.progress("saving", None));
    let both = async {
        let (saved, walked) = tokio::join!(feed.run(steps, jobs), walking);
        // If writing failed, that is why the walk was stopped.
        let saved = saved?;
        walked?;
        Ok(saved)
    };
    let saved = task.until_stopped(both).await?;
    let end = writer.member(END, None, Tally::default(), end);
    task.until_stopped(end).await?;
    Ok((seal(task, writer).await?, saved))
}

/// What a backup would hold: the same walk, and nothing is read or written.
async fn plan(
    task: &Task,
    walk: Walking,
    parent: Option<&Parent>,
    location: &str,
) -> Result<Report> {
    let (mut steps, walking) = walk.start(parent.map(Parent::compare).transpose()?);
    let (mut things, mut known, mut bytes) = (0, 0, 0);
    let mut troubles = crate::troubles::Troubles::default();
    let counting = async {
        while let Some(step) = steps.recv().await {
            match step {
                Step::Batch(batch) => {
                    things += batch.things.len() as u64;
                    known += batch.known.len() as u64;
                    bytes += batch.things.iter().map(|thing| thing.entry.size).sum::<u64>();
                }
                Step::Large(large) => {
                    things += 1;
                    bytes += large.size();
                }
                Step::Trouble(trouble) => troubles.add(trouble),
            }
        }
        Ok(())
    };
    let both = async { tokio::try_join!(counting, walking) };
    task.until_stopped(both).await?;
    let summary = format!(
        "dry run: would save {things} entries, {}, beside {known} unchanged ones, to {location}",
        show::bytes(bytes)
    );
    Ok(Report {
        items: things,
        bytes,
        json: json!({ "file": location, "entries": things, "unchanged": known, "bytes": bytes }),
        table: summary.clone(),
        summary,
        incomplete: troubles.incomplete(false),
    })
}

fn report(manifest: &Manifest, file: &str, saved: &Saved, incomplete: Vec<String>) -> Report {
    let entries: u64 = manifest.contents.iter().map(|content| content.tally.rows).sum();
    let size = manifest.artifact.size;
    let proof = if manifest.verified { "read back and proven" } else { "NOT read back" };
    let (content, troubles) = (show::bytes(saved.content), &saved.troubles);
    let changed = match troubles.changed.count {
        0 => String::new(),
        count => format!("; {count} changed or vanished while they were read"),
    };
    let summary = format!(
        "saved {entries} entries, {content} of content in {}, {proof}: {file}{changed}",
        show::bytes(size)
    );
    Report {
        items: entries,
        bytes: size,
        json: json!({
            "file": file,
            "size": size,
            "sha256": manifest.artifact.sha256,
            "parent": manifest.parent,
            "entries": entries,
            "content": saved.content,
            "verified": manifest.verified,
            "recipients": manifest.artifact.recipients,
            "unreadable": troubles.unreadable.names,
            "changed": troubles.changed.names,
            "ignored": troubles.ignored.names,
        }),
        table: summary.clone(),
        summary,
        incomplete,
    }
}
