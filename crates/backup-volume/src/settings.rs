//! The settings of `backup-volume`: each field is a flag and an environment variable.

use backup::settings::PlaceSettings;
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use task::{Error, Result, TaskSettings, switch};

/// Backs up a directory with all its attributes to one proven tar, lists what is there, proves it
/// again, restores all or some of it, and removes what is too old.
#[derive(clap::Parser)]
#[command(version, about)]
pub(crate) struct Settings {
    /// What to do
    #[arg(value_enum, default_value_t, value_name = "VERB")]
    pub verb: Verb,

    /// For verify and restore: `latest`, a file name, or its time as in 20261120T020000Z
    #[arg(default_value = "latest", value_name = "BACKUP")]
    pub which: String,

    /// restore: only these, each with all that is in it; paths from the volume's root
    #[arg(value_name = "PATH")]
    pub paths: Vec<OsString>,

    #[command(flatten)]
    pub place: PlaceSettings,

    #[command(flatten)]
    pub backup: BackupSettings,

    #[command(flatten)]
    pub restore: RestoreSettings,

    #[command(flatten)]
    pub task: TaskSettings,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Verb {
    /// Save the directory, read the file back, prove it, then remove old backups
    #[default]
    Backup,
    /// Show the backups
    List,
    /// Read a backup back, and all that it builds on, and compare it with its index and manifest
    Verify,
    /// Bring a backup, or some of it, back into a directory
    Restore,
    /// Remove the backups that the retention settings do not keep
    Prune,
}

#[derive(clap::Args)]
#[command(next_help_heading = "Backup")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(crate) struct BackupSettings {
    /// The directory to back up
    #[arg(long, env = "BACKUP_SOURCE", value_name = "DIR", default_value = "/data")]
    pub source: PathBuf,

    /// Name of the backups [default: the directory's own name]
    #[arg(long, env = "BACKUP_NAME")]
    pub name: Option<String>,

    /// Leave out what is like this, with all in it: a name anywhere (*.tmp), or, with a slash, a path
    /// from the root (cache/*.tmp); ** is any number of folders, a slash at the end means only
    /// folders; several by commas or repeated
    #[arg(long, env = "EXCLUDE", value_name = "PATTERN")]
    pub exclude: Vec<String>,

    /// Do not go into other file systems that are mounted below
    #[arg(long, env = "ONE_FILE_SYSTEM", value_parser = switch())]
    pub one_file_system: bool,

    /// Save only the files that changed since the last backup, which this one then needs
    #[arg(long, env = "INCREMENTAL", value_parser = switch())]
    pub incremental: bool,

    /// With --incremental: every so many backups is a full one
    #[arg(long, env = "FULL_EVERY", value_name = "N", default_value_t = 7)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    pub full_every: u32,

    /// Exit code 4 also if a file changed or vanished while it was read
    #[arg(long, env = "STRICT", value_parser = switch())]
    pub strict: bool,

    /// Back up an empty directory even if the last backup was not empty
    #[arg(long, env = "ALLOW_EMPTY", value_parser = switch())]
    pub allow_empty: bool,

    /// How much is read, compressed or checked at once [default: the number of cores]
    #[arg(long, short, env = "JOBS")]
    jobs: Option<NonZeroUsize>,
}

#[derive(clap::Args)]
#[command(next_help_heading = "Restore")]
pub(crate) struct RestoreSettings {
    /// restore: the directory to restore into, which has to be there
    #[arg(long, env = "RESTORE_TO", value_name = "DIR")]
    pub to: Option<PathBuf>,

    /// restore: into a directory that is not empty; what is in the way is replaced, the rest stays
    #[arg(long, env = "RESTORE_OVERWRITE", value_parser = switch())]
    pub overwrite: bool,
}

impl BackupSettings {
    pub(crate) fn jobs(&self) -> usize {
        backup::settings::jobs(self.jobs)
    }
}

impl Settings {
    /// What the backups are called: `--name`, or the directory's own name.
    pub(crate) fn name(&self) -> Result<String> {
        if let Some(name) = &self.backup.name {
            return Ok(name.clone());
        }
        let source = &self.backup.source;
        let absolute = std::path::absolute(source).unwrap_or_else(|_| source.clone());
        let own = absolute.file_name().and_then(|name| name.to_str());
        own.map(str::to_owned).ok_or_else(|| {
            Error::usage(format!(
                "{} has no name to call its backups by: say --name",
                source.display()
            ))
        })
    }

    /// Whose backups list, verify, restore and prune mean: all of the store's, unless it is said.
    /// Where they run, the volume is often not mounted.
    pub(crate) fn said_name(&self) -> Option<String> {
        self.backup.name.clone()
    }

    pub(crate) fn target(&self) -> Result<&Path> {
        self.restore.to.as_deref().ok_or_else(|| {
            Error::usage("restore wants to know where to: name an empty directory with --to")
        })
    }

    /// Flags that the verb would not look at are a mistake, and silence would hide it.
    pub(crate) fn check(&self) -> Result<()> {
        let restores = self.verb == Verb::Restore;
        let misplaced = [
            (self.restore.overwrite && !restores, "--overwrite belongs to restore"),
            (!self.paths.is_empty() && !restores, "only restore takes paths"),
            (
                self.which != "latest" && ![Verb::Verify, Verb::Restore].contains(&self.verb),
                "only verify and restore take the name of a backup",
            ),
        ];
        match misplaced.iter().find(|rule| rule.0) {
            Some((_, why)) => Err(Error::usage((*why).to_owned())),
            None => Ok(()),
        }
    }
}
