//! What an error of S3 means to whoever runs the task, and what he can do: what a retry may help,
//! and what it cannot.

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use std::error::Error as StdError;
use task::{Error, Exit};

/// Answers that some callers wait for, and the error they are to all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// There is no such object.
    Missing,
    /// The object must not be there, and is.
    Exists,
    /// There is no such upload: aborted, or completed.
    NoUpload,
    /// The range begins behind the object's end.
    Beyond,
    /// The server does not know this operation, or something that was asked with it.
    Unsupported,
    Denied,
    Other,
}

#[derive(Debug)]
pub(super) struct Failure {
    pub(super) kind: Kind,
    pub(super) error: Error,
}

impl Failure {
    pub(super) fn error(self) -> Error {
        self.error
    }

    pub(super) fn is_gone(&self) -> bool {
        matches!(self.kind, Kind::Missing | Kind::NoUpload)
    }

    /// What is not there need not be removed.
    pub(super) fn unless_gone(self) -> Result<(), Self> {
        if self.is_gone() { Ok(()) } else { Err(self) }
    }
}

/// `what` says what failed, on what; `bucket` is named where it is the trouble.
pub(super) fn explain<E>(cause: &SdkError<E, HttpResponse>, what: &str, bucket: &str) -> Failure
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    let other = |error| Failure { kind: Kind::Other, error };
    match cause {
        SdkError::ServiceError(service) => {
            let (metadata, raw) = (service.err().meta(), service.raw());
            let answer = Answer {
                status: raw.status().as_u16(),
                code: metadata.code().unwrap_or_default(),
                message: metadata.message().unwrap_or_default(),
                region: raw.headers().get("x-amz-bucket-region"),
            };
            answer.explain(what, bucket)
        }
        SdkError::ResponseError(response) => {
            let status = response.raw().status().as_u16();
            let said = format!("{what}: the answer (status {status}) cannot be understood");
            other(Error::failed(said).because(chain(cause)))
        }
        _ if let Some(found) = credentials(cause) => other(found),
        _ if let Some(found) = certificate(cause) => {
            let said = format!("{what}: {found}: name a private authority in AWS_CA_BUNDLE");
            other(Error::usage(said))
        }
        SdkError::ConstructionFailure(_) => other(
            Error::usage(format!("{what}: no request can be made of it")).because(chain(cause)),
        ),
        _ => other(Error::failed(what).because(chain(cause))),
    }
}

/// What a server said in its answer.
struct Answer<'a> {
    status: u16,
    code: &'a str,
    message: &'a str,
    region: Option<&'a str>,
}

