//! One request each: what can be asked of an object.

use super::failure::{Failure, Kind};
use super::settings::Sse;
use super::{Answer, Bucket};
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::delete_object::{DeleteObjectError, DeleteObjectOutput};
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::operation::head_object::{HeadObjectError, HeadObjectOutput};
use aws_sdk_s3::operation::put_object::{PutObjectError, PutObjectOutput};
use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use aws_sdk_s3::types::{MetadataDirective, ServerSideEncryption, StorageClass};
use aws_smithy_runtime_api::client::result::ConnectorError;
use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::error::Error as StdError;
use task::{Error, Result};

/// Says which run put an object there.
pub(super) const RUN: &str = "nightshift-run";

/// As in a URL's path.
const PATH: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// How an object is to be put.
#[derive(Clone, Copy, Default)]
pub(super) struct How<'a> {
    /// The run that puts it.
    pub(super) run: Option<&'a str>,
    /// Not if there is one.
    pub(super) new: bool,
    /// In the storage class of the settings.
    pub(super) class: bool,
    /// Its content type.
    pub(super) media: Option<&'a str>,
}

/// What HEAD tells.
pub(super) struct Head {
    pub(super) size: u64,
    pub(super) run: Option<String>,
    /// Without the quotes around it.
    pub(super) etag: Option<String>,
    pub(super) media: Option<String>,
}

impl Bucket {
    pub(super) fn sse(&self) -> Option<ServerSideEncryption> {
        self.0.settings.s3_sse.map(|sse| match sse {
            Sse::Aes256 => ServerSideEncryption::Aes256,
            Sse::Kms => ServerSideEncryption::AwsKms,
        })
    }

    pub(super) fn kms_key(&self) -> Option<String> {
        self.0.settings.s3_sse_kms_key_id.clone().filter(|key| !key.is_empty())
    }

    pub(super) fn class(&self) -> Option<StorageClass> {
        let class = self.0.settings.s3_storage_class.as_deref().filter(|class| !class.is_empty());
        class.map(StorageClass::from)
    }

    /// What lies under a name; none if nothing does.
    pub(super) async fn head(&self, name: &str) -> Result<Option<Head>> {
        let what = format!("look at {}", self.location(name));
        let found = self.call(&what, || self.head_once(name));
        match found.await {
            Ok(head) => Ok(Some(Head {
                size: head.content_length().and_then(|size| size.try_into().ok()).unwrap_or(0),
                run: head.metadata().and_then(|all| all.get(RUN)).cloned(),
                etag: head.e_tag().map(|etag| etag.trim_matches('"').to_owned()),
                media: head.content_type().map(str::to_owned),
            })),
            Err(failure) if failure.kind == Kind::Missing => Ok(None),
            Err(failure) => Err(failure.error),
        }
    }

    pub(crate) async fn put(&self, name: &str, bytes: Bytes) -> Result<()> {
        self.put_how(name, bytes, How::default()).await.map_err(Failure::error)
    }

    pub(crate) async fn put_as(&self, name: &str, bytes: Bytes, media: &str) -> Result<()> {
        let how = How { class: true, media: Some(media), ..How::default() };
        self.put_how(name, bytes, how).await.map_err(Failure::error)
    }

    pub(super) async fn put_how(
        &self,
        name: &str,
        bytes: Bytes,
        how: How<'_>,
    ) -> Result<(), Failure> {
        let what = format!("write {}", self.location(name));
        loop {
            let new = how.new && self.conditional();
            let put = self.call(&what, || self.put_once(name, bytes.clone(), How { new, ..how }));
            match put.await {
                Err(failure) if failure.kind == Kind::Unsupported && new => self.unconditional(),
                put => return put.map(|_| ()),
            }
        }
    }

    pub(super) fn put_once(
        &self,
        name: &str,
        bytes: Bytes,
        how: How<'_>,
    ) -> impl Future<Output = Answer<PutObjectOutput, PutObjectError>> + Send + use<> {
        self.0
            .client
            .put_object()
            .bucket(&self.0.bucket)
            .key(self.key(name))
            .set_if_none_match(how.new.then(|| "*".to_owned()))
            .set_storage_class(how.class.then(|| self.class()).flatten())
            .set_content_type(how.media.map(str::to_owned))
            .set_server_side_encryption(self.sse())
            .set_ssekms_key_id(self.kms_key())
            .set_metadata(how.run.map(|run| [(RUN.to_owned(), run.to_owned())].into()))
            .body(body(bytes))
            .send()
    }

