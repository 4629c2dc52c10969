//! Files that are read: as they were when they were opened, or not at all.

use rustix::fs::{Mode, OFlags};
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use storage::Explain;
use task::{Error, Result};

/// A pipe in a file's place must not make us wait.
pub(crate) fn open(path: &Path) -> Result<File> {
    let what = || format!("cannot read {}", path.display());
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty()).explain(what)?);
    if !file.metadata().explain(what)?.is_file() {
        return Err(Error::usage(format!("{}: it is not a plain file any more", what())));
    }
    Ok(file)
}

pub(crate) fn unreadable(path: &Path, cause: io::Error) -> Error {
    storage::explain(cause, &format!("cannot read {}", path.display()))
}

/// What a file shows of being changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl State {
    pub(crate) fn of(path: &Path, file: &File) -> Result<Self> {
        let seen: Metadata = file.metadata().map_err(|cause| unreadable(path, cause))?;
        Ok(Self {
            size: seen.len(),
            modified: (seen.mtime(), seen.mtime_nsec()),
            changed: (seen.ctime(), seen.ctime_nsec()),
        })
    }

    /// Fails if the file is not what it was.
    pub(crate) fn check(self, path: &Path, file: &File) -> Result<()> {
        if Self::of(path, file)? == self { Ok(()) } else { Err(changed(path)) }
    }
}

fn changed(path: &Path) -> Error {
    Error::failed(format!("{} changed while it was read: the next run takes it", path.display()))
}

/// So many bytes from there.
pub(crate) fn read_at(path: &Path, file: &File, at: u64, length: usize) -> Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    match file.read_exact_at(&mut bytes, at) {
        Ok(()) => Ok(bytes),
        Err(cause) if cause.kind() == io::ErrorKind::UnexpectedEof => Err(changed(path)),
        Err(cause) => Err(unreadable(path, cause)),
    }
}
