//! The verbs for backups that are there: list, verify, prune.

use crate::chain::{KIND, time_of};
use crate::entry::{order, shown};
use crate::index::{Line, Reading};
use crate::proof::Proof;
use crate::settings::Settings;
use backup::readback::{Expected, readback};
use backup::source::Source;
use backup::{catalog, verbs};
use serde_json::json;
use std::cmp::Ordering;
use task::{Error, Exit, Report, Result, Task, While, blocking, show};
use tracing::{info, warn};

pub(crate) async fn list(task: &Task, settings: &Settings) -> Result<Report> {
    verbs::list(task, &settings.place, &[KIND], settings.said_name().as_deref()).await
}

pub(crate) async fn prune(task: &Task, settings: &Settings) -> Result<Report> {
    verbs::prune(task, &settings.place, &[KIND], settings.said_name().as_deref()).await
}

/// A backup, and all that it builds on: newest first.
pub(crate) struct Chain {
    pub(crate) sources: Vec<Source>,
}

impl Chain {
    pub(crate) async fn find(task: &Task, settings: &Settings) -> Result<Self> {
        let store = settings.place.store.open(task).await?;
        let opener = settings.place.encrypt.opener()?;
        // A whole file name says it all.
        let name = settings.said_name().filter(|_| !settings.which.starts_with("volume-"));
        let newest = catalog::find(&store, KIND, name.as_deref(), &settings.which).await?;
        let (mut sources, mut next) = (Vec::new(), newest.parent.clone());
        let of = newest.name.clone();
        sources.push(Source::new(store.clone(), newest, opener.clone()));
        while let Some(file) = next.take() {
            let manifest = catalog::find(&store, KIND, Some(&of), &file).await;
            // A name that is not there would be wrong use; here it is a hole in the chain.
            let manifest = manifest.map_err(|error| match error.exit() {
                Exit::Usage => Error::integrity(format!(
                    "{} builds on {file}, which cannot be used",
                    sources[0].manifest().artifact.file
                ))
                .because(error),
                _ => error,
            })?;
            next.clone_from(&manifest.parent);
            sources.push(Source::new(store.clone(), manifest, opener.clone()));
        }
        Ok(Self { sources })
    }

    pub(crate) fn newest(&self) -> &Source {
        &self.sources[0]
    }
}

pub(crate) async fn verify(task: &Task, settings: &Settings) -> Result<Report> {
    let chain = Chain::find(task, settings).await?;
    let newest = chain.newest();
    let manifest = newest.manifest();
    let file = &manifest.artifact.file;
    if manifest.artifact.is_encrypted() && newest.opener().is_none() {
        for source in &chain.sources[1..] {
            source.same_bytes(task).await?;
        }
        return verbs::same_bytes(task, newest).await;
    }
    let mut size = 0;
    for source in &chain.sources {
        size += source.manifest().artifact.size;
        read_back(task, settings, source).await?;
    }
    for older in &chain.sources[1..] {
        task.until_stopped(holds(newest, older)).await?;
    }
    let entries: u64 = manifest.contents.iter().map(|content| content.tally.rows).sum();
    let beside = match chain.sources.len() - 1 {
        0 => String::new(),
        count => format!(", with the {count} it builds on"),
    };
    if let Some(count) = manifest.properties.get("unreadable") {
        warn!("{count} entries could not be read when {file} was made, and are not in it");
    }
    let summary = format!("{file} is whole{beside}: {entries} entries, {}", show::bytes(size));
    Ok(Report {
        items: entries,
        bytes: size,
        json: json!({ "file": file, "entries": entries, "size": size, "whole": true,
            "backups": chain.sources.len(), "content_checked": true }),
        table: summary.clone(),
        summary,
        ..Report::default()
    })
}

async fn read_back(task: &Task, settings: &Settings, source: &Source) -> Result<()> {
    let manifest = source.manifest();
    info!("reading back {}", source.location());
    let progress = task.progress("reading back", Some(manifest.artifact.size));
    let place = (source.store(), manifest.artifact.file.as_str());
    let expected = Expected::of(manifest, source.opener());
    let jobs = settings.backup.jobs();
    let read = readback(&place, expected, jobs, Proof::default(), |bytes| progress.add(bytes));
    task.until_stopped(read).await
}

/// Whether an older backup has all content that the newest one's index says it has: both have one
/// order.
pub(crate) async fn holds(newest: &Source, older: &Source) -> Result<()> {
    let file = older.manifest().artifact.file.clone();
    let home = time_of(&file)?;
    let (mut wanted, mut found) = (Reading::open(newest), Reading::open(older));
    blocking(move || {
        while let Some(text) = wanted.next()? {
            let line = Line::parse(&text)?;
            if line.home != Some(&*home) {
                continue;
            }
            let path = line.path()?;
            loop {
                let Some(text) = found.next()? else { return Err(lacks(&file, &path)) };
                let own = Line::parse(&text)?;
                match order(&own.path()?, &path) {
                    Ordering::Less => {}
                    Ordering::Equal if own.home.is_none() && own.facts == line.facts => break,
                    _ => return Err(lacks(&file, &path)),
                }
            }
        }
        Ok(())
    })
    .await
    .during(|| format!("{} is damaged", newest.manifest().artifact.file))
}

fn lacks(file: &str, path: &[u8]) -> Error {
    Error::integrity(format!(
        "{file} does not hold the content of {} that it is said to",
        shown(path)
    ))
}