    pub(crate) async fn get(&self, name: &str) -> Result<Bytes> {
        let (key, location) = (self.key(name), self.location(name));
        let what = format!("read {location}");
        let got = self.call(&what, || {
            let answer = self.0.client.get_object().bucket(&self.0.bucket).key(&key).send();
            async {
                let answer = answer.await?;
                let size = answer.content_length().and_then(|size| usize::try_from(size).ok());
                collect(answer.body, size).await
            }
        });
        got.await.map_err(Failure::error)
    }

    /// Up to `length` bytes from `offset`; fewer only where the object ends.
    pub(crate) async fn read(&self, name: &str, offset: u64, length: usize) -> Result<Bytes> {
        if length == 0 {
            return Ok(Bytes::new());
        }
        let (key, location) = (self.key(name), self.location(name));
        let range = format!("bytes={offset}-{}", offset.saturating_add(length as u64 - 1));
        let what = format!("read {location} at byte {offset}");
        let read = self.call(&what, || {
            let answer = self.0.client.get_object().bucket(&self.0.bucket).key(&key);
            let answer = answer.range(&range).send();
            async move {
                let answer = answer.await?;
                let size = answer.content_length().and_then(|size| usize::try_from(size).ok());
                // A server that does not know ranges sends all there is.
                if size.is_some_and(|size| size > length) {
                    return Ok(None);
                }
                collect(answer.body, size).await.map(Some)
            }
        });
        match read.await {
            Ok(Some(bytes)) => Ok(bytes),
            Ok(None) => Err(Error::usage(format!(
                "cannot read a part of {location}: this server does not read ranges"
            ))),
            Err(failure) if failure.kind == Kind::Beyond => Ok(Bytes::new()),
            Err(failure) => Err(failure.error),
        }
    }

    pub(crate) async fn delete(&self, name: &str) -> Result<()> {
        let what = format!("delete {}", self.location(name));
        let deleted = self.call(&what, || self.delete_once(name)).await;
        deleted.map(|_| ()).or_else(Failure::unless_gone).map_err(Failure::error)
    }

    pub(super) fn head_once(
        &self,
        name: &str,
    ) -> impl Future<Output = Answer<HeadObjectOutput, HeadObjectError>> + Send + use<> {
        self.0.client.head_object().bucket(&self.0.bucket).key(self.key(name)).send()
    }

    pub(super) fn delete_once(
        &self,
        name: &str,
    ) -> impl Future<Output = Answer<DeleteObjectOutput, DeleteObjectError>> + Send + use<> {
        self.0.client.delete_object().bucket(&self.0.bucket).key(self.key(name)).send()
    }

    /// How a header names an object that is to be copied.
    pub(super) fn source(&self, name: &str) -> String {
        let source = format!("{}/{}", self.0.bucket, self.key(name));
        utf8_percent_encode(&source, PATH).to_string()
    }

    /// Within S3, and for small objects only.
    pub(super) async fn copy(&self, from: &str, to: &str) -> Result<()> {
        let source = self.source(from);
        let what = format!("copy {} to {}", self.location(from), self.location(to));
        let copied = self.call(&what, || {
            self.0
                .client
                .copy_object()
                .bucket(&self.0.bucket)
                .key(self.key(to))
                .copy_source(&source)
                .metadata_directive(MetadataDirective::Copy)
                .set_server_side_encryption(self.sse())
                .set_ssekms_key_id(self.kms_key())
                .send()
        });
        copied.await.map(|_| ()).map_err(Failure::error)
    }
}

/// All of a body, of which `size` bytes were promised.
async fn collect(body: ByteStream, size: Option<usize>) -> Answer<Bytes, GetObjectError> {
    let torn = |cause: Box<dyn StdError + Send + Sync>| {
        SdkError::dispatch_failure(ConnectorError::io(cause))
    };
    let bytes = body.collect().await.map_err(|cause| torn(cause.into()))?.into_bytes();
    match size {
        Some(size) if size != bytes.len() => {
            Err(torn(format!("{} bytes came where {size} were promised", bytes.len()).into()))
        }
        _ => Ok(bytes),
    }
}

pub(super) fn body(bytes: Bytes) -> ByteStream {
    ByteStream::new(SdkBody::from(bytes))
}
