//! Where bytes go and come from, behind one small interface.
//!
//! A [`Store`] holds files by plain names (never a path). What is being written lies under a
//! temporary name of our own until [`Sealed::commit`], or in S3, which has none, with a marker
//! beside it: so what is not finished is known as such. Each kind of store is one variant and one
//! module, and has to offer what `directory.rs` does.

mod directory;
mod failure;
mod location;
mod s3;
mod unwritten;

pub use failure::{Explain, explain};
pub use s3::{
    Addressing, Checksums, Keys, Object, Objects, Page, Part, Pieces, Reading, S3Settings, Sending,
    Sse,
};
pub use unwritten::Unwritten;

use bytes::Bytes;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};
use task::{Error, Result, Task};

/// A place that holds files. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Store {
    Directory(directory::Directory),
    S3(s3::Bucket),
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
    S3(Box<s3::Upload>),
}

/// A file wholly written and durable, but not yet under its final name. Dropping it removes it.
#[derive(Debug)]
pub enum Sealed {
    Directory(directory::Sealed),
    S3(s3::Sealed),
}

impl Store {
    /// Opens what `url` names: a path or `file://` is a directory, `s3://` a bucket.
    pub async fn open(task: &Task, url: &str, s3: &S3Settings) -> Result<Store> {
        match location::parse(url)? {
            location::Location::Directory(path) => Self::directory(path).await,
            location::Location::S3 { bucket, prefix } => {
                Ok(Store::S3(s3::Bucket::open(task, bucket, prefix, s3).await?))
            }
        }
    }

    pub async fn directory(path: impl Into<PathBuf>) -> Result<Store> {
        Ok(Store::Directory(directory::Directory::open(path.into()).await?))
    }

    /// Where a file lies, for people to read.
    pub fn location(&self, name: &str) -> String {
        match self {
            Store::Directory(directory) => directory.location(name),
            Store::S3(bucket) => bucket.location(name),
        }
    }

    /// Device and inode of a directory, for whoever must not walk into it.
    pub fn identity(&self) -> Result<Option<(u64, u64)>> {
        match self {
            Store::Directory(directory) => directory.identity().map(Some),
            Store::S3(_) => Ok(None),
        }
    }

    /// Refuses early what [`Store::create`] would refuse: a store that only lists and reads does
    /// not need it.
    pub async fn writable(&self) -> Result<()> {
        match self {
            Store::Directory(directory) => directory.writable().await,
            Store::S3(bucket) => bucket.writable().await,
        }
    }

    /// All whole files, by name.
    pub async fn list(&self) -> Result<Vec<Entry>> {
        match self {
            Store::Directory(directory) => directory.list().await,
            Store::S3(bucket) => bucket.list().await,
        }
    }

    /// Starts a file that [`Sealed::commit`] will give its name.
    pub async fn create(&self, name: &str) -> Result<Upload> {
        plain(name)?;
        match self {
            Store::Directory(directory) => directory.create(name).await.map(Upload::Directory),
            Store::S3(bucket) => {
                bucket.create(name).await.map(|upload| Upload::S3(Box::new(upload)))
            }
        }
    }

    /// Writes a small file whole; one of the same name is replaced at once or not at all.
    pub async fn put(&self, name: &str, bytes: Bytes) -> Result<()> {
        plain(name)?;
        match self {
            Store::Directory(directory) => directory.put(name, bytes).await,
            Store::S3(bucket) => bucket.put(name, bytes).await,
        }
    }

    /// The same, of a kind that browsers know by a name such as `text/html`: in S3 that goes with the object,
    /// and it gets the storage class of the settings.
    pub async fn put_as(&self, name: &str, bytes: Bytes, media: &str) -> Result<()> {
        plain(name)?;
        match self {
            Store::Directory(directory) => directory.put(name, bytes).await,
            Store::S3(bucket) => bucket.put_as(name, bytes, media).await,
        }
    }

    /// Up to `length` bytes from `offset`; fewer only where the file ends.
    pub async fn read(&self, name: &str, offset: u64, length: usize) -> Result<Bytes> {
        plain(name)?;
        match self {
            Store::Directory(directory) => directory.read(name, offset, length).await,
            Store::S3(bucket) => bucket.read(name, offset, length).await,
        }
    }

    /// A small file whole.
    pub async fn get(&self, name: &str) -> Result<Bytes> {
        plain(name)?;
        match self {
            Store::Directory(directory) => directory.get(name).await,
            Store::S3(bucket) => bucket.get(name).await,
        }
    }

    /// Gives a file another name, replacing what has it. It needs no space, so that it works where
    /// nothing can be written any more.
    pub async fn rename(&self, from: &str, to: &str) -> Result<()> {
        plain(from)?;
        plain(to)?;
        match self {
            Store::Directory(directory) => directory.rename(from, to).await,
            Store::S3(bucket) => bucket.rename(from, to).await,
        }
    }

    /// Removes a file; one that is not there is no error.
    pub async fn delete(&self, name: &str) -> Result<()> {
        plain(name)?;
        match self {
            Store::Directory(directory) => directory.delete(name).await,
            Store::S3(bucket) => bucket.delete(name).await,
        }
    }

    /// Removes what killed runs left for final names that are `mine`: temporary files unchanged for
    /// longer than `older_than` and held by no process; in S3 unfinished uploads that old, and
    /// objects with a marker that old. Returns the final names.
    pub async fn sweep(
        &self,
        mine: impl Fn(&str) -> bool + Send + 'static,
        older_than: Duration,
    ) -> Result<Vec<String>> {
        match self {
            Store::Directory(directory) => directory.sweep(mine, older_than).await,
            Store::S3(bucket) => bucket.sweep(mine, older_than).await,
        }
    }
}

impl Upload {
    pub async fn write(&mut self, bytes: Bytes) -> Result<()> {
        match self {
            Upload::Directory(upload) => upload.write(bytes).await,
            Upload::S3(upload) => upload.write(bytes).await,
        }
    }

    /// Makes all that was written durable where it lies.
    pub async fn seal(self) -> Result<Sealed> {
        match self {
            Upload::Directory(upload) => upload.seal().await.map(Sealed::Directory),
            Upload::S3(upload) => upload.seal().await.map(Sealed::S3),
        }
    }
}

impl Sealed {
    /// Where the file will lie, for people to read.
    pub fn location(&self) -> String {
        match self {
            Sealed::Directory(sealed) => sealed.location(),
            Sealed::S3(sealed) => sealed.location(),
        }
    }

    /// Up to `length` bytes from `offset`; fewer only where the file ends.
    pub async fn read(&self, offset: u64, length: usize) -> Result<Bytes> {
        match self {
            Sealed::Directory(sealed) => sealed.read(offset, length).await,
            Sealed::S3(sealed) => sealed.read(offset, length).await,
        }
    }

    /// Gives the file its name, unless another file has it.
    pub async fn commit(self) -> Result<()> {
        match self {
            Sealed::Directory(sealed) => sealed.commit().await,
            Sealed::S3(sealed) => sealed.commit().await,
        }
    }

    /// The same, and puts a small file beside it. Without that the file is nothing: it is removed
    /// again if that fails.
    pub async fn commit_beside(self, name: &str, bytes: Bytes) -> Result<()> {
        plain(name)?;
        match self {
            Sealed::Directory(sealed) => sealed.commit_beside(name, bytes).await,
            Sealed::S3(sealed) => sealed.commit_beside(name, bytes).await,
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
