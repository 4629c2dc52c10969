//! Objects under a prefix by keys that may hold slashes: for programs that mirror trees, where a
//! store knows the files of one folder. What is put here may be replaced, and has no marker: an
//! object appears whole or not at all.

mod copying;
mod pieces;
mod reading;

pub use pieces::{Part, Pieces, Sending};
pub use reading::Reading;

use super::failure::{Failure, Kind};
use super::object::How;
use super::{Bucket, S3Settings};
use crate::location::{self, Location};
use aws_sdk_s3::types::{Delete, ObjectIdentifier, ServerSideEncryption};
use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};
use task::{Error, Result, Task};

/// Objects in a bucket whose keys begin alike. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Objects(Bucket);

/// An object as a list tells of it; named by what follows the prefix.
#[derive(Clone, Debug)]
pub struct Object {
    pub name: String,
    pub size: u64,
    pub modified: SystemTime,
    /// Without the quotes around it.
    pub etag: Option<String>,
    /// It must be thawed before it can be read.
    pub frozen: bool,
}

/// Some of a list, in the server's order.
#[derive(Debug)]
pub struct Page {
    pub objects: Vec<Object>,
    pub folders: Vec<String>,
    /// Where the list goes on.
    pub next: Option<String>,
}

impl Objects {
    /// So many names fit into one request that deletes.
    pub const BATCH: usize = 1000;

    pub async fn open(task: &Task, url: &str, settings: &S3Settings) -> Result<Self> {
        let (bucket, prefix) = parts(url)?;
        Ok(Self(Bucket::connect(task, bucket, prefix, settings).await?))
    }

    /// Other objects of the same server, asked with the same credentials.
    pub fn beside(&self, url: &str) -> Result<Self> {
        let (bucket, prefix) = parts(url)?;
        let other = &self.0.0;
        Ok(Self(Bucket(Arc::new(super::Inner {
            client: other.client.clone(),
            task: other.task.clone(),
            bucket,
            prefix,
            settings: other.settings.clone(),
            checksums: other.checksums,
            conditional: AtomicBool::new(other.conditional.load(Ordering::Relaxed)),
        }))))
    }

    pub fn bucket(&self) -> &str {
        &self.0.0.bucket
    }

    /// Empty, or with a slash at its end.
    pub fn prefix(&self) -> &str {
        &self.0.0.prefix
    }

    pub fn location(&self, name: &str) -> String {
        self.0.location(name)
    }

    /// The size of parts that the settings want.
    pub fn part_size(&self) -> Option<u64> {
        self.0.0.settings.s3_part_size.map(|mib| u64::from(mib) << 20)
    }

    /// Fails early, and once for all, where nothing may be written.
    pub async fn writable(&self) -> Result<()> {
        self.0.writable().await
    }

    /// A page of up to 1000, from the beginning or where another ended; `flat` tells of what lies
    /// below a further slash by its folder only.
    pub async fn page(&self, flat: bool, from: Option<String>) -> Result<Page> {
        self.0.page(flat, from).await
    }

    /// Puts an object at once; one of that name is replaced.
    pub async fn put(&self, name: &str, bytes: Bytes, media: Option<&str>) -> Result<()> {
        let how = How { class: true, media, ..How::default() };
        self.0.put_how(name, bytes, how).await.map_err(Failure::error)
    }

