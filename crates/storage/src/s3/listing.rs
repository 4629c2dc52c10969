//! What lies in a bucket under our prefix: whole pages, one after the other.

use super::failure::Failure;
use super::{Answer, Bucket, Object, Page};
use crate::Entry;
use aws_sdk_s3::operation::list_multipart_uploads::{
    ListMultipartUploadsError, ListMultipartUploadsOutput,
};
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::{EncodingType, MultipartUpload, Object as Found, ObjectStorageClass};
use percent_encoding::percent_decode_str;
use std::time::{Duration, SystemTime};
use task::{Error, Result};

/// An upload that was begun and neither completed nor aborted.
pub(super) struct Unfinished {
    pub(super) name: String,
    pub(super) upload: String,
    pub(super) begun: SystemTime,
}

impl Bucket {
    /// All objects directly under the prefix, markers too; nothing below further slashes.
    pub(super) async fn entries(&self) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        let mut token = None;
        loop {
            let page = self.page(true, token).await?;
            let plain = |object: &Object| !object.name.is_empty() && !object.name.contains('/');
            entries.extend(page.objects.into_iter().filter(plain).map(|object| Entry {
                name: object.name,
                size: object.size,
                modified: object.modified,
            }));
            if page.next.is_none() {
                return Ok(entries);
            }
            token = page.next;
        }
    }

    /// One page of the objects under the prefix; `flat` tells of what lies below further slashes
    /// by its folders only.
    pub(super) async fn page(&self, flat: bool, token: Option<String>) -> Result<Page> {
        let what = format!("list {}", self.location(""));
        let page: ListObjectsV2Output = self
            .call(&what, || {
                self.0
                    .client
                    .list_objects_v2()
                    .bucket(&self.0.bucket)
                    .prefix(&self.0.prefix)
                    .set_delimiter(flat.then(|| "/".to_owned()))
                    // XML cannot hold every name that another may have put there.
                    .encoding_type(EncodingType::Url)
                    .set_continuation_token(token.clone())
                    .send()
            })
            .await
            .map_err(Failure::error)?;
        let encoded = page.encoding_type() == Some(&EncodingType::Url);
        let name = |key: &str| self.relative(key, encoded);
        let objects = page.contents().iter();
        let objects = objects.filter_map(|found| Some(object(name(found.key()?)?, found)));
        let folders = page.common_prefixes().iter();
        let folders = folders.filter_map(|folder| name(folder.prefix()?));
        let (objects, folders) = (objects.collect(), folders.collect());
        if page.is_truncated() != Some(true) {
            return Ok(Page { objects, folders, next: None });
        }
        let next = page.next_continuation_token().map(str::to_owned);
        // Half a list would have objects look as if they were gone.
        if next.is_none() || next == token {
            return Err(Error::failed(format!(
                "cannot {what}: the server does not say where the list goes on"
            )));
        }
        Ok(Page { objects, folders, next })
    }

    /// Unfinished uploads of all names that begin like this. (Some servers only look for the one
    /// of exactly this name.)
    pub(super) async fn unfinished(&self, name: &str) -> Result<Vec<Unfinished>, Failure> {
        let mut found = self.unfinished_below(name).await?;
        found.retain(|one| !one.name.contains('/'));
        Ok(found)
    }

    /// The same, below further slashes too.
    pub(super) async fn unfinished_below(&self, name: &str) -> Result<Vec<Unfinished>, Failure> {
        let what = format!("list unfinished uploads of {}", self.location(name));
        let prefix = self.key(name);
        let mut found = Vec::new();
        let (mut key, mut upload): (Option<String>, Option<String>) = (None, None);
        loop {
            let from = || (key.clone(), upload.clone());
            let page = self.call(&what, || self.uploads_once(&prefix, from())).await?;
            let encoded = page.encoding_type() == Some(&EncodingType::Url);
            found.extend(self.of_page(&page));
            let next = (
                page.next_key_marker().map(|marker| decoded(marker, encoded)),
                page.next_upload_id_marker().map(str::to_owned),
            );
            if page.is_truncated() != Some(true) || next == (key.clone(), upload.clone()) {
                return Ok(found);
            }
            (key, upload) = next;
        }
    }

    /// One page of the unfinished uploads of keys that begin like this.
    pub(super) fn uploads_once(
        &self,
        prefix: &str,
        (key, upload): (Option<String>, Option<String>),
    ) -> impl Future<Output = Answer<ListMultipartUploadsOutput, ListMultipartUploadsError>> + Send + use<>
    {
        self.0
            .client
            .list_multipart_uploads()
            .bucket(&self.0.bucket)
            .prefix(prefix)
            .encoding_type(EncodingType::Url)
            .set_key_marker(key)
            .set_upload_id_marker(upload)
            .send()
    }

    pub(super) fn of_page(&self, page: &ListMultipartUploadsOutput) -> Vec<Unfinished> {
        let encoded = page.encoding_type() == Some(&EncodingType::Url);
        let one = |one: &MultipartUpload| {
            Some(Unfinished {
                name: self.relative(one.key()?, encoded)?,
                upload: one.upload_id()?.to_owned(),
                // Of unknown age is of no age.
                begun: one.initiated().map_or_else(SystemTime::now, time),
            })
        };
        page.uploads().iter().filter_map(one).collect()
    }

    /// What a key is called below the prefix.
    fn relative(&self, key: &str, encoded: bool) -> Option<String> {
        decoded(key, encoded).strip_prefix(&self.0.prefix).map(str::to_owned)
    }
}

fn object(name: String, found: &Found) -> Object {
    let thawed = found.restore_status().and_then(|status| status.restore_expiry_date());
    let thawed = thawed.is_some_and(|until| time(until) > SystemTime::now());
    let class = found.storage_class();
    let cold = [ObjectStorageClass::Glacier, ObjectStorageClass::DeepArchive];
    Object {
        name,
        size: found.size().and_then(|size| size.try_into().ok()).unwrap_or(0),
        modified: found.last_modified().map_or(SystemTime::UNIX_EPOCH, time),
        etag: found.e_tag().map(|etag| etag.trim_matches('"').to_owned()),
        frozen: !thawed && class.is_some_and(|class| cold.contains(class)),
    }
}

/// As in a form: a plus is a blank.
fn decoded(text: &str, encoded: bool) -> String {
    if !encoded {
        return text.to_owned();
    }
    let text = text.replace('+', " ");
    percent_decode_str(&text).decode_utf8_lossy().into_owned()
}

fn time(time: &DateTime) -> SystemTime {
    let seconds = u64::try_from(time.secs()).unwrap_or(0);
    let since = Duration::new(seconds, time.subsec_nanos());
    SystemTime::UNIX_EPOCH.checked_add(since).unwrap_or(SystemTime::UNIX_EPOCH)
}
