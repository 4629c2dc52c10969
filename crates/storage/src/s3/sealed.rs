//! A whole object that is not finished: its marker is still there.

use super::failure::Failure;
use super::object::How;
use super::remains::Remains;
use super::{Answer, Bucket, marker};
use aws_sdk_s3::error::ProvideErrorMetadata;
use bytes::Bytes;
use std::error::Error as StdError;
use std::time::Duration;
use task::{Exit, Result};
use tokio::time::Instant;

#[derive(Debug)]
pub struct Sealed {
    remains: Remains,
}

const PAUSE: Duration = Duration::from_millis(500);

impl Sealed {
    pub(super) fn new(remains: Remains) -> Self {
        Self { remains }
    }

    pub(crate) fn location(&self) -> String {
        self.remains.location()
    }

    pub(crate) async fn read(&self, offset: u64, length: usize) -> Result<Bytes> {
        let marker = &self.remains.marker;
        marker.renew().await?;
        marker.bucket.read(&marker.name, offset, length).await
    }

    /// The file is finished once its marker is gone.
    pub(crate) async fn commit(self) -> Result<()> {
        let bucket = self.remains.marker.bucket.clone();
        let name = marker::of(&self.remains.marker.name);
        let what = format!("finish {}", self.location());
        bucket.steadily(&what, || bucket.delete_once(&name)).await.map_err(Failure::error)?;
        self.remains.finish();
        Ok(())
    }

    /// The same, with a small file beside it, after which nothing is undone any more: so it is put
    /// before the marker goes.
    pub(crate) async fn commit_beside(mut self, beside: &str, bytes: Bytes) -> Result<()> {
        let bucket = self.remains.marker.bucket.clone();
        let what = format!("write {}", bucket.location(beside));
        self.remains.beside = Some(beside.to_owned());
        bucket
            .steadily(&what, || bucket.put_once(beside, bytes.clone(), How::default()))
            .await
            .map_err(Failure::error)?;
        let name = marker::of(&self.remains.marker.name);
        self.remains.finish();
        let what = format!("delete {}", bucket.location(&name));
        if let Err(failure) = bucket.tidy(&what, || bucket.delete_once(&name)).await {
            let error = format!("{:#}", failure.error);
            tracing::warn!(error, "a marker is left, which a later run will remove");
        }
        Ok(())
    }
}

impl Bucket {
    /// As `call`, but a signal does not leave it in the middle, where nobody knows whether it was
    /// done: it only ends the trying again.
    async fn steadily<T, E, F>(
        &self,
        what: &str,
        mut attempt: impl FnMut() -> F + Send,
    ) -> Result<T, Failure>
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
        F: Future<Output = Answer<T, E>> + Send,
    {
        let (task, mut deadline) = (&self.0.task, None);
        loop {
            let failure = match Box::pin(attempt()).await {
                Ok(answer) => return Ok(answer),
                Err(cause) => self.explain(&cause, what),
            };
            let now = Instant::now();
            let late = now >= *deadline.get_or_insert(now + task.wait());
            if late || failure.error.exit() != Exit::Failed || task.stopping().is_cancelled() {
                return Err(failure);
            }
            tracing::warn!(error = format!("{:#}", failure.error), "cannot {what} yet");
            tokio::time::sleep(PAUSE).await;
        }
    }
}