impl Answer<'_> {
    fn explain(&self, what: &str, bucket: &str) -> Failure {
        let Self { status, code, .. } = *self;
        let (kind, exit, advice) = match (code, status) {
            ("NoSuchKey" | "NotFound", _) => {
                (Kind::Missing, Exit::Failed, "it is not there".into())
            }
            ("NoSuchUpload", _) => (
                Kind::NoUpload,
                Exit::Failed,
                "the upload is gone, aborted by another or by a rule of the bucket".into(),
            ),
            ("PreconditionFailed" | "ConditionalRequestConflict", _) | (_, 412) => {
                (Kind::Exists, Exit::Failed, "it is there already".into())
            }
            ("InvalidRange", _) | (_, 416) => {
                (Kind::Beyond, Exit::Failed, "it ends before that".into())
            }
            ("NotImplemented" | "MethodNotAllowed", _) | (_, 405 | 501) => {
                (Kind::Unsupported, Exit::Usage, "this server cannot do that".into())
            }
            _ if let Some(advice) = self.locked() => (Kind::Denied, Exit::Usage, advice),
            ("AccessDenied" | "AllAccessDisabled" | "Forbidden", _) => {
                (Kind::Denied, Exit::Usage, denied())
            }
            _ => match self.setting(bucket) {
                Some(advice) => (Kind::Other, Exit::Usage, advice),
                None if self.passes() => (Kind::Other, Exit::Failed, self.said()),
                None => (Kind::Other, Exit::Usage, self.said()),
            },
        };
        let error = Error::new(exit, format!("{what}: {advice}"));
        let said = self.said();
        let error = if advice == said { error } else { error.because(said) };
        Failure { kind, error }
    }

    /// What the settings have wrong, if it is they.
    fn setting(&self, bucket: &str) -> Option<String> {
        Some(match (self.code, self.status) {
            ("NoSuchBucket", _) => {
                format!("there is no bucket {bucket}: create it, or name another")
            }
            ("InvalidBucketName", _) => format!("{bucket} is no name for a bucket"),
            ("InvalidAccessKeyId", _) => {
                "the server does not know this access key: look at AWS_ACCESS_KEY_ID, and at the \
                 endpoint"
                    .to_owned()
            }
            ("SignatureDoesNotMatch", _) => {
                "the signature is wrong: look at AWS_SECRET_ACCESS_KEY, AWS_REGION and this \
                 machine's clock"
                    .to_owned()
            }
            ("RequestTimeTooSkewed" | "RequestExpired", _) => {
                "this machine's clock is wrong: set it, then try again".to_owned()
            }
            (
                "ExpiredToken" | "TokenRefreshRequired" | "InvalidToken" | "ExpiredTokenException",
                _,
            ) => "the session's token is not valid or not valid any more: renew AWS_SESSION_TOKEN \
                 and the keys that belong to it"
                .to_owned(),
            (
                "PermanentRedirect"
                | "TemporaryRedirect"
                | "AuthorizationHeaderMalformed"
                | "IllegalLocationConstraintException"
                | "IncorrectEndpoint",
                _,
            )
            | (_, 301 | 307) => match self.region {
                Some(region) => {
                    format!("bucket {bucket} is in the region {region}: set AWS_REGION={region}")
                }
                None => format!(
                    "bucket {bucket} is in another region, or at another endpoint: set AWS_REGION, \
                     or AWS_ENDPOINT_URL_S3"
                ),
            },
            (code, _) if code.starts_with("KMS.") || code == "KMSInvalidStateException" => {
                "the key of S3_SSE_KMS_KEY_ID cannot be used: look at its policy and its state"
                    .to_owned()
            }
            ("InvalidStorageClass", _) => {
                "this server does not know the storage class: look at S3_STORAGE_CLASS".to_owned()
            }
            ("InvalidPart" | "EntityTooSmall" | "InvalidPartOrder", _) => {
                "the server does not take the parts: some want all of one size (S3_PART_SIZE)"
                    .to_owned()
            }
            // To HEAD there is no answer but the status.
            ("", 403) => denied(),
            _ => return None,
        })
    }

    /// Object lock is someone's decision: it is said, and left alone.
    fn locked(&self) -> Option<String> {
        let message = self.message.to_ascii_lowercase();
        let lock = ["object lock", "worm", "retention", "legal hold", "protected"];
        let locked = ["ObjectLock", "WORM"].iter().any(|word| self.code.contains(word));
        (locked || self.status == 403 && lock.iter().any(|word| message.contains(word))).then(
            || "it is locked by the bucket's object lock, and stays until that ends".to_owned(),
        )
    }

    /// Whether a server may think better of it.
    fn passes(&self) -> bool {
        const CODES: [&str; 12] = [
            "SlowDown",
            "RequestTimeout",
            "Throttling",
            "ThrottlingException",
            "TooManyRequests",
            "InternalError",
            "ServiceUnavailable",
            "OperationAborted",
            "BadDigest",
            "IncompleteBody",
            "XAmzContentSHA256Mismatch",
            "RequestLimitExceeded",
        ];
        self.status >= 500
            || [408, 409, 425, 429].contains(&self.status)
            || CODES.contains(&self.code)
    }

    fn said(&self) -> String {
        let code = if self.code.is_empty() { "no code" } else { self.code };
        let message: String = self.message.chars().take(300).collect();
        format!("the server answered {} {code}: {message}", self.status)
            .trim_end_matches([':', ' '])
            .to_owned()
    }
}

/// Why there are no credentials to sign with.
fn credentials(cause: &(dyn StdError + 'static)) -> Option<Error> {
    let found = causes(cause).find_map(|error| error.downcast_ref::<CredentialsError>())?;
    let why = chain(found);
    Some(match found {
        CredentialsError::CredentialsNotLoaded(_) => Error::usage(
            "there are no credentials for S3: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or \
             each with _FILE), name an AWS_PROFILE, or give the pod or instance a role",
        )
        .because(why),
        CredentialsError::InvalidConfiguration(_) => {
            Error::usage("the settings for credentials of S3 are wrong").because(why)
        }
        // A role that may not be taken does not become so by trying again.
        _ if ["AccessDenied", "InvalidIdentityToken", "ExpiredToken", "InvalidClientTokenId"]
            .iter()
            .any(|code| why.contains(code)) =>
        {
            Error::usage("the role for S3 is refused: look at its trust policy").because(why)
        }
        _ => Error::failed("cannot get credentials for S3").because(why),
    })
}

fn certificate(cause: &(dyn StdError + 'static)) -> Option<String> {
    causes(cause).find_map(|error| match error.downcast_ref::<rustls::Error>() {
        Some(error @ rustls::Error::InvalidCertificate(_)) => {
            Some(format!("the server's certificate is refused ({error})"))
        }
        _ => error
            .downcast_ref::<std::io::Error>()
            .and_then(|io| io.get_ref())
            .and_then(|inner| certificate(inner as &(dyn StdError + 'static))),
    })
}

fn causes<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| {
        let error: &'a (dyn StdError + 'static) = *error;
        error.source()
    })
}

/// All of an error in one text: the SDK's errors are not ours to keep, and hold requests.
fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = String::new();
    for part in causes(error).map(ToString::to_string) {
        if !text.ends_with(&part) {
            text += if text.is_empty() { "" } else { ": " };
            text += &part;
        }
    }
    text
}

fn denied() -> String {
    "access denied: the bucket's and the user's policy must allow s3:ListBucket, s3:GetObject, \
     s3:PutObject, s3:DeleteObject, s3:AbortMultipartUpload and s3:ListBucketMultipartUploads (and \
     the key, with SSE-KMS)"
        .to_owned()
}
