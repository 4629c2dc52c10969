//! What an incremental backup builds on, and what has not changed since.

use crate::entry::{Entry, Kind, Time, order};
use crate::index::{Line, Reading};
use crate::settings::Settings;
use crate::walk::ctime;
use backup::catalog;
use backup::manifest::{Manifest, Tally};
use backup::name::Name;
use backup::source::Source;
use bytes::Bytes;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use rustix::fs::Stat;
use std::cmp::Ordering;
use storage::Store;
use task::{Error, Exit, Result, Task, blocking};
use tracing::{info, warn};

/// What backups of this program are called.
pub(crate) const KIND: &str = "volume";
/// What is inside.
pub(crate) const FORMAT: &str = "tar";
/// The property that counts the backups between this one and the full one.
pub(crate) const LINK: &str = "chain";
/// A file that changed within this time before the last backup began may have changed again,
/// unnoticed: file systems and clocks do not count finer than they like.
const DOUBT: i64 = 2;

/// The last backup, if the next can build on it.
pub(crate) struct Parent {
    pub(crate) source: Source,
    /// How many stand between it and the full one.
    pub(crate) link: u32,
}

impl Parent {
    /// None where the next has to be a full one; the log says why.
    pub(crate) async fn find(
        task: &Task,
        settings: &Settings,
        stores: &[Store],
        name: &str,
    ) -> Result<Option<Self>> {
        if !settings.backup.incremental {
            return Ok(None);
        }
        match Self::usable(task, settings, stores, name).await {
            Ok(Ok(parent)) => Ok(Some(parent)),
            Ok(Err(why)) => {
                info!("this backup is a full one: {why}");
                Ok(None)
            }
            Err(error) if error.exit() == Exit::Integrity => {
                warn!("this backup is a full one, for the last cannot be built on: {error:#}");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    async fn usable(
        task: &Task,
        settings: &Settings,
        stores: &[Store],
        name: &str,
    ) -> Result<Result<Self, String>> {
        let mut newest = None;
        for (place, store) in stores.iter().enumerate() {
            let catalog = catalog::list(store, &[KIND], Some(name)).await?;
            if place == 0 {
                if let Some((file, why)) = newest_unusable(&catalog) {
                    return Err(Error::integrity(format!("{file}: {why}")));
                }
                let found = backup::retention::newest(&catalog.backups, &Zoned::now());
                let Some(found) = found else {
                    return Ok(Err("there is none before it".to_owned()));
                };
                newest = Some(found.summary.artifact.file.clone());
            } else if !catalog
                .backups
                .iter()
                .any(|one| one.proven() && Some(&one.summary.artifact.file) == newest.as_ref())
            {
                return Ok(Err("not every store has the last one".to_owned()));
            }
        }
        let (Some(store), Some(file)) = (stores.first(), newest) else {
            return Ok(Err("there is no store".to_owned()));
        };
        let manifest = catalog::find(store, KIND, Some(name), &file).await?;
        let link = link(&manifest);
        if link + 1 >= settings.backup.full_every {
            return Ok(Err(format!("it is time for one, after {link} that build on another")));
        }
        let opener = settings.place.encrypt.opener()?;
        if manifest.artifact.is_encrypted() && opener.is_none() {
            return Ok(Err(format!(
                "{file} is encrypted, and AGE_IDENTITY_FILE names no identity to read its index"
            )));
        }
        let source = Source::new(store.clone(), manifest, opener);
        task.until_stopped(check_index(&source)).await?;
        Ok(Ok(Self { source, link }))
    }

    pub(crate) fn compare(&self) -> Result<Compare> {
        let manifest = self.source.manifest();
        Ok(Compare {
            reading: Reading::open(&self.source),
            line: None,
            time: time_of(&manifest.artifact.file)?,
            sure: manifest.started.as_second() - DOUBT,
        })
    }
}

/// A damaged backup that is newer than all sound ones.
fn newest_unusable(catalog: &catalog::Catalog) -> Option<(String, String)> {
    let first = catalog.backups.first()?;
    let why = first.problem.clone()?;
    Some((first.summary.artifact.file.clone(), why))
}

pub(crate) fn link(manifest: &Manifest) -> u32 {
    manifest.properties.get(LINK).and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// The time in a backup's name, as the index has it.
pub(crate) fn time_of(file: &str) -> Result<String> {
    let name =
        Name::parse(file).ok_or_else(|| Error::integrity(format!("{file} is no backup's name")))?;
    Ok(written(name.time()))
}

pub(crate) fn written(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// Whether the index is the one that the manifest tells of.
pub(crate) async fn check_index(source: &Source) -> Result<()> {
    let mut reading = Reading::open(source);
    let source = source.clone();
    let work = move || {
        let mut found = Tally::default();
        while let Some(line) = reading.next()? {
            Line::parse(&line)?;
            found.row(&line);
        }
        let mut wanted = Tally::default();
        source.manifest().contents.iter().for_each(|content| wanted.add(content.tally));
        if found != wanted {
            let file = &source.manifest().artifact.file;
            return Err(Error::integrity(format!("the file index of {file} is damaged")));
        }
        Ok(())
    };
    blocking(work).await
}

/// The last backup's index, read beside the walk: both have one order.
pub(crate) struct Compare {
    reading: Reading,
    /// The next line, and its path.
    line: Option<(Vec<u8>, Bytes)>,
    /// What the last backup's content is called from now on.
    time: String,
    /// What changed before this second is not in doubt.
    sure: i64,
}

impl Compare {
    /// The line of a file that is as it was; the walk asks for each file once, in order.
    pub(crate) fn unchanged(&mut self, entry: &Entry, stat: &Stat) -> Result<Option<Vec<u8>>> {
        loop {
            if self.line.is_none() {
                let Some(line) = self.reading.next()? else { return Ok(None) };
                let path = Line::parse(&line)?.path()?;
                self.line = Some((path, line));
            }
            let Some((path, line)) = &self.line else { return Ok(None) };
            match order(path, &entry.path) {
                Ordering::Less => self.line = None,
                Ordering::Greater => return Ok(None),
                Ordering::Equal => return Ok(self.kept(&Line::parse(line)?, entry, stat)),
            }
        }
    }

    fn kept(&self, line: &Line<'_>, entry: &Entry, stat: &Stat) -> Option<Vec<u8>> {
        let ctime = ctime(stat);
        let same = line.kind == Kind::File
            && line.mode == entry.mode
            && line.mtime == entry.mtime
            && Time::parse(line.ctime) == Some(ctime)
            && line.inode == stat.st_ino.to_string()
            && line.size == entry.size.to_string()
            && line.uid == entry.uid.to_string()
            && line.gid == entry.gid.to_string();
        if !same || ctime.seconds >= self.sure {
            return None;
        }
        let home = line.home.unwrap_or(&self.time);
        let mut kept = format!("{ctime} {} {home} ", line.inode).into_bytes();
        kept.extend_from_slice(line.facts);
        Some(kept)
    }
}
