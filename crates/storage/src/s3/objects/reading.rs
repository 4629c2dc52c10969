//! An object, or a range of one, as it comes: in small pieces, so that many fit into memory. What
//! breaks off goes on where it was, and only if the object is still the same.

use super::super::failure::{Failure, Kind};
use super::copying::changed;
use super::{Objects, keyed};
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use task::{Error, Result, Tries};

#[derive(Debug)]
pub struct Reading {
    objects: Objects,
    name: String,
    etag: Option<String>,
    at: u64,
    end: u64,
    /// The range is the whole object.
    whole: bool,
    keyed: bool,
    body: Option<ByteStream>,
}

impl Objects {
    /// The bytes from `at` to before `end` of an object of this size and ETag.
    pub fn read(&self, name: &str, etag: Option<&str>, size: u64, at: u64, end: u64) -> Reading {
        Reading {
            objects: self.clone(),
            name: name.to_owned(),
            etag: etag.map(|etag| format!("\"{etag}\"")),
            at,
            end,
            whole: at == 0 && end == size,
            keyed: false,
            body: None,
        }
    }
}

impl Reading {
    /// Whether the ETag says nothing about the content; known once something was read.
    pub fn keyed(&self) -> bool {
        self.keyed
    }

    /// The next piece; none at the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>> {
        let bucket = self.objects.0.clone();
        let what = format!("read {} at byte {}", self.objects.location(&self.name), self.at);
        let mut tries = Tries::new(&bucket.0.task, &what);
        while self.at < self.end {
            if self.body.is_none() {
                self.body = Some(self.open(&what).await?);
            }
            let Some(body) = &mut self.body else { continue };
            let piece = async { Ok(body.next().await) };
            let torn = match bucket.0.task.until_stopped(piece).await? {
                Some(Ok(bytes)) if bytes.is_empty() => continue,
                Some(Ok(bytes)) => {
                    self.at += bytes.len() as u64;
                    if self.at > self.end {
                        return Err(Error::failed(format!(
                            "cannot {what}: more came than was asked for"
                        )));
                    }
                    return Ok(Some(bytes));
                }
                Some(Err(cause)) => Error::failed(format!("cannot {what}")).because(cause),
                None => Error::failed(format!("cannot {what}: the answer ended too early")),
            };
            self.body = None;
            tries.again(torn).await?;
        }
        Ok(None)
    }

    async fn open(&mut self, what: &str) -> Result<ByteStream> {
        let (bucket, key) = (&self.objects.0, self.objects.0.key(&self.name));
        let range = format!("bytes={}-{}", self.at, self.end - 1);
        let range = (!self.whole || self.at > 0).then_some(range);
        let wanted = self.end - self.at;
        let opened = bucket.call(what, || {
            let get = bucket.0.client.get_object().bucket(&bucket.0.bucket).key(&key);
            get.set_range(range.clone()).set_if_match(self.etag.clone()).send()
        });
        let answer = match opened.await {
            Err(failure) if matches!(failure.kind, Kind::Exists | Kind::Beyond) => {
                return Err(changed(&self.objects.location(&self.name)));
            }
            answer => answer.map_err(Failure::error)?,
        };
        let size = answer.content_length().and_then(|size| u64::try_from(size).ok());
        if size.is_some_and(|size| size != wanted) {
            return Err(changed(&self.objects.location(&self.name)));
        }
        self.keyed = keyed(answer.server_side_encryption());
        Ok(answer.body)
    }
}
