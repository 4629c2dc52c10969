//! A directory that files are brought into. Each step of a way down is taken by hand, through no
//! link, so that no key leads out of it; a file gets its name when it is whole.

use crate::item::Micros;
use crate::partial;
use rustix::fs::{AtFlags, FileType, FlockOperation, Mode, OFlags, Timespec, Timestamps};
use rustix::io::Errno;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::UNIX_EPOCH;
use storage::{Explain, Unwritten};
use task::{Error, Result};

#[derive(Clone, Debug)]
pub(crate) struct Tree(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    top: Arc<OwnedFd>,
    path: PathBuf,
    /// The last way that was taken: neighbours come one after the other.
    last: Mutex<Option<(String, Arc<OwnedFd>)>>,
    unwritten: Unwritten,
}

/// A file under a temporary name, removed when dropped.
#[derive(Debug)]
pub(crate) struct Partial {
    tree: Tree,
    folder: Arc<OwnedFd>,
    name: String,
    temporary: String,
    pub(crate) file: File,
    named: bool,
}

impl Tree {
    /// The directory is made if it is not there, unless nothing may be changed: then there is none.
    pub(crate) fn open(path: &Path, make: bool) -> Result<Option<Self>> {
        let what = || format!("cannot write into {}", path.display());
        if make {
            std::fs::create_dir_all(path).explain(what)?;
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let top = match rustix::fs::open(path, flags, Mode::empty()) {
            Err(Errno::NOENT) if !make => return Ok(None),
            top => Arc::new(top.explain(what)?),
        };
        Ok(Some(Self(Arc::new(Inner {
            top,
            path: path.to_owned(),
            last: Mutex::default(),
            unwritten: Unwritten::default(),
        }))))
    }

    fn location(&self, name: &str) -> String {
        self.0.path.join(name).display().to_string()
    }

    /// The directory of a name, and what the file is called there.
    fn folder<'a>(&self, name: &'a str, make: bool) -> Result<(Arc<OwnedFd>, &'a str)> {
        check(name)?;
        let Some((path, own)) = name.rsplit_once('/') else {
            return Ok((Arc::clone(&self.0.top), name));
        };
        let last = || self.0.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, fd)) = &*last()
            && known == path
        {
            return Ok((Arc::clone(fd), own));
        }
        let mut fd = Arc::clone(&self.0.top);
        let mut end = 0;
        for step in path.split('/') {
            end += step.len();
            let what = || format!("cannot go into {}", self.location(&path[..end]));
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let mut opened = rustix::fs::openat(&fd, step, flags, Mode::empty());
            if make && matches!(opened, Err(Errno::NOENT)) {
                match rustix::fs::mkdirat(&fd, step, Mode::from_raw_mode(0o777)) {
                    Ok(()) | Err(Errno::EXIST) => {}
                    Err(cause) => return Err(cause).explain(what),
                }
                opened = rustix::fs::openat(&fd, step, flags, Mode::empty());
            }
            fd = Arc::new(match opened {
                Err(Errno::NOTDIR) => {
                    let said = "it is a file or a symbolic link, and the key wants a directory";
                    return Err(Error::usage(format!("{}: {said}", what())));
                }
                opened => opened.explain(what)?,
            });
            end += 1;
        }
        *last() = Some((path.to_owned(), Arc::clone(&fd)));
        Ok((fd, own))
    }

    pub(crate) fn create(&self, name: &str) -> Result<Partial> {
        let what = || format!("cannot write {}", self.location(name));
        let (folder, own) = self.folder(name, true)?;
        match kind(&folder, own) {
            Ok(FileType::RegularFile) | Err(Errno::NOENT) => {}
            Ok(FileType::Directory) => {
                return Err(Error::usage(format!("{}: a directory has that name", what())));
            }
            Ok(_) => {
                return Err(Error::usage(format!(
                    "{}: a symbolic link or special file has that name, and is left alone",
                    what()
                )));
            }
            Err(cause) => return Err(cause).explain(what),
        }
        let temporary = partial::name();
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let mode = Mode::from_raw_mode(0o666);
        let file = rustix::fs::openat(&folder, temporary.as_str(), flags, mode).explain(what)?;
        let file = File::from(file);
        if let Err(error) = rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            tracing::debug!(%error, "the file system has no locks");
        }
        let (tree, name) = (self.clone(), name.to_owned());
        Ok(Partial { tree, folder, name, temporary, file, named: false })
    }

    /// Removes a file; what is no file is left alone, and what is gone is no error.
    pub(crate) fn remove(&self, name: &str) -> Result<()> {
        let what = || format!("cannot delete {}", self.location(name));
        let (folder, own) = self.folder(name, false)?;
        match kind(&folder, own) {
            Ok(FileType::RegularFile) => {}
            Err(Errno::NOENT) => return Ok(()),
            Ok(_) => return Err(Error::usage(format!("{}: it is no plain file", what()))),
            Err(cause) => return Err(cause).explain(what),
        }
        match rustix::fs::unlinkat(&folder, own, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(cause) => Err(cause).explain(what),
        }
    }

    /// Once for all files: one by one it would take many times as long, and what a crash leaves of
    /// a file is seen by its size at the next run.
    pub(crate) fn sync(&self) -> Result<()> {
        rustix::fs::syncfs(&*self.0.top)
            .explain(|| format!("cannot make {} durable", self.0.path.display()))
    }
}

fn kind(folder: &OwnedFd, name: &str) -> rustix::io::Result<FileType> {
    let stat = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
    Ok(FileType::from_raw_mode(stat.st_mode))
}

impl Partial {
    pub(crate) fn location(&self) -> String {
        self.tree.location(&self.name)
    }

    pub(crate) fn write(&self, bytes: &[u8], at: u64) -> Result<()> {
        let written = self
            .file
            .write_all_at(bytes, at)
            .and_then(|()| self.tree.0.unwritten.add(bytes.len() as u64, &self.file));
        written.explain(|| format!("cannot write {}", self.location()))
    }

    /// Gives it its time and its name.
    pub(crate) fn commit(mut self, time: Micros) -> Result<()> {
        let what = || format!("cannot write {}", self.location());
        let (name, folder) = (self.name.rsplit('/').next().unwrap_or_default(), &self.folder);
        let since = time.time().duration_since(UNIX_EPOCH).unwrap_or_default();
        let time = Timespec {
            tv_sec: i64::try_from(since.as_secs()).unwrap_or_default(),
            tv_nsec: since.subsec_nanos().into(),
        };
        let times = Timestamps { last_access: time, last_modification: time };
        rustix::fs::futimens(&self.file, &times).explain(what)?;
        rustix::fs::renameat(folder, self.temporary.as_str(), folder, name).explain(what)?;
        self.named = true;
        Ok(())
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if self.named {
            return;
        }
        let (folder, temporary) = (&self.folder, self.temporary.as_str());
        if let Err(error) = rustix::fs::unlinkat(folder, temporary, AtFlags::empty()) {
            tracing::warn!(%error, temporary, "cannot remove a temporary file");
        }
    }
}

/// Whether a key can be the name of a file.
pub(crate) fn check(name: &str) -> Result<()> {
    let bad = |part: &str| part.is_empty() || part == "." || part == ".." || part.len() > 255;
    if name.split('/').any(bad) || name.contains('\0') || partial_in(name) {
        return Err(Error::usage(format!(
            "the key {name:?} cannot be a file's name: a part of it is empty, a dot, two dots or \
             too long; leave it out with --exclude"
        )));
    }
    Ok(())
}

fn partial_in(name: &str) -> bool {
    name.split('/').any(|part| partial::is_one(part.as_bytes()))
}
