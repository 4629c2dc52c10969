//! A store in a bucket of S3, or of a server that speaks its language.
//!
//! S3 has no temporary names: an upload appears at its completion, under its final name, and
//! cannot be read before. So a marker called `.NAME.partial` lies beside whatever is not finished,
//! as a partial file does in a directory: put before anything else, taken away last. What a
//! marker tells of is removed by a sweep once the marker is old; what has none is finished.
//!
//! Everything is asked through [`Bucket::call`], which tries again within `--wait` what may be
//! repeated: all of it, because a name is written by one run alone, and what that run put there
//! bears its number.

mod client;
mod connector;
mod failure;
mod idle;
mod listing;
mod marker;
mod multipart;
mod object;
mod objects;
mod parts;
mod remains;
mod sealed;
mod settings;
mod sweep;
mod upload;

pub use objects::{Object, Objects, Page, Part, Pieces, Reading, Sending};
pub(crate) use sealed::Sealed;
pub use settings::{Addressing, Checksums, Keys, S3Settings, Sse};
pub(crate) use upload::Upload;

use crate::Entry;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use failure::{Failure, Kind, explain};
use object::How;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use task::{Result, Task, Tries, While};

/// What the SDK answers.
type Answer<T, E> = Result<T, SdkError<E, HttpResponse>>;

#[derive(Clone)]
pub struct Bucket(Arc<Inner>);

struct Inner {
    client: Client,
    task: Task,
    bucket: String,
    /// Empty, or with a slash at its end.
    prefix: String,
    settings: S3Settings,
    /// Whether what is written bears a checksum of S3's own, too.
    checksums: bool,
    /// Whether the server refuses to write over what is there, when asked to.
    conditional: AtomicBool,
}

impl Bucket {
    pub(crate) async fn open(
        task: &Task,
        bucket: String,
        prefix: String,
        settings: &S3Settings,
    ) -> Result<Self> {
        settings.check_class()?;
        Self::connect(task, bucket, prefix, settings).await
    }

    async fn connect(
        task: &Task,
        bucket: String,
        prefix: String,
        settings: &S3Settings,
    ) -> Result<Self> {
        let (client, checksums) = client::client(settings).await?;
        Ok(Self(Arc::new(Inner {
            client,
            checksums,
            task: task.clone(),
            bucket,
            prefix,
            settings: settings.clone(),
            conditional: AtomicBool::new(true),
        })))
    }

    pub(crate) fn location(&self, name: &str) -> String {
        format!("s3://{}/{}{name}", self.0.bucket, self.0.prefix)
    }

    /// Begins an upload and gives it up: so it is known before any work that bucket, credentials
    /// and policy are as they should be.
    pub(crate) async fn writable(&self) -> Result<()> {
        let key = self.key(".writable");
        let what = || format!("cannot write to store {}", self.location(""));
        let upload = self.begin(&key, How::default()).await.map_err(Failure::error);
        let upload = upload.during(what)?;
        let aborted = self.abort(&key, &upload).await.map_err(Failure::error);
        aborted.during(what)
    }

    pub(crate) async fn create(&self, name: &str) -> Result<Upload> {
        if self.head(name).await?.is_some() {
            return Err(self.taken(name));
        }
        Ok(Upload::new(marker::Marker::put(self, name).await?))
    }

    pub(crate) async fn rename(&self, from: &str, to: &str) -> Result<()> {
        self.copy(from, to).await?;
        self.delete(from).await
    }

    pub(crate) async fn list(&self) -> Result<Vec<Entry>> {
        let mut entries = self.entries().await?;
        entries.retain(|entry| !entry.name.starts_with('.'));
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    pub(crate) async fn sweep(
        &self,
        mine: impl Fn(&str) -> bool + Send + 'static,
        older_than: Duration,
    ) -> Result<Vec<String>> {
        sweep::sweep(self, mine, older_than).await
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.0.prefix)
    }

    fn taken(&self, name: &str) -> task::Error {
        let location = self.location(name);
        task::Error::failed(format!("{location} is there already, and is left as it is"))
    }

    /// Whether to ask for `If-None-Match`.
    fn conditional(&self) -> bool {
        self.0.conditional.load(Ordering::Relaxed)
    }

    /// Notes that the server cannot refuse to write over what is there. Then a look before must do,
    /// and two runs that begin in the same second may not notice each other.
    fn unconditional(&self) {
        self.0.conditional.store(false, Ordering::Relaxed);
        tracing::debug!("{} has no conditional writes", self.location(""));
    }

    /// Asks, and asks again within `--wait` while the failure may pass. `what` completes "cannot …".
    async fn call<T, E, F>(
        &self,
        what: &str,
        mut attempt: impl FnMut() -> F + Send,
    ) -> Result<T, Failure>
    where
        T: Send,
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
        F: Future<Output = Answer<T, E>> + Send,
    {
        let other = |error| Failure { kind: Kind::Other, error };
        let mut tries = Tries::new(&self.0.task, what);
        loop {
            // The futures of the SDK are large.
            let attempt = Box::pin(attempt());
            let answer = async { Ok(attempt.await) };
            let failure = match self.0.task.until_stopped(answer).await.map_err(other)? {
                Ok(answer) => return Ok(answer),
                Err(cause) => self.explain(&cause, what),
            };
            // The other kinds are answers, whatever their exit code.
            if failure.kind != Kind::Other {
                return Err(failure);
            }
            tries.again(failure.error).await.map_err(other)?;
        }
    }

    fn explain<E>(&self, cause: &SdkError<E, HttpResponse>, what: &str) -> Failure
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    {
        explain(cause, &format!("cannot {what}"), &self.0.bucket)
    }
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bucket({})", self.location(""))
    }
}
