//! A file on its way to its final name.
//!
//! It lies in the same directory as `.NAME.partial`, so that naming it is one rename. Whoever
//! writes it holds a lock on it for as long as it lives, so that no sweep takes a file that is
//! slow, not dead.

use super::{Directory, forget, read_at};
use crate::failure::Explain;
use bytes::Bytes;
use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags, RenameFlags};
use rustix::io::Errno;
use std::fs::File;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use task::{Error, Result, blocking, joined};
use tokio::task::JoinHandle;

const SUFFIX: &str = ".partial";

/// So much is written before the disk gets it: the kernel would keep more, and at the end we would
/// wait for all of it.
const UNSYNCED: u64 = 32 << 20;

/// The final name that a temporary one stands for.
pub(super) fn final_name(temporary: &str) -> Option<&str> {
    temporary.strip_prefix('.')?.strip_suffix(SUFFIX).filter(|name| !name.is_empty())
}

/// Whether a process still holds the file. Where locks do not work, age alone decides.
pub(super) fn in_use(directory: &Directory, temporary: &str) -> bool {
    let Ok(file) = rustix::fs::openat(
        &directory.0.fd,
        temporary,
        OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC,
        Mode::empty(),
    ) else {
        return false;
    };
    rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) == Err(Errno::WOULDBLOCK)
}

/// Owns a temporary file: the name goes when this does, even while a call still uses the file.
#[derive(Debug)]
pub(super) struct Owner(Arc<Temporary>);

#[derive(Debug)]
pub(super) struct Temporary {
    directory: Directory,
    /// The final name.
    name: String,
    partial: String,
    file: File,
    /// Whether the temporary name still stands for this file.
    named: AtomicBool,
}

impl Owner {
    pub(super) fn create(directory: &Directory, name: &str) -> Result<Self> {
        let partial = format!(".{name}{SUFFIX}");
        // A backup holds all there is to know: only its owner may read it.
        let mode = Mode::RUSR | Mode::WUSR;
        let flags =
            OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = match rustix::fs::openat(&directory.0.fd, &partial, flags, mode) {
            Err(Errno::EXIST) => {
                return Err(Error::failed(format!(
                    "cannot write {}: {partial} is there, of a run that still writes it or was \
                     killed: try again, and delete it if no run is left",
                    directory.location(name)
                )));
            }
            opened => opened.explain(|| format!("cannot write {}", directory.location(name)))?,
        };
        let file = File::from(fd);
        if let Err(error) = rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            tracing::debug!(%error, "the file system has no locks");
        }
        Ok(Self(Arc::new(Temporary {
            directory: directory.clone(),
            name: name.to_owned(),
            partial,
            file,
            named: AtomicBool::new(true),
        })))
    }
}

impl std::ops::Deref for Owner {
    type Target = Temporary;

    fn deref(&self) -> &Temporary {
        &self.0
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        if self.named.swap(false, Ordering::Relaxed) {
            let fd = &self.directory.0.fd;
            if let Err(error) = rustix::fs::unlinkat(fd, &self.partial, AtFlags::empty()) {
                let file = self.directory.location(&self.partial);
                tracing::warn!(%error, file, "cannot remove a temporary file");
            }
        }
    }
}

impl Temporary {
    pub(super) fn write(&self, bytes: &[u8]) -> Result<()> {
        (&self.file).write_all(bytes).explain(|| format!("cannot write {}", self.location()))
    }

    fn sync_data(&self) -> Result<()> {
        self.file.sync_data().explain(|| format!("cannot write {} to the disk", self.location()))
    }

    pub(super) fn sync(&self) -> Result<()> {
        self.file.sync_all().explain(|| format!("cannot write {} to the disk", self.location()))
    }

    /// Takes the final name, whoever has it.
    pub(super) fn replace(&self) -> Result<()> {
        let fd = &self.directory.0.fd;
        rustix::fs::renameat(fd, &self.partial, fd, &self.name)
            .explain(|| format!("cannot name {}", self.location()))?;
        self.named.store(false, Ordering::Relaxed);
        self.directory.sync()
    }

