//! Where bytes go and come from, behind one small interface.
//!
//! A [`Store`] holds files by plain names (never a path). What is being written lies under a
//! temporary name of our own until [`Sealed::commit`], so a name that can be listed is whole. A
//! directory is the one kind of store so far; each kind is one variant and one module, and has to
//! offer what `directory.rs` does.

mod directory;
mod failure;
mod location;

use bytes::Bytes;
use std::time::{Duration, SystemTime};
use task::{Error, Result};

/// A place that holds files. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Store {
    Directory(directory::Directory),
}

/// A file as the store lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub name: String,
    pub size: u64,
    pub modified: SystemTime,
}

/// A file being written, invisible under its final name. Dropping it removes what was written.
#[derive(Debug)]
pub enum Upload {
    Directory(directory::Upload),
}

/// A file wholly written and durable, but not yet under its final name. Dropping it removes it.
#[derive(Debug)]
pub enum Sealed {
    Directory(directory::Sealed),
}

impl Store {
    /// Opens what `url` names: a path or `file://` is a directory.
    pub async fn open(url: &str) -> Result<Store> {
        match location::parse(url)? {
            location::Location::Directory(path) => {
                Ok(Store::Directory(directory::Directory::open(path).await?))
            }
        }
    }

    /// Where a file lies, for people to read.
    pub fn location(&self, name: &str) -> String {
        match self {
            Store::Directory(directory) => directory.location(name),
        }
    }

    /// Refuses early what [`Store::create`] would refuse: a store that only lists and reads does
    /// not need it.
    pub async fn writable(&self) -> Result<()> {
        match self {
            Store::Directory(directory) => directory.writable().await,
        }
    }

    /// All whole files, by name.
    pub async fn list(&self) -> Result<Vec<Entry>> {
        match self {
            Store::Directory(directory) => directory.list().await,
        }
    }

    /// Starts a file that [`Sealed::commit`] will give its name.
    pub async fn create(&self, name: &str) -> Result<Upload> {
        plain(name)?;
        match self {
            Store::Directory(directory) => directory.create(name).await.map(Upload::Directory),
        }
    }

    /// Writes a small file whole; one of the same name is replaced at once or not at all.
    pub async fn put(&self, name: &str, bytes: Bytes) -> Result<()> {
        plain(name)?;
        match self {
            Store::Directory(directory) => directory.put(name, bytes).await,
        }
    }

    /// Up to `length` bytes from `offset`; fewer only where the file ends.
    pub async fn read(&self, name: &str, offset: u64, length: usize) -> Result<Bytes> {
        plain(name)?;
        match self {
            Store::Directory(directory) => directory.read(name, offset, length).await,
        }
    }

    /// A small file whole.
    pub async fn get(&self, name: &str) -> Result<Bytes> {
        plain(name)?;
        match self {
            Store::Directory(directory) => directory.get(name).await,
        }
    }

    /// Gives a file another name, replacing what has it. It needs no space, so that it works where
    /// nothing can be written any more.
    pub async fn rename(&self, from: &str, to: &str) -> Result<()> {
        plain(from)?;
        plain(to)?;
        match self {
            Store::Directory(directory) => directory.rename(from, to).await,
        }
    }

    /// Removes a file; one that is not there is no error.
    pub async fn delete(&self, name: &str) -> Result<()> {
        plain(name)?;
        match self {
            Store::Directory(directory) => directory.delete(name).await,
        }
    }

    /// Removes what killed runs left: temporary files for final names that are `mine`, unchanged
    /// for longer than `older_than` and held by no process. Returns the final names.
    pub async fn sweep(
        &self,
        mine: impl Fn(&str) -> bool + Send + 'static,
        older_than: Duration,
    ) -> Result<Vec<String>> {
        match self {
            Store::Directory(directory) => directory.sweep(mine, older_than).await,
        }
    }
}

impl Upload {
    pub async fn write(&mut self, bytes: Bytes) -> Result<()> {
        match self {
            Upload::Directory(upload) => upload.write(bytes).await,
        }
    }

    /// Makes all that was written durable where it lies.
    pub async fn seal(self) -> Result<Sealed> {
        match self {
            Upload::Directory(upload) => upload.seal().await.map(Sealed::Directory),
        }
    }
}

impl Sealed {
    /// Where the file will lie, for people to read.
    pub fn location(&self) -> String {
        match self {
            Sealed::Directory(sealed) => sealed.location(),
        }
    }

    /// Up to `length` bytes from `offset`; fewer only where the file ends.
    pub async fn read(&self, offset: u64, length: usize) -> Result<Bytes> {
        match self {
            Sealed::Directory(sealed) => sealed.read(offset, length).await,
        }
    }

    /// Gives the file its name, unless another file has it.
    pub async fn commit(self) -> Result<()> {
        match self {
            Sealed::Directory(sealed) => sealed.commit().await,
        }
    }
}

/// Names are file names: a path in one could reach outside the store, a leading dot is ours.
fn plain(name: &str) -> Result<()> {
    if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\', '\0', '\n']) {
        return Err(Error::usage(format!(
            "{name:?} is not the name of a file in a store: it must not be empty, start with a \
             dot or hold a slash, backslash, line break or NUL"
        )));
    }
    Ok(())
}
