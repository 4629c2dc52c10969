//! What one run over a whole server saved, found again: to verify it, or to restore it.
//!
//! Each database is a backup of its own, and what belongs to the server and to no database is another,
//! which says what the run meant to save. All of them are named after the moment when the run began.

use crate::age::Opener;
use crate::catalog;
use crate::manifest::Manifest;
use crate::name::{MANIFEST, Name};
use crate::settings::PlaceSettings;
use crate::source::Source;
use serde_json::json;
use std::collections::BTreeMap;
use storage::Store;
use task::{Context, Error, Report, Result, Several, Task};

/// The property with the names of the databases that the same run saves: a JSON array.
pub const DATABASES: &str = "databases";
/// Whose backup the one of the server's own things is.
pub const NAME: &str = "server";

/// What a program's backups are called.
#[derive(Clone, Copy, Debug)]
pub struct Kinds {
    pub database: &'static str,
    /// Of what belongs to the server.
    pub globals: &'static str,
}

pub struct Set {
    store: Store,
    kinds: Kinds,
    globals: Manifest,
    opener: Option<Opener>,
    /// Names and files, in the order of the backup.
    pub databases: Vec<(String, String)>,
    /// Those that the run could not save.
    missing: Vec<String>,
}

impl Set {
    /// What belongs to the server, and no database.
    pub async fn of_globals(
        task: &Task,
        place: &PlaceSettings,
        kinds: Kinds,
        which: &str,
    ) -> Result<Self> {
        let opener = place.encrypt.opener()?;
        let store = place.store.open(task).await?;
        let globals = catalog::find(&store, kinds.globals, Some(NAME), which).await?;
        Ok(Self { store, kinds, globals, opener, databases: Vec::new(), missing: Vec::new() })
    }

    pub async fn find(
        task: &Task,
        place: &PlaceSettings,
        kinds: Kinds,
        which: &str,
    ) -> Result<Self> {
        let mut set = Self::of_globals(task, place, kinds, which).await?;
        let globals = &set.globals;
        let time = Name::parse(&globals.artifact.file).map(|name| name.time());
        let list = globals.properties.get(DATABASES).map_or("[]", String::as_str);
        let wanted: Vec<String> = serde_json::from_str(list)
            .integrity(|| format!("{} has a damaged list of databases", globals.file()))?;
        let catalog = catalog::list(&set.store, &[kinds.database], None).await?;
        // Damaged ones, too: that they cannot be used is to be said.
        let sound = catalog.backups.iter().map(|backup| backup.summary.artifact.file.as_str());
        let damaged = catalog.unreadable.iter().filter_map(|(file, _)| file.strip_suffix(MANIFEST));
        let mut files: BTreeMap<String, String> = sound
            .chain(damaged)
            .filter_map(|file| Some((Name::parse(file)?, file)))
            .filter(|(name, _)| Some(name.time()) == time)
            .map(|(name, file)| (name.name().to_owned(), file.to_owned()))
            .collect();
        for name in wanted {
            match files.remove(&name) {
                Some(file) => set.databases.push((name, file)),
                None => set.missing.push(name),
            }
        }
        Ok(set)
    }

    pub fn globals(&self) -> Source {
        Source::new(self.store.clone(), self.globals.clone(), self.opener.clone())
    }

    /// Manifests of large databases are large: one at a time.
    pub async fn source(&self, name: &str, file: &str) -> Result<Source> {
        let manifest = catalog::find(&self.store, self.kinds.database, Some(name), file).await?;
        Ok(Source::new(self.store.clone(), manifest, self.opener.clone()))
    }

    pub fn name_missing(&self, outcome: &mut Several) -> Result<()> {
        let file = &self.globals.artifact.file;
        self.missing.iter().try_for_each(|name| {
            let why = format!("the store holds no backup of it from the run of {file}");
            outcome.add(name, Err(Error::usage(why)))
        })
    }

    /// What a dry run of a restore says.
    pub fn planned(&self) -> Report {
        let file = &self.globals.artifact.file;
        let files: Vec<&str> = self.databases.iter().map(|(_, file)| file.as_str()).collect();
        let mut table = format!("would restore {file}\n");
        for file in &files {
            table += &format!("would restore {file}\n");
        }
        Report {
            summary: format!("dry run: would restore {file} and {} databases", files.len()),
            json: json!({ "globals": file, "databases": files, "missing": self.missing }),
            table,
            incomplete: self.missing.clone(),
            ..Report::default()
        }
    }
}