    /// Deletes up to [`Objects::BATCH`] of them, and tells which could not be. What is not there is no
    /// error.
    pub async fn delete(&self, names: &[String]) -> Result<Vec<(String, Error)>> {
        let bucket = &self.0;
        let what = format!("delete {} objects of {}", names.len(), self.location(""));
        let mut objects = Vec::with_capacity(names.len());
        for name in names {
            let object = ObjectIdentifier::builder().key(bucket.key(name)).build();
            objects.push(object.map_err(|cause| Error::failed("no name").because(cause))?);
        }
        let batch = Delete::builder().set_objects(Some(objects)).quiet(true).build();
        let batch = batch.map_err(|cause| Error::failed("no names").because(cause))?;
        let asked = bucket.call(&what, || {
            let delete = bucket.0.client.delete_objects().bucket(&bucket.0.bucket);
            delete.delete(batch.clone()).send()
        });
        let answer = match asked.await {
            Err(failure) if failure.kind == Kind::Unsupported => {
                return self.delete_singly(names).await;
            }
            answer => answer.map_err(Failure::error)?,
        };
        let failed = answer.errors().iter().filter(|error| error.code() != Some("NoSuchKey"));
        let failed = failed.map(|error| {
            let key = error.key().unwrap_or_default();
            let name = key.strip_prefix(self.prefix()).unwrap_or(key).to_owned();
            let said = [error.code(), error.message()].map(Option::unwrap_or_default).join(": ");
            let error = format!("cannot delete {}: {said}", self.location(&name));
            (name, Error::usage(error))
        });
        Ok(failed.collect())
    }

    /// Google's servers know no other way.
    async fn delete_singly(&self, names: &[String]) -> Result<Vec<(String, Error)>> {
        let mut failed = Vec::new();
        for name in names {
            match self.0.delete(name).await {
                Err(error) if error.exit() == task::Exit::Stopped => return Err(error),
                Err(error) => failed.push((name.clone(), error)),
                Ok(()) => {}
            }
        }
        Ok(failed)
    }

    /// The size of an object's first part, and whether S3 encrypts with a key that makes an ETag
    /// of something else than the content.
    pub async fn first_part(&self, name: &str) -> Result<(Option<u64>, bool)> {
        let (bucket, key) = (&self.0, self.0.key(name));
        let what = format!("look at {}", self.location(name));
        let head = bucket.call(&what, || {
            let head = bucket.0.client.head_object().bucket(&bucket.0.bucket);
            head.key(&key).part_number(1).send()
        });
        let head = head.await.map_err(Failure::error)?;
        let parted = head.parts_count().is_some_and(|count| count > 0);
        let size = head.content_length().and_then(|size| u64::try_from(size).ok());
        Ok((size.filter(|_| parted), keyed(head.server_side_encryption())))
    }

    /// Uploads that were begun longer ago than `older_than`, neither finished nor aborted: name
    /// and id. None where the server or the policy does not let us ask.
    pub async fn unfinished(&self, older_than: Duration) -> Result<Vec<(String, String)>> {
        let now = SystemTime::now();
        let old = |begun: SystemTime| now.duration_since(begun).is_ok_and(|age| age >= older_than);
        match self.0.unfinished_below("").await {
            Ok(all) => {
                let old = all.into_iter().filter(|one| old(one.begun));
                Ok(old.map(|one| (one.name, one.upload)).collect())
            }
            Err(failure) if matches!(failure.kind, Kind::Unsupported | Kind::Denied) => {
                tracing::debug!(error = format!("{:#}", failure.error), "no list of uploads");
                Ok(Vec::new())
            }
            Err(failure) => Err(failure.error),
        }
    }

    /// Gives up an upload that another run began; one that is gone is no error.
    pub async fn abort(&self, name: &str, upload: &str) -> Result<()> {
        let aborted = self.0.abort(&self.0.key(name), upload).await;
        aborted.or_else(Failure::unless_gone).map_err(Failure::error)
    }
}

fn parts(url: &str) -> Result<(String, String)> {
    match location::parse(url)? {
        Location::S3 { bucket, prefix } => Ok((bucket, prefix)),
        Location::Directory(path) => {
            Err(Error::usage(format!("{} is not in S3: write s3://bucket/prefix", path.display())))
        }
    }
}

impl Bucket {
    /// How long a server may be silent while it copies or joins so many bytes.
    fn patience(&self, size: u64) -> Duration {
        const PER_SECOND: u64 = 10 << 20;
        self.0.settings.timeout() + Duration::from_secs(size / PER_SECOND)
    }
}

/// With such a key the ETag says nothing about the content.
fn keyed(how: Option<&ServerSideEncryption>) -> bool {
    matches!(how, Some(ServerSideEncryption::AwsKms | ServerSideEncryption::AwsKmsDsse))
}
