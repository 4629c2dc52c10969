//! What one run of `backup --all-databases` saved, found again: to verify it, or to restore it.

use crate::globals::{DATABASES, KIND, NAME};
use crate::restore::{self, RestoreOptions, Server};
use crate::settings::Settings;
use crate::{save, stored};
use backup::age::Opener;
use backup::catalog;
use backup::manifest::Manifest;
use backup::name::{MANIFEST, Name};
use backup::source::Source;
use postgres::Endpoint;
use serde_json::json;
use std::collections::BTreeMap;
use storage::Store;
use task::{Context, Error, Report, Result, Several, Task};
use tracing::info;

struct Set {
    store: Store,
    globals: Manifest,
    opener: Option<Opener>,
    /// Names and files, in the order of the backup.
    databases: Vec<(String, String)>,
    /// Those that the run could not save.
    missing: Vec<String>,
}

impl Set {
    /// The globals say when their run began, and which databases it meant to save.
    async fn find(task: &Task, settings: &Settings) -> Result<Self> {
        let opener = settings.place.encrypt.opener()?;
        let store = settings.place.store.open(task).await?;
        let globals = catalog::find(&store, KIND, Some(NAME), &settings.which).await?;
        if settings.backup.globals_only {
            return Ok(Self { store, globals, opener, databases: Vec::new(), missing: Vec::new() });
        }
        let time = Name::parse(&globals.artifact.file).map(|name| name.time());
        let list = globals.properties.get(DATABASES).map_or("[]", String::as_str);
        let wanted: Vec<String> = serde_json::from_str(list)
            .integrity(|| format!("{} has a damaged list of databases", globals.file()))?;
        let catalog = catalog::list(&store, &[save::KIND], None).await?;
        // Damaged ones, too: that they cannot be used is to be said.
        let sound = catalog.backups.iter().map(|backup| backup.summary.artifact.file.as_str());
        let damaged = catalog.unreadable.iter().filter_map(|(file, _)| file.strip_suffix(MANIFEST));
        let mut files: BTreeMap<String, String> = sound
            .chain(damaged)
            .filter_map(|file| Some((Name::parse(file)?, file)))
            .filter(|(name, _)| Some(name.time()) == time)
            .map(|(name, file)| (name.name().to_owned(), file.to_owned()))
            .collect();
        let mut set = Self { store, globals, opener, databases: Vec::new(), missing: Vec::new() };
        for name in wanted {
            match files.remove(&name) {
                Some(file) => set.databases.push((name, file)),
                None => set.missing.push(name),
            }
        }
        Ok(set)
    }

    fn globals(&self) -> Source {
        Source::new(self.store.clone(), self.globals.clone(), self.opener.clone())
    }

    /// Manifests of large databases are large: one at a time.
    async fn source(&self, name: &str, file: &str) -> Result<Source> {
        let manifest = catalog::find(&self.store, save::KIND, Some(name), file).await?;
        Ok(Source::new(self.store.clone(), manifest, self.opener.clone()))
    }

    fn name_missing(&self, outcome: &mut Several) -> Result<()> {
        let file = &self.globals.artifact.file;
        self.missing.iter().try_for_each(|name| {
            let why = format!("the store holds no backup of it from the run of {file}");
            outcome.add(name, Err(Error::usage(why)))
        })
    }
}

/// Reads all of it back; with `--restore-to`, every database is drilled.
pub(crate) async fn verify(task: &Task, settings: &Settings) -> Result<Report> {
    let set = Set::find(task, settings).await?;
    let mut outcome = Several::default();
    let globals = stored::read_back(task, settings, &set.globals()).await;
    if settings.backup.globals_only {
        return globals;
    }
    outcome.add("globals", globals)?;
    for (name, file) in &set.databases {
        let verified = async {
            let source = set.source(name, file).await?;
            stored::prove(task, settings, &source).await
        };
        outcome.add(name, verified.await)?;
    }
    set.name_missing(&mut outcome)?;
    outcome.report("verified")
}

/// The globals, then every database; nothing is begun if one of them is in the way.
pub(crate) async fn restore(task: &Task, settings: &Settings) -> Result<Report> {
    let set = Set::find(task, settings).await?;
    let endpoint = settings.server.endpoint()?;
    let options = stored::restore_options(settings, true);
    let server = Server::connect(task, &endpoint, &[]).await?;
    refuse_full(task, &set, &server, &endpoint, &options).await?;
    if task.dry_run() {
        return Ok(plan(&set));
    }
    let globals = set.globals();
    let applied = restore::Globals::apply(task, &globals, &server, options.leaving).await?;
    if settings.backup.globals_only {
        applied.finish().await?;
        return Ok(restore::globals_report(&globals, &server));
    }
    let mut outcome = Several::default();
    outcome.add("globals", Ok(restore::globals_report(&globals, &server)))?;
    for (name, file) in &set.databases {
        let endpoint = endpoint.with_database(name);
        let restored = async {
            let source = set.source(name, file).await?;
            info!("restoring {file} into {endpoint}");
            restore::into_server(task, &source, &server, &endpoint, &options).await
        };
        outcome.add(name, restored.await)?;
    }
    applied.finish().await?;
    set.name_missing(&mut outcome)?;
    outcome.report("restored")
}

async fn refuse_full(
    task: &Task,
    set: &Set,
    server: &Server,
    endpoint: &Endpoint,
    options: &RestoreOptions,
) -> Result<()> {
    let mut full = Vec::new();
    for (name, _) in &set.databases {
        let endpoint = endpoint.with_database(name);
        match restore::check_target(task, server, &endpoint, options).await {
            Err(error) if error.exit() == task::Exit::Usage => full.push(format!("{error:#}")),
            checked => checked?,
        }
    }
    if full.is_empty() { Ok(()) } else { Err(Error::usage(full.join("; "))) }
}

fn plan(set: &Set) -> Report {
    let file = &set.globals.artifact.file;
    let files: Vec<&str> = set.databases.iter().map(|(_, file)| file.as_str()).collect();
    let mut table = format!("would restore {file}\n");
    for file in &files {
        table += &format!("would restore {file}\n");
    }
    Report {
        summary: format!("dry run: would restore {file} and {} databases", files.len()),
        json: json!({ "globals": file, "databases": files, "missing": set.missing }),
        table,
        incomplete: set.missing.clone(),
        ..Report::default()
    }
}
