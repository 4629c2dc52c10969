//! From where to where: a directory to S3, S3 to a directory, or within S3.

use crate::filter::{Filter, Rules};
use crate::listing::Listing;
use crate::tree::Tree;
use crate::walk::{Manner, absolute};
use std::path::{Path, PathBuf};
use storage::{Objects, S3Settings};
use task::{Error, Result, Task};

pub(crate) enum Route {
    Up { from: PathBuf, follow: bool, to: Objects },
    Down { from: Objects, to: PathBuf, tree: Option<Tree> },
    Across { from: Objects, to: Objects },
}

const S3: &str = "s3://";

impl Route {
    pub(crate) async fn open(
        task: &Task,
        (source, dest): (&str, &str),
        follow: bool,
        settings: &S3Settings,
    ) -> Result<Self> {
        match (source.starts_with(S3), dest.starts_with(S3)) {
            (false, false) => Err(Error::usage(format!(
                "neither {source} nor {dest} is in S3: write s3://bucket/prefix"
            ))),
            (true, true) => {
                let from = Objects::open(task, source, settings).await?;
                let to = from.beside(dest)?;
                apart(&from, &to)?;
                Ok(Self::Across { from, to })
            }
            (false, true) => {
                let from = directory(source)?;
                if !from.is_dir() {
                    let why = if from.exists() { "is no directory" } else { "is not there" };
                    return Err(Error::usage(format!(
                        "the source {} {why}: name the directory whose files are to be copied",
                        from.display()
                    )));
                }
                Ok(Self::Up { from, follow, to: Objects::open(task, dest, settings).await? })
            }
            (true, false) => {
                let to = directory(dest)?;
                let tree = Tree::open(&to, !task.dry_run())?;
                Ok(Self::Down { from: Objects::open(task, source, settings).await?, to, tree })
            }
        }
    }

    pub(crate) fn source(&self) -> String {
        match self {
            Self::Up { from, .. } => from.display().to_string(),
            Self::Down { from, .. } | Self::Across { from, .. } => from.location(""),
        }
    }

    pub(crate) fn dest(&self) -> String {
        match self {
            Self::Down { to, .. } => to.display().to_string(),
            Self::Up { to, .. } | Self::Across { to, .. } => to.location(""),
        }
    }

    pub(crate) fn source_of(&self, name: &str) -> String {
        match self {
            Self::Up { from, .. } => from.join(name).display().to_string(),
            Self::Down { from, .. } | Self::Across { from, .. } => from.location(name),
        }
    }

    pub(crate) fn dest_of(&self, name: &str) -> String {
        match self {
            Self::Down { to, .. } => to.join(name).display().to_string(),
            Self::Up { to, .. } | Self::Across { to, .. } => to.location(name),
        }
    }

    /// Where things are put, if that is in S3.
    pub(crate) fn target(&self) -> Option<&Objects> {
        match self {
            Self::Up { to, .. } | Self::Across { to, .. } => Some(to),
            Self::Down { .. } => None,
        }
    }

    /// The lists of source and destination, without what the rules leave out.
    pub(crate) fn listings(&self, rules: &Rules) -> Result<(Listing, Listing)> {
        let (source, dest) = match self {
            Self::Up { from, to, .. } => (below(from), under(to)),
            Self::Down { from, to, .. } => (under(from), below(to)),
            Self::Across { from, to } => (under(from), under(to)),
        };
        let of_source = Filter::new(rules, source.clone(), dest.clone());
        let of_dest = Filter::new(rules, dest, source);
        Ok(match self {
            Self::Up { from, follow, to } => (
                Listing::walk(from.clone(), Manner::Source { follow: *follow }, of_source)?,
                Listing::s3(to, of_dest),
            ),
            Self::Down { from, to, tree } => (
                Listing::s3(from, of_source),
                match tree {
                    Some(_) => Listing::walk(to.clone(), Manner::Target, of_dest)?,
                    None => Listing::nothing(),
                },
            ),
            Self::Across { from, to } => (Listing::s3(from, of_source), Listing::s3(to, of_dest)),
        })
    }
}

/// What is copied into its own source would be found there, and copied again, without end; and what
/// holds its own source would lose it to --delete.
fn apart(from: &Objects, to: &Objects) -> Result<()> {
    let within = |one: &Objects, other: &Objects| one.prefix().starts_with(other.prefix());
    if from.bucket() == to.bucket() && (within(from, to) || within(to, from)) {
        return Err(Error::usage(format!(
            "{} and {} are one in the other: name places that lie apart",
            from.location(""),
            to.location("")
        )));
    }
    Ok(())
}

fn directory(place: &str) -> Result<PathBuf> {
    if place.is_empty() || place.contains("://") {
        return Err(Error::usage(format!(
            "{place:?} is neither a directory nor s3://bucket/prefix"
        )));
    }
    Ok(absolute(Path::new(place)))
}

fn below(path: &Path) -> String {
    let path = path.to_string_lossy();
    format!("{}/", path.trim_end_matches('/'))
}

fn under(objects: &Objects) -> String {
    format!("{}/{}", objects.bucket(), objects.prefix())
}
