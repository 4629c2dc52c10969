//! The settings of `sync-s3`: each field is a flag and an environment variable.

use crate::compare::By;
use crate::filter::Rules;
use std::num::NonZeroUsize;
use std::time::Duration;
use storage::S3Settings;
use task::{Error, Most, Result, ShardSettings, TaskSettings, duration, switch};

/// Copies what is new or changed from a directory to S3, from S3 to a directory or within S3, and
/// lists what lies in S3: `sync-s3 SOURCE DEST`, `sync-s3 ls s3://bucket/prefix`.
#[derive(clap::Parser)]
#[command(version, about)]
pub(crate) struct Settings {
    /// `sync` (may be left out), `ls`, or at once the source: a directory with a slash in its
    /// name, or <s3://bucket/prefix>
    #[arg(value_name = "VERB|SOURCE", value_parser = Word::parse)]
    what: Option<Word>,

    /// Source and destination; for ls, what is to be listed
    #[arg(value_name = "PLACE", num_args = 0..=2)]
    places: Vec<String>,

    #[command(flatten)]
    pub sync: SyncSettings,

    #[command(flatten)]
    pub rules: Rules,

    #[command(flatten)]
    pub delete: DeleteSettings,

    #[command(flatten)]
    pub ls: LsSettings,

    #[command(flatten)]
    pub shard: ShardSettings,

    #[command(flatten)]
    pub s3: S3Settings,

    #[command(flatten)]
    pub task: TaskSettings,
}

/// What stands first on the line.
#[derive(Clone, Debug)]
enum Word {
    Sync,
    Ls,
    Place(String),
}

impl Word {
    /// A mistyped verb must not be taken for a directory.
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "sync" => Ok(Self::Sync),
            "ls" => Ok(Self::Ls),
            text if text.contains('/') || text == "." => Ok(Self::Place(text.to_owned())),
            text => Err(format!("it is no verb (sync, ls); if it is a directory, write ./{text}")),
        }
    }
}

#[derive(clap::Args)]
#[command(next_help_heading = "Sync")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(crate) struct SyncSettings {
    /// The source, if it does not stand on the line
    #[arg(long, env = "SYNC_SOURCE", value_name = "PLACE")]
    source: Option<String>,

    /// The destination, if it does not stand on the line; what ls lists
    #[arg(long, env = "SYNC_DEST", value_name = "PLACE")]
    dest: Option<String>,

    /// Files of the same size are the same
    #[arg(long, env = "SIZE_ONLY", value_parser = switch())]
    size_only: bool,

    /// When downloading, files of the same size are the same only if their times are, too
    #[arg(long, env = "EXACT_TIMESTAMPS", value_parser = switch())]
    exact_timestamps: bool,

    /// Compare the content of files of the same size with their `ETag`s, not their times
    #[arg(long, env = "CHECKSUM", value_parser = switch())]
    checksum: bool,

    /// Leave out symbolic links in the source [default: what they lead to is copied]
    #[arg(long, env = "NO_FOLLOW_SYMLINKS", value_parser = switch())]
    pub no_follow_symlinks: bool,

    /// Do not compare what was downloaded with its `ETag`
    #[arg(long, env = "NO_VERIFY", value_parser = switch())]
    pub no_verify: bool,

    /// Files that are under way at once
    #[arg(long, short, env = "JOBS", value_name = "N", default_value = "32")]
    pub jobs: NonZeroUsize,

    /// How old must be an unfinished upload of a file that is in the source, to be taken for what
    /// a killed run left, and aborted
    #[arg(long, env = "LEFTOVER_AGE", value_name = "TIME", default_value = "24h")]
    #[arg(value_parser = duration::parse)]
    pub leftover_age: Duration,
}

#[derive(clap::Args)]
#[command(next_help_heading = "Delete")]
pub(crate) struct DeleteSettings {
    /// Delete in the destination what the source does not have; what filters leave out stays
    #[arg(long, env = "DELETE", value_parser = switch())]
    pub delete: bool,

    /// Delete nothing if it would be more than so many, or more than this share of what the
    /// destination holds
    #[arg(long, env = "MAX_DELETE", value_name = "N|P%", default_value = "50%")]
    #[arg(value_parser = Most::parse)]
    pub max_delete: Most,

    /// Delete even if the source is empty
    #[arg(long, env = "ALLOW_EMPTY_SOURCE", value_parser = switch())]
    pub allow_empty_source: bool,
}

#[derive(clap::Args)]
#[command(next_help_heading = "Ls")]
pub(crate) struct LsSettings {
    /// What lies below further slashes, too
    #[arg(long, env = "LS_RECURSIVE", value_parser = switch())]
    pub recursive: bool,

    /// Sizes as people read them
    #[arg(long, env = "HUMAN_READABLE", value_parser = switch())]
    pub human_readable: bool,

    /// Count objects and bytes at the end
    #[arg(long, env = "SUMMARIZE", value_parser = switch())]
    pub summarize: bool,
}

/// What is to be done.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Work<'a> {
    Sync { source: &'a str, dest: &'a str },
    Ls(&'a str),
}

impl Settings {
    pub(crate) fn work(&self) -> Result<Work<'_>> {
        let first = match &self.what {
            Some(Word::Place(place)) => Some(place),
            _ => None,
        };
        let mut places = first.into_iter().chain(&self.places).map(String::as_str);
        let work = if let Some(Word::Ls) = self.what {
            let place = places.next().or(given(self.sync.dest.as_ref()));
            Work::Ls(place.ok_or_else(|| missing("what is to be listed", "SYNC_DEST"))?)
        } else {
            let source = places.next().or(given(self.sync.source.as_ref()));
            let dest = places.next().or(given(self.sync.dest.as_ref()));
            Work::Sync {
                source: source.ok_or_else(|| missing("the source", "SYNC_SOURCE"))?,
                dest: dest.ok_or_else(|| missing("the destination", "SYNC_DEST"))?,
            }
        };
        match places.next() {
            Some(place) => Err(Error::usage(format!("{place} is one place too many"))),
            None => Ok(work),
        }
    }

    pub(crate) fn by(&self) -> Result<By> {
        let SyncSettings { size_only, exact_timestamps, checksum, .. } = self.sync;
        match (size_only, exact_timestamps, checksum) {
            (false, false, false) => Ok(By::Time),
            (true, false, false) => Ok(By::Size),
            (false, true, false) => Ok(By::ExactTime),
            (false, false, true) => Ok(By::Content),
            _ => Err(Error::usage(
                "--size-only, --exact-timestamps and --checksum exclude each other: take one",
            )),
        }
    }
}

/// An empty variable is as good as none.
fn given(place: Option<&String>) -> Option<&str> {
    place.map(String::as_str).filter(|place| !place.is_empty())
}

fn missing(what: &str, variable: &str) -> Error {
    Error::usage(format!("{what} is not named: write sync-s3 SOURCE DEST, or set {variable}"))
}