    /// Takes the final name if nothing has it.
    fn commit(&self) -> Result<()> {
        let fd = &self.directory.0.fd;
        let taken =
            || Error::failed(format!("{} is there already, and is left as it is", self.location()));
        let renamed =
            rustix::fs::renameat_with(fd, &self.partial, fd, &self.name, RenameFlags::NOREPLACE);
        match renamed {
            Err(Errno::EXIST) => return Err(taken()),
            // Some network file systems lack it. There the name is claimed by an empty file first:
            // whoever creates that has the name.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
                let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
                match rustix::fs::openat(fd, &self.name, flags, Mode::RUSR | Mode::WUSR) {
                    Err(Errno::EXIST) => return Err(taken()),
                    claimed => {
                        claimed.explain(|| format!("cannot name {}", self.location()))?;
                    }
                }
                if let Err(cause) = rustix::fs::renameat(fd, &self.partial, fd, &self.name) {
                    let _ = rustix::fs::unlinkat(fd, &self.name, AtFlags::empty());
                    return Err(cause).explain(|| format!("cannot name {}", self.location()));
                }
            }
            renamed => renamed.explain(|| format!("cannot name {}", self.location()))?,
        }
        self.named.store(false, Ordering::Relaxed);
        self.directory.sync()
    }

    fn location(&self) -> String {
        self.directory.location(&self.name)
    }
}

#[derive(Debug)]
pub struct Upload {
    temporary: Owner,
    /// A write failed or was abandoned: what lies there is not what was given.
    torn: bool,
    /// Written since the disk was last asked to take what is there.
    unsynced: u64,
    syncing: Option<JoinHandle<Result<()>>>,
}

impl Upload {
    pub(super) fn new(temporary: Owner) -> Self {
        Self { temporary, torn: false, unsynced: 0, syncing: None }
    }

    pub(crate) async fn write(&mut self, bytes: Bytes) -> Result<()> {
        self.whole()?;
        self.torn = true;
        self.unsynced += bytes.len() as u64;
        let temporary = Arc::clone(&self.temporary.0);
        blocking(move || temporary.write(&bytes)).await?;
        if self.unsynced >= UNSYNCED && self.syncing.as_ref().is_none_or(JoinHandle::is_finished) {
            self.synced().await?;
            self.unsynced = 0;
            let temporary = Arc::clone(&self.temporary.0);
            self.syncing = Some(tokio::task::spawn_blocking(move || temporary.sync_data()));
        }
        self.torn = false;
        Ok(())
    }

    /// The kernel tells of a failure once: whoever asked has to listen.
    async fn synced(&mut self) -> Result<()> {
        match self.syncing.take() {
            Some(syncing) => joined(syncing.await)?,
            None => Ok(()),
        }
    }

    pub(crate) async fn seal(mut self) -> Result<Sealed> {
        self.whole()?;
        self.synced().await?;
        blocking(move || {
            self.temporary.sync()?;
            forget(&self.temporary.file);
            Ok(Sealed { temporary: self.temporary })
        })
        .await
    }

    fn whole(&self) -> Result<()> {
        if self.torn {
            let location = self.temporary.location();
            return Err(Error::failed(format!("an earlier write to {location} was not finished")));
        }
        Ok(())
    }
}

#[derive(Debug)]
pub struct Sealed {
    temporary: Owner,
}

impl Sealed {
    pub(crate) fn location(&self) -> String {
        self.temporary.location()
    }

    pub(crate) async fn read(&self, offset: u64, length: usize) -> Result<Bytes> {
        let temporary = Arc::clone(&self.temporary.0);
        blocking(move || {
            read_at(&temporary.file, offset, length)
                .explain(|| format!("cannot read {} back at byte {offset}", temporary.location()))
        })
        .await
    }

    pub(crate) async fn commit(self) -> Result<()> {
        blocking(move || self.temporary.commit()).await
    }

    pub(crate) async fn commit_beside(self, beside: &str, bytes: Bytes) -> Result<()> {
        let directory = self.temporary.directory.clone();
        let name = self.temporary.name.clone();
        self.commit().await?;
        if let Err(error) = directory.put(beside, bytes).await {
            // It would only take room. If even this fails, a list names it.
            if let Err(left) = directory.delete(&name).await {
                let error = format!("{left:#}");
                tracing::warn!(error, name, "cannot remove a file that is of no use");
            }
            return Err(error);
        }
        Ok(())
    }
}
