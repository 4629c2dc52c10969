//! What is to be removed of a file that is not finished, when whoever writes it lets go of it.

use super::failure::{Failure, Kind};
use super::marker::{self, Marker};
use super::object::RUN;
use super::{Answer, Bucket};
use aws_sdk_s3::error::ProvideErrorMetadata;
use std::error::Error as StdError;
use std::time::Duration;
use task::Exit;
use tracing::warn;

/// Removes all it knows of when dropped, unless [`Remains::finish`] was called.
#[derive(Debug)]
pub(super) struct Remains {
    pub(super) marker: Marker,
    /// An upload was begun, or may have been: it was asked for, if not answered.
    pub(super) begun: bool,
    pub(super) upload: Option<String>,
    /// Something may lie under the final name.
    pub(super) named: bool,
    /// The same of the small file beside it.
    pub(super) beside: Option<String>,
    finished: bool,
}

/// A server that is slow has this often the chance to do it.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(200);
/// How often to look for uploads that came late.
const LOOKS: u32 = 2;

impl Remains {
    pub(super) fn new(marker: Marker) -> Self {
        Self { marker, begun: false, upload: None, named: false, beside: None, finished: false }
    }

    pub(super) fn location(&self) -> String {
        self.marker.bucket.location(&self.marker.name)
    }

    /// The file is what it should be, and stays.
    pub(super) fn finish(mut self) {
        self.finished = true;
    }
}

impl Drop for Remains {
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        let work = Removal {
            bucket: self.marker.bucket.clone(),
            name: self.marker.name.clone(),
            run: self.marker.run.clone(),
            begun: self.begun,
            upload: self.upload.take(),
            named: self.named,
            beside: self.beside.take(),
        };
        let (task, location) = (self.marker.bucket.0.task.clone(), self.location());
        task.clean_up(async move {
            if let Err(failure) = work.remove().await {
                let error = format!("{:#}", failure.error);
                warn!(error, "cannot remove what is partial of {location}: a later run will");
            }
        });
    }
}

/// The same, while it is removed.
struct Removal {
    bucket: Bucket,
    name: String,
    run: String,
    begun: bool,
    upload: Option<String>,
    named: bool,
    beside: Option<String>,
}

impl Removal {
    /// The marker last: what a failure leaves is found by it.
    async fn remove(&self) -> Result<(), Failure> {
        if let Some(beside) = &self.beside {
            self.delete(beside).await?;
        }
        if let Some(upload) = &self.upload {
            self.abort(upload).await?;
        }
        if self.begun {
            self.abort_all().await?;
        }
        if self.named && self.is_ours().await? {
            self.delete(&self.name).await?;
        }
        self.delete(&marker::of(&self.name)).await
    }

    /// A part, or the begin itself, that was under way when it was given up may arrive after the
    /// abort: so one looks again.
    async fn abort_all(&self) -> Result<(), Failure> {
        let (bucket, key) = (&self.bucket, self.bucket.key(&self.name));
        let what = format!("list unfinished uploads of {}", bucket.location(&self.name));
        for _ in 0..LOOKS {
            let page = bucket.tidy(&what, || bucket.uploads_once(&key, (None, None))).await;
            let page = match page {
                Err(failure) if matches!(failure.kind, Kind::Unsupported | Kind::Denied) => {
                    return Ok(());
                }
                page => page?,
            };
            for one in bucket.of_page(&page).iter().filter(|one| one.name == self.name) {
                self.abort(&one.upload).await?;
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    /// It is gone when it was completed.
    async fn abort(&self, upload: &str) -> Result<(), Failure> {
        let (bucket, key) = (&self.bucket, self.bucket.key(&self.name));
        let what = format!("abort the upload of {}", bucket.location(&self.name));
        let aborted = bucket.tidy(&what, || bucket.abort_once(&key, upload)).await;
        aborted.map(|_| ()).or_else(Failure::unless_gone)
    }

    /// Another's object of that name is not ours to remove.
    async fn is_ours(&self) -> Result<bool, Failure> {
        let (bucket, name) = (&self.bucket, &self.name);
        let what = format!("look at {}", bucket.location(name));
        match bucket.tidy(&what, || bucket.head_once(name)).await {
            Ok(head) => {
                Ok(head.metadata().and_then(|all| all.get(RUN)).is_some_and(|by| *by == self.run))
            }
            Err(failure) => failure.unless_gone().map(|()| false),
        }
    }

    async fn delete(&self, name: &str) -> Result<(), Failure> {
        let bucket = &self.bucket;
        let what = format!("delete {}", bucket.location(name));
        let deleted = bucket.tidy(&what, || bucket.delete_once(name)).await;
        deleted.map(|_| ()).or_else(Failure::unless_gone)
    }
}

impl Bucket {
    /// Asks a few times, whether or not the task was told to stop: for what has to be done then.
    pub(super) async fn tidy<T, E, F>(
        &self,
        what: &str,
        mut attempt: impl FnMut() -> F + Send,
    ) -> Result<T, Failure>
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
        F: Future<Output = Answer<T, E>> + Send,
    {
        let mut left = TRIES;
        loop {
            left -= 1;
            let failure = match Box::pin(attempt()).await {
                Ok(answer) => return Ok(answer),
                Err(cause) => self.explain(&cause, what),
            };
            if left == 0 || failure.error.exit() != Exit::Failed || failure.is_gone() {
                return Err(failure);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}
