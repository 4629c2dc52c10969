//! A store in a local directory.
//!
//! All calls go through one handle of the directory and take plain names, so no name can lead
//! elsewhere, and a symbolic link in a file's place is refused. Calls run on the blocking pool;
//! each owns what it needs, so a future that is dropped leaves no half-done step behind.

mod temporary;

pub(crate) use temporary::{Sealed, Upload};

use crate::Entry;
use crate::failure::Explain;
use bytes::Bytes;
use rustix::fs::{Access, Advice, AtFlags, FileType, Mode, OFlags};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use task::{Error, Result, blocking};
use temporary::Owner;

#[derive(Clone, Debug)]
pub struct Directory(Arc<Handle>);

#[derive(Debug)]
struct Handle {
    fd: OwnedFd,
    path: PathBuf,
}

impl Directory {
    pub(crate) async fn open(path: PathBuf) -> Result<Self> {
        blocking(move || {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let fd = match rustix::fs::open(&path, flags, Mode::empty()) {
                Ok(fd) => fd,
                Err(rustix::io::Errno::NOENT) => {
                    return Err(Error::usage(format!(
                        "store {} is not there: mount a volume there, or name another directory",
                        path.display()
                    )));
                }
                Err(rustix::io::Errno::NOTDIR) => {
                    return Err(Error::usage(format!(
                        "store {} is not a directory: name the directory that holds the backups",
                        path.display()
                    )));
                }
                Err(cause) => {
                    return Err(cause).explain(|| format!("cannot open store {}", path.display()));
                }
            };
            Ok(Self(Arc::new(Handle { fd, path })))
        })
        .await
    }

    pub(crate) fn location(&self, name: &str) -> String {
        self.0.path.join(name).display().to_string()
    }

    pub(crate) fn identity(&self) -> Result<(u64, u64)> {
        let stat = rustix::fs::fstat(&self.0.fd)
            .explain(|| format!("cannot look at store {}", self.0.path.display()))?;
        Ok((stat.st_dev, stat.st_ino))
    }

    pub(crate) async fn writable(&self) -> Result<()> {
        self.run(|directory| {
            let access = Access::WRITE_OK | Access::EXEC_OK;
            rustix::fs::accessat(&directory.0.fd, ".", access, AtFlags::EACCESS)
                .explain(|| format!("cannot write to store {}", directory.0.path.display()))
        })
        .await
    }

    pub(crate) async fn list(&self) -> Result<Vec<Entry>> {
        self.run(|directory| {
            let mut entries = directory.files()?;
            entries.retain(|entry| !entry.name.starts_with('.'));
            entries.sort_by(|a, b| a.name.cmp(&b.name));
            Ok(entries)
        })
        .await
    }

    pub(crate) async fn create(&self, name: &str) -> Result<Upload> {
        let name = name.to_owned();
        self.run(move |directory| Ok(Upload::new(Owner::create(directory, &name)?))).await
    }

    pub(crate) async fn put(&self, name: &str, bytes: Bytes) -> Result<()> {
        let name = name.to_owned();
        self.run(move |directory| {
            let temporary = Owner::create(directory, &name)?;
            temporary.write(&bytes)?;
            temporary.sync()?;
            temporary.replace()
        })
        .await
    }

    pub(crate) async fn read(&self, name: &str, offset: u64, length: usize) -> Result<Bytes> {
        let name = name.to_owned();
        self.run(move |directory| {
            let file = directory.file(&name)?;
            if offset == 0 {
                forget(&file);
            }
            read_at(&file, offset, length)
                .explain(|| format!("cannot read {} at byte {offset}", directory.location(&name)))
        })
        .await
    }

    pub(crate) async fn get(&self, name: &str) -> Result<Bytes> {
        let name = name.to_owned();
        self.run(move |directory| {
            let what = || format!("cannot read {}", directory.location(&name));
            let file = directory.file(&name)?;
            let size = file.metadata().explain(what)?.len();
            let size = usize::try_from(size).map_err(|_| Error::failed(what()))?;
            read_at(&file, 0, size).explain(what)
        })
        .await
    }

    pub(crate) async fn rename(&self, from: &str, to: &str) -> Result<()> {
        let (from, to) = (from.to_owned(), to.to_owned());
        self.run(move |directory| {
            rustix::fs::renameat(&directory.0.fd, &from, &directory.0.fd, &to)
                .explain(|| format!("cannot rename {} to {to}", directory.location(&from)))?;
            directory.sync()
        })
        .await
    }

