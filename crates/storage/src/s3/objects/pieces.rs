//! An object that is put in parts, several at once. Dropping it aborts what was begun.

use super::super::failure::{Failure, Kind};
use super::super::object::How;
use super::Objects;
use aws_sdk_s3::types::CompletedPart;
use bytes::Bytes;
use md5::{Digest, Md5};
use std::time::Duration;
use task::Result;

const PAUSE: Duration = Duration::from_millis(200);

#[derive(Debug)]
pub struct Pieces {
    objects: Objects,
    name: String,
    upload: String,
    finished: bool,
}

#[derive(Clone, Debug)]
pub struct Sending {
    objects: Objects,
    name: String,
    upload: String,
}

/// A part that has arrived.
#[derive(Debug)]
pub struct Part(pub(super) CompletedPart);

impl Objects {
    pub async fn begin(&self, name: &str, media: Option<&str>) -> Result<Pieces> {
        let how = How { class: true, media, ..How::default() };
        let upload = self.0.begin(&self.0.key(name), how).await.map_err(Failure::error)?;
        Ok(Pieces::new(self, name, upload))
    }
}

impl Sending {
    /// Sends one part; they are counted from 1.
    pub async fn part(&self, number: i32, bytes: &Bytes) -> Result<Part> {
        let sent = self.objects.0.part(&self.name, &self.upload, number, bytes).await;
        sent.map(Part).map_err(Failure::error)
    }
}

impl Pieces {
    pub(super) fn new(objects: &Objects, name: &str, upload: String) -> Self {
        Self { objects: objects.clone(), name: name.to_owned(), upload, finished: false }
    }

    pub(super) fn upload(&self) -> &str {
        &self.upload
    }

    /// What those have who send its parts: they may outlive it for a moment.
    pub fn sending(&self) -> Sending {
        let (name, upload) = (self.name.clone(), self.upload.clone());
        Sending { objects: self.objects.clone(), name, upload }
    }

    /// Makes one object of the parts, so many bytes in all; one of that name is replaced.
    pub async fn complete(mut self, parts: Vec<Part>, size: u64) -> Result<()> {
        let mut parts: Vec<CompletedPart> = parts.into_iter().map(|part| part.0).collect();
        parts.sort_by_key(CompletedPart::part_number);
        let bucket = &self.objects.0;
        let joined =
            bucket.join(&self.name, &self.upload, &parts, false, bucket.patience(size)).await;
        match joined {
            Ok(()) => {}
            // The answer to an earlier try may have been lost: then the object is there.
            Err(failure) if failure.kind == Kind::NoUpload => {
                let found = bucket.head(&self.name).await?.and_then(|head| head.etag);
                if found.is_none() || found != joined_etag(&parts) {
                    return Err(failure.error);
                }
            }
            Err(failure) => return Err(failure.error),
        }
        self.finished = true;
        Ok(())
    }
}

/// The ETag that S3 gives an object of these parts.
fn joined_etag(parts: &[CompletedPart]) -> Option<String> {
    let mut sum = Md5::new();
    for part in parts {
        let etag = part.e_tag()?.trim_matches('"');
        let digits = (etag.len() == 32).then_some(etag)?;
        sum.update(u128::from_str_radix(digits, 16).ok()?.to_be_bytes());
    }
    let sum = u128::from_be_bytes(sum.finalize().into());
    Some(format!("{sum:032x}-{}", parts.len()))
}

impl Drop for Pieces {
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        let (bucket, name) = (self.objects.0.clone(), std::mem::take(&mut self.name));
        let upload = std::mem::take(&mut self.upload);
        let task = bucket.0.task.clone();
        task.clean_up(async move {
            let (key, location) = (bucket.key(&name), bucket.location(&name));
            let what = format!("abort the upload of {location}");
            let abort = || bucket.tidy(&what, || bucket.abort_once(&key, &upload));
            let mut aborted = abort().await;
            // A part that was under way may have come in meanwhile.
            if aborted.is_ok() {
                tokio::time::sleep(PAUSE).await;
                aborted = abort().await;
            }
            if let Err(failure) = aborted.map(|_| ()).or_else(Failure::unless_gone) {
                let error = format!("{:#}", failure.error);
                tracing::warn!(error, "an unfinished upload is left: a later run will remove it");
            }
        });
    }
}
