//! From one place of S3 to another, without the bytes coming by.

use super::super::failure::{Failure, Kind};
use super::super::multipart::waiting;
use super::super::object::How;
use super::{Object, Objects, Part, Pieces};
use aws_sdk_s3::types::{CompletedPart, MetadataDirective};
use task::{Error, Result};

/// The most that one request copies.
const LARGEST: u64 = 5 << 30;
const PART: u64 = 512 << 20;

impl Objects {
    /// Copies an object of `from`, with its metadata, unless it is not the one that was listed.
    pub async fn copy(&self, from: &Objects, object: &Object) -> Result<()> {
        let copied = if object.size > LARGEST {
            self.copy_in_parts(from, object).await
        } else {
            self.copy_at_once(from, object).await
        };
        copied.map_err(|failure| match failure.kind {
            Kind::Exists => changed(&from.location(&object.name)),
            _ => failure.error,
        })
    }

    async fn copy_at_once(&self, from: &Objects, object: &Object) -> Result<(), Failure> {
        let (bucket, name) = (&self.0, &object.name);
        let (key, source) = (bucket.key(name), from.0.source(name));
        let what = format!("copy {} to {}", from.location(name), self.location(name));
        let copied = bucket.call(&what, || {
            bucket
                .0
                .client
                .copy_object()
                .bucket(&bucket.0.bucket)
                .key(&key)
                .copy_source(&source)
                .set_copy_source_if_match(quoted(object))
                .metadata_directive(MetadataDirective::Copy)
                .set_storage_class(bucket.class())
                .set_server_side_encryption(bucket.sse())
                .set_ssekms_key_id(bucket.kms_key())
                .customize()
                .config_override(waiting(bucket.patience(object.size)))
                .send()
        });
        copied.await.map(|_| ())
    }

    async fn copy_in_parts(&self, from: &Objects, object: &Object) -> Result<(), Failure> {
        let (bucket, name) = (&self.0, &object.name);
        let (key, source) = (bucket.key(name), from.0.source(name));
        let other = |error| Failure { kind: Kind::Other, error };
        let media = from.0.head(name).await.map_err(other)?.and_then(|head| head.media);
        let how = How { class: true, media: media.as_deref(), ..How::default() };
        let upload = Pieces::new(self, name, bucket.begin(&key, how).await?);
        let what = format!("copy {} to {}", from.location(name), self.location(name));
        let mut parts = Vec::new();
        let (mut at, mut number) = (0, 1);
        while at < object.size {
            let end = object.size.min(at + PART);
            let range = format!("bytes={at}-{}", end - 1);
            let copied = bucket.call(&what, || {
                bucket
                    .0
                    .client
                    .upload_part_copy()
                    .bucket(&bucket.0.bucket)
                    .key(&key)
                    .upload_id(upload.upload())
                    .part_number(number)
                    .copy_source(&source)
                    .copy_source_range(&range)
                    .set_copy_source_if_match(quoted(object))
                    .customize()
                    .config_override(waiting(bucket.patience(PART)))
                    .send()
            });
            let copied = copied.await?;
            let done = copied.copy_part_result();
            parts.push(Part(
                CompletedPart::builder()
                    .part_number(number)
                    .set_e_tag(done.and_then(|done| done.e_tag()).map(str::to_owned))
                    .set_checksum_crc32(
                        done.and_then(|done| done.checksum_crc32()).map(str::to_owned),
                    )
                    .build(),
            ));
            (at, number) = (end, number + 1);
        }
        upload.complete(parts, object.size).await.map_err(other)
    }
}

fn quoted(object: &Object) -> Option<String> {
    object.etag.as_ref().map(|etag| format!("\"{etag}\""))
}

pub(super) fn changed(location: &str) -> Error {
    Error::failed(format!("{location} changed while it was read: the next run takes it"))
}
