//! Which backups a store holds. Only manifests are read, one at a time and without their chunks,
//! so that a list of many large backups takes little memory.
//!
//! A damaged backup does not end a list, it is named in it; a report of such a list is incomplete
//! (exit code 4), so that a job that lists is a job that watches.

mod report;
mod summary;

pub use report::{age, report};
pub use summary::Summary;

use crate::manifest::Manifest;
use crate::name::{MANIFEST, Name, PRUNED};
use jiff::Timestamp;
use std::collections::BTreeMap;
use storage::Store;
use task::{Error, Result, While};

/// No manifest of ours comes near this; what is larger is not read into memory.
const LARGEST: u64 = 64 << 20;

/// A backup that a manifest tells of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    pub summary: Summary,
    /// Why it cannot be restored, if that is known.
    pub problem: Option<String>,
}

impl Backup {
    /// Read back whole once, and its file is there with the right size.
    pub fn proven(&self) -> bool {
        self.summary.verified && self.problem.is_none()
    }

    pub fn manifest(&self) -> String {
        format!("{}{MANIFEST}", self.summary.artifact.file)
    }
}

/// What a store holds of some kind and name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalog {
    /// Newest first.
    pub backups: Vec<Backup>,
    /// Manifests that cannot be read, and why. Newest first.
    pub unreadable: Vec<(String, String)>,
    /// Files called like backups that no manifest tells of: a run was killed in its last moment,
    /// or someone removed the manifest. They are no backups, and are never removed.
    pub orphans: Vec<String>,
    /// Manifests of backups whose removal was begun.
    pub(crate) pruned: Vec<String>,
}

impl Catalog {
    /// Leaves out what is of other kinds and names, as if it did not lie there.
    pub fn retain(&mut self, wanted: impl Fn(&str, &str) -> bool) {
        let named =
            |file: &String| Name::parse(file).is_some_and(|name| wanted(name.kind(), name.name()));
        self.backups.retain(|one| wanted(&one.summary.kind, &one.summary.name));
        self.unreadable.retain(|(manifest, _)| named(manifest));
        self.orphans.retain(named);
        self.pruned.retain(named);
    }
}

/// All backups, or those of some kinds, of one name.
pub async fn list(store: &Store, kinds: &[&str], name: Option<&str>) -> Result<Catalog> {
    let mut catalog = Catalog::default();
    let mut manifests = Vec::new();
    let mut artifacts = BTreeMap::new();
    for entry in store.list().await? {
        let Some(parsed) = Name::parse(&entry.name) else { continue };
        if !(kinds.is_empty() || kinds.contains(&parsed.kind()))
            || name.is_some_and(|name| name != parsed.name())
        {
            continue;
        }
        if entry.name.ends_with(PRUNED) {
            catalog.pruned.push(entry.name);
        } else if entry.name.ends_with(MANIFEST) {
            manifests.push((parsed.time(), entry));
        } else {
            artifacts.insert(entry.name, (entry.size, false));
        }
    }
    manifests.sort_by_key(|(time, _)| std::cmp::Reverse(*time));
    for (_, entry) in manifests {
        let artifact = entry.name.strip_suffix(MANIFEST).unwrap_or_default();
        let found = artifacts.get_mut(artifact).map(|(size, named)| {
            *named = true;
            *size
        });
        match summary(store, &entry).await {
            Ok(summary) => {
                let problem = missing(&summary, found);
                catalog.backups.push(Backup { summary, problem });
            }
            Err(error) => catalog.unreadable.push((entry.name, format!("{error:#}"))),
        }
    }
    chains(&mut catalog.backups);
    let time = |backup: &Backup| (backup.summary.started, backup.summary.artifact.file.clone());
    catalog.backups.sort_by_key(|backup| std::cmp::Reverse(time(backup)));
    for (file, (_, named)) in artifacts {
        // One whose removal was begun is not forgotten.
        if !named && !catalog.pruned.iter().any(|pruned| pruned.strip_suffix(PRUNED) == Some(&file))
        {
            catalog.orphans.push(file);
        }
    }
    Ok(catalog)
}

