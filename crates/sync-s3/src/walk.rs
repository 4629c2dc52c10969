//! The files below a directory, in the order in which S3 lists keys: one directory after the other,
//! on a thread of its own, as fast as they are asked for.

use crate::filter::Filter;
use crate::item::{Item, Micros};
use crate::names::{Kind, Names};
use crate::partial;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use storage::Explain;
use task::{Error, Result};
use tokio::sync::mpsc;

/// What a walk meets, in its order. A problem stands where the files would that it hides.
#[derive(Debug)]
pub(crate) enum Met {
    File(Item),
    Problem { name: String, error: Error },
}

/// Passed on together: each passing takes its time.
const BATCH: usize = 256;
const AHEAD: usize = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Files are to be read; links are followed, or left out.
    Source { follow: bool },
    /// Files may be replaced or removed: no link is followed, what is no file is not ours, and
    /// what killed runs left is removed.
    Target,
}

pub(crate) fn start(
    root: PathBuf,
    manner: Manner,
    filter: Filter,
) -> Result<mpsc::Receiver<Vec<Met>>> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let top = rustix::fs::open(&root, flags, Mode::empty());
    let top = top.explain(|| format!("cannot list {}", root.display()))?;
    let (sender, receiver) = mpsc::channel(AHEAD);
    let mut walk = Walk { root, manner, filter, sender, batch: Vec::new(), above: Vec::new() };
    std::thread::Builder::new()
        .name("walk".into())
        .spawn(move || {
            if walk.directory(&top, "").is_ok() {
                let _ = walk.send();
            }
        })
        .explain(|| "cannot start a thread".to_owned())?;
    Ok(receiver)
}

struct Walk {
    root: PathBuf,
    manner: Manner,
    filter: Filter,
    sender: mpsc::Sender<Vec<Met>>,
    batch: Vec<Met>,
    /// Device and inode of each directory on the way down, so that a loop of links ends.
    above: Vec<(u64, u64)>,
}

/// Nobody wants to know any more.
struct Over;

impl Walk {
    fn meet(&mut self, met: Met) -> Result<(), Over> {
        self.batch.push(met);
        if self.batch.len() < BATCH { Ok(()) } else { self.send() }
    }

    fn send(&mut self) -> Result<(), Over> {
        let batch = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH));
        self.sender.blocking_send(batch).map_err(|_| Over)
    }

    fn problem(&mut self, name: &str, error: Error) -> Result<(), Over> {
        self.meet(Met::Problem { name: name.to_owned(), error })
    }

    fn shown(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// `path` is empty or ends with a slash.
    fn directory(&mut self, fd: &OwnedFd, path: &str) -> Result<(), Over> {
        let what = || format!("cannot list {}", self.shown(path).display());
        let listed = rustix::fs::fstat(fd).explain(what).and_then(|stat| {
            let id = (stat.st_dev, stat.st_ino);
            if self.above.contains(&id) {
                return Err(Error::usage(format!("{}: its links lead in a circle", what())));
            }
            Ok((id, self.names(fd, path)?))
        });
        let (id, mut names) = match listed {
            Ok(listed) => listed,
            Err(error) => return self.problem(path, error),
        };
        names.sort();
        self.above.push(id);
        for (raw, kind) in names.iter() {
            let Ok(own) = str::from_utf8(raw) else {
                let shown = format!("{path}{}", String::from_utf8_lossy(raw));
                let error = Error::usage(format!(
                    "{} is not UTF-8, which S3 wants of keys: rename it, or leave it out",
                    self.root.join(&shown).display()
                ));
                self.problem(&shown, error)?;
                continue;
            };
            let name = format!("{path}{own}");
            if kind == Kind::Directory {
                match self.open(fd, own.trim_end_matches('/')) {
                    Ok(fd) => self.directory(&fd, &name)?,
                    // Removed meanwhile.
                    Err(Errno::NOENT) => {}
                    Err(cause) => {
                        let what = format!("cannot list {}", self.shown(&name).display());
                        self.problem(&name, storage::explain(cause.into(), &what))?;
                    }
                }
            } else if self.filter.takes(&name) {
                self.file(fd, own, name, kind)?;
            }
        }
        self.above.pop();
        Ok(())
    }

    fn open(&self, fd: impl AsFd, name: &str) -> rustix::io::Result<OwnedFd> {
        let mut flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        if self.manner != (Manner::Source { follow: true }) {
            flags |= OFlags::NOFOLLOW;
        }
        rustix::fs::openat(fd, name, flags, Mode::empty())
    }

    fn file(&mut self, fd: impl AsFd, own: &str, name: String, kind: Kind) -> Result<(), Over> {
        if kind == Kind::Other {
            let error = Error::usage(format!(
                "{} is no file that can be read (a socket, pipe or device, or a link to nowhere): \
                 leave it out with --exclude",
                self.shown(&name).display()
            ));
            return self.problem(&name, error);
        }
        match self.stat(fd, own) {
            Ok(stat) => self.meet(Met::File(Item {
                name,
                size: u64::try_from(stat.st_size).unwrap_or_default(),
                time: Micros::of_file(stat.st_mtime, stat.st_mtime_nsec),
                ..Item::default()
            })),
            Err(Errno::NOENT) => Ok(()),
            Err(cause) => {
                let what = format!("cannot look at {}", self.shown(&name).display());
                self.problem(&name, storage::explain(cause.into(), &what))
            }
        }
    }

    fn stat(&self, fd: impl AsFd, name: impl rustix::path::Arg) -> rustix::io::Result<Stat> {
        let follow = self.manner == (Manner::Source { follow: true });
        let flags = if follow { AtFlags::empty() } else { AtFlags::SYMLINK_NOFOLLOW };
        rustix::fs::statat(fd, name, flags)
    }

    fn names(&self, fd: &OwnedFd, path: &str) -> Result<Names> {
        let what = || format!("cannot list {}", self.shown(path).display());
        let mut names = Names::default();
        for entry in Dir::read_from(fd).explain(what)? {
            let entry = entry.explain(what)?;
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            if partial::is_one(name.to_bytes()) {
                if self.manner == Manner::Target {
                    partial::sweep(fd, name);
                }
                continue;
            }
            let mut kind = entry.file_type();
            let follow = self.manner == (Manner::Source { follow: true });
            if kind == FileType::Unknown || kind == FileType::Symlink && follow {
                kind = match self.stat(fd, name) {
                    Ok(stat) => FileType::from_raw_mode(stat.st_mode),
                    Err(_) => FileType::Symlink,
                };
            }
            let kind = match kind {
                FileType::Directory => Kind::Directory,
                FileType::RegularFile => Kind::File,
                FileType::Symlink if !follow => continue,
                _ if self.manner == Manner::Target => continue,
                _ => Kind::Other,
            };
            if !names.push(name.to_bytes(), kind) {
                return Err(Error::failed(format!("{}: it holds too many names", what())));
            }
        }
        Ok(names)
    }
}

/// As aws' filters see it: absolute, without dots, and nothing resolved.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut found = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    if found.components().any(|part| part == Component::ParentDir) {
        let mut plain = PathBuf::new();
        for part in found.components() {
            if part == Component::ParentDir {
                plain.pop();
            } else {
                plain.push(part);
            }
        }
        found = plain;
    }
    found
}