    pub(crate) async fn delete(&self, name: &str) -> Result<()> {
        let name = name.to_owned();
        self.run(move |directory| {
            match rustix::fs::unlinkat(&directory.0.fd, &name, AtFlags::empty()) {
                Err(rustix::io::Errno::NOENT) => return Ok(()),
                outcome => {
                    outcome.explain(|| format!("cannot delete {}", directory.location(&name)))?;
                }
            }
            directory.sync()
        })
        .await
    }

    pub(crate) async fn sweep(
        &self,
        mine: impl Fn(&str) -> bool + Send + 'static,
        older_than: Duration,
    ) -> Result<Vec<String>> {
        self.run(move |directory| {
            let mut swept = Vec::new();
            for entry in directory.files()? {
                let Some(name) = temporary::final_name(&entry.name) else { continue };
                // A time in the future says nothing about age: such a file stays.
                let age = SystemTime::now().duration_since(entry.modified).unwrap_or_default();
                if age <= older_than || !mine(name) || temporary::in_use(directory, &entry.name) {
                    continue;
                }
                rustix::fs::unlinkat(&directory.0.fd, &entry.name, AtFlags::empty())
                    .explain(|| format!("cannot delete {}", directory.location(&entry.name)))?;
                swept.push(name.to_owned());
            }
            if !swept.is_empty() {
                directory.sync()?;
            }
            swept.sort();
            Ok(swept)
        })
        .await
    }

    /// All plain files, our temporary ones too.
    fn files(&self) -> Result<Vec<Entry>> {
        let what = || format!("cannot list store {}", self.0.path.display());
        let mut entries = Vec::new();
        for entry in rustix::fs::Dir::read_from(&self.0.fd).explain(what)? {
            let entry = entry.explain(what)?;
            // We write no name that is not UTF-8, so such a file is not ours.
            let Ok(name) = entry.file_name().to_str() else { continue };
            let flags = AtFlags::SYMLINK_NOFOLLOW;
            let stat = match rustix::fs::statat(&self.0.fd, name, flags) {
                Err(rustix::io::Errno::NOENT) => continue,
                stat => stat.explain(|| format!("cannot look at {}", self.location(name)))?,
            };
            if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
                continue;
            }
            entries.push(Entry {
                name: name.to_owned(),
                size: u64::try_from(stat.st_size).unwrap_or_default(),
                modified: modified(stat.st_mtime, stat.st_mtime_nsec),
            });
        }
        Ok(entries)
    }

    /// Opens a plain file to read; a pipe in its place must not make us wait.
    fn file(&self, name: &str) -> Result<File> {
        let what = || format!("cannot read {}", self.location(name));
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file =
            File::from(rustix::fs::openat(&self.0.fd, name, flags, Mode::empty()).explain(what)?);
        if !file.metadata().explain(what)?.is_file() {
            return Err(Error::usage(format!("{}: it is not a plain file", what())));
        }
        Ok(file)
    }

    fn sync(&self) -> Result<()> {
        rustix::fs::fsync(&self.0.fd)
            .explain(|| format!("cannot make {} durable", self.0.path.display()))
    }

    async fn run<T: Send + 'static>(
        &self,
        call: impl FnOnce(&Directory) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let directory = self.clone();
        blocking(move || call(&directory)).await
    }
}

fn read_at(file: &File, offset: u64, length: usize) -> io::Result<Bytes> {
    let mut bytes = vec![0; length];
    let mut filled = 0;
    while filled < length {
        match file.read_at(&mut bytes[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(filled);
    Ok(bytes.into())
}

/// Drops the kernel's copy, so that what is read next comes from the disk, and well ahead. It is
/// only advice, and file systems that do not take it are read all the same.
fn forget(file: &File) {
    for advice in [Advice::DontNeed, Advice::Sequential] {
        if let Err(error) = rustix::fs::fadvise(file, 0, None, advice) {
            tracing::debug!(%error, "the file system keeps its cache");
        }
    }
}

fn modified(seconds: i64, nanos: u64) -> SystemTime {
    let whole = Duration::from_secs(seconds.unsigned_abs());
    let time = if seconds < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(whole)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(whole)
    };
    time.and_then(|time| time.checked_add(Duration::from_nanos(nanos)))
        .unwrap_or(SystemTime::UNIX_EPOCH)
}