/// What builds on a backup that is not there, or is damaged, cannot be restored either.
fn chains(backups: &mut [Backup]) {
    let mut known: BTreeMap<String, (Option<String>, bool)> = BTreeMap::new();
    for backup in backups.iter() {
        let Summary { artifact, parent, .. } = &backup.summary;
        known.insert(artifact.file.clone(), (parent.clone(), backup.problem.is_none()));
    }
    for backup in backups.iter_mut().filter(|backup| backup.problem.is_none()) {
        let mut next = backup.summary.parent.clone();
        // Each is older than the one before, so this ends.
        while let Some(file) = next {
            next = match known.get(&file) {
                Some((parent, true)) => parent.clone(),
                found => {
                    let state = if found.is_some() { "damaged" } else { "missing" };
                    backup.problem = Some(format!("it builds on {file}, which is {state}"));
                    None
                }
            };
        }
    }
}

async fn summary(store: &Store, entry: &storage::Entry) -> Result<Summary> {
    if entry.size > LARGEST {
        return Err(Error::integrity(format!("{} is too large for a manifest", entry.name)));
    }
    Summary::parse(&entry.name, &store.get(&entry.name).await?)
}

fn missing(summary: &Summary, found: Option<u64>) -> Option<String> {
    let artifact = &summary.artifact;
    match found {
        None => Some(format!("{} is missing", artifact.file)),
        Some(size) if size != artifact.size => {
            Some(format!("{} has {size} bytes, not {}", artifact.file, artifact.size))
        }
        Some(_) => None,
    }
}

/// The backup that `which` means: `latest`, the name of its file or manifest, or its time as
/// `20261120T020000Z` or RFC 3339. A damaged one is an error: an older one in its place would be a
/// surprise.
pub async fn find(store: &Store, kind: &str, name: Option<&str>, which: &str) -> Result<Manifest> {
    let catalog = list(store, &[kind], name).await?;
    let file = choose(&catalog, kind, name, which)?;
    if let Some((_, why)) = catalog.unreadable.iter().find(|(manifest, _)| *manifest == file) {
        return Err(Error::integrity(format!("{which} cannot be used: {why}")));
    }
    let problem = catalog.backups.iter().find(|backup| backup.manifest() == file);
    if let Some(problem) = problem.and_then(|backup| backup.problem.as_ref()) {
        let sound = catalog.backups.iter().find(|backup| backup.proven());
        return Err(Error::integrity(format!(
            "{which} is damaged: {problem}{}",
            sound
                .map(|backup| format!("; the newest sound one is {}", backup.summary.artifact.file))
                .unwrap_or_default()
        )));
    }
    let json = store.get(&file).await.during(|| format!("cannot use {which}"))?;
    Manifest::parse(&file, &json)
}

/// The manifest's file.
fn choose(catalog: &Catalog, kind: &str, name: Option<&str>, which: &str) -> Result<String> {
    let mut all: Vec<(Name, String)> = catalog
        .backups
        .iter()
        .map(Backup::manifest)
        .chain(catalog.unreadable.iter().map(|(file, _)| file.clone()))
        .filter_map(|file| Some((Name::parse(&file)?, file)))
        .collect();
    all.sort_by_key(|(parsed, _)| std::cmp::Reverse(parsed.time()));
    let time = time(which);
    all.retain(|(parsed, file)| {
        which == "latest"
            || which == file
            || Some(which) == file.strip_suffix(MANIFEST)
            || time == Some(parsed.time())
    });
    let Some((first, file)) = all.first() else {
        let what = name.map(|name| format!(" of {name:?}")).unwrap_or_default();
        let newest: Vec<_> = catalog
            .backups
            .iter()
            .take(3)
            .map(|backup| backup.summary.artifact.file.as_str())
            .collect();
        return Err(Error::usage(if newest.is_empty() {
            format!("there is no {kind} backup{what} in the store")
        } else {
            format!(
                "there is no {kind} backup{what} that {which:?} means: say latest, a time such as \
                 20261120T020000Z, or a file; the newest are {}",
                newest.join(", ")
            )
        }));
    };
    if let Some((other, _)) = all.iter().find(|(other, _)| other.name() != first.name()) {
        return Err(Error::usage(format!(
            "{which:?} can mean a backup of {:?} and of {:?}: say which name, or the file",
            first.name(),
            other.name()
        )));
    }
    Ok(file.clone())
}

fn time(which: &str) -> Option<Timestamp> {
    let parsed = which.parse::<Timestamp>().ok().or_else(|| {
        let time = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", which).ok()?;
        time.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    })?;
    Timestamp::from_second(parsed.as_second()).ok()
}
