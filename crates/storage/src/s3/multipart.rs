//! One request each: the steps of an upload in parts.

use super::failure::Failure;
use super::object::{How, RUN, body};
use super::{Answer, Bucket};
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{Builder, Config};
use aws_sdk_s3::operation::abort_multipart_upload::{
    AbortMultipartUploadError, AbortMultipartUploadOutput,
};
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
use bytes::Bytes;
use std::time::Duration;

/// Some servers put all parts together before they answer, and say nothing meanwhile.
pub(super) const JOINING: Duration = Duration::from_mins(10);

impl Bucket {
    /// Begins an upload and returns its id.
    pub(super) async fn begin(&self, key: &str, how: How<'_>) -> Result<String, Failure> {
        let what = format!("begin to write s3://{}/{key}", self.0.bucket);
        let begun = self.call(&what, || {
            self.0
                .client
                .create_multipart_upload()
                .bucket(&self.0.bucket)
                .key(key)
                .set_storage_class(how.class.then(|| self.class()).flatten())
                .set_content_type(how.media.map(str::to_owned))
                .set_server_side_encryption(self.sse())
                .set_ssekms_key_id(self.kms_key())
                .set_checksum_algorithm(self.checksum())
                .set_metadata(how.run.map(|run| [(RUN.to_owned(), run.to_owned())].into()))
                .send()
        });
        begun.await.map(|begun| begun.upload_id().unwrap_or_default().to_owned())
    }

    pub(super) async fn part(
        &self,
        name: &str,
        upload: &str,
        number: i32,
        bytes: &Bytes,
    ) -> Result<CompletedPart, Failure> {
        let what = format!("write part {number} of {}", self.location(name));
        let key = self.key(name);
        let sent = self.call(&what, || {
            self.0
                .client
                .upload_part()
                .bucket(&self.0.bucket)
                .key(&key)
                .upload_id(upload)
                .part_number(number)
                .set_checksum_algorithm(self.checksum())
                .body(body(bytes.clone()))
                .send()
        });
        sent.await.map(|sent| {
            CompletedPart::builder()
                .part_number(number)
                .set_e_tag(sent.e_tag().map(str::to_owned))
                .set_checksum_crc32(sent.checksum_crc32().map(str::to_owned))
                .build()
        })
    }

    /// Makes one object of the parts.
    pub(super) async fn join(
        &self,
        name: &str,
        upload: &str,
        parts: &[CompletedPart],
        new: bool,
        patience: Duration,
    ) -> Result<(), Failure> {
        let key = self.key(name);
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts.to_vec())).build();
        let what = format!("complete {}", self.location(name));
        let joined = self.call(&what, || {
            self.0
                .client
                .complete_multipart_upload()
                .bucket(&self.0.bucket)
                .key(&key)
                .upload_id(upload)
                .multipart_upload(parts.clone())
                .set_if_none_match(new.then(|| "*".to_owned()))
                .customize()
                .config_override(waiting(patience))
                .send()
        });
        joined.await.map(|_| ())
    }

    pub(super) async fn abort(&self, key: &str, upload: &str) -> Result<(), Failure> {
        let what = format!("abort the upload of s3://{}/{key}", self.0.bucket);
        self.call(&what, || self.abort_once(key, upload)).await.map(|_| ())
    }

    pub(super) fn abort_once(
        &self,
        key: &str,
        upload: &str,
    ) -> impl Future<Output = Answer<AbortMultipartUploadOutput, AbortMultipartUploadError>> + Send + use<>
    {
        let abort = self.0.client.abort_multipart_upload().bucket(&self.0.bucket);
        abort.key(key).upload_id(upload).send()
    }

    /// The one for all that is written, where the settings ask for checksums.
    fn checksum(&self) -> Option<ChecksumAlgorithm> {
        self.0.checksums.then_some(ChecksumAlgorithm::Crc32)
    }
}

/// For requests that a server works on in silence.
pub(super) fn waiting(patience: Duration) -> Builder {
    Config::builder().timeout_config(TimeoutConfig::builder().read_timeout(patience).build())
}
