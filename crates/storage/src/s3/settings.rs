//! The settings of a store in S3, each a flag and an environment variable. Where the field has a
//! name for one, it is that name.

use clap::builder::PossibleValue;
use std::path::PathBuf;
use std::time::Duration;
use task::{Error, Result, Secret, duration};

/// What S3 wants to be told. Nothing of it matters to a store in a directory.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "S3")]
pub struct S3Settings {
    /// Where S3 is, if not at AWS: a URL [also: `AWS_ENDPOINT_URL`, the profile]
    #[arg(long, alias = "endpoint-url", env = "AWS_ENDPOINT_URL_S3", value_name = "URL")]
    pub s3_endpoint_url: Option<String>,

    /// The bucket's region [also: `AWS_DEFAULT_REGION`, the profile] [default: us-east-1]
    #[arg(long, alias = "region", env = "AWS_REGION", value_name = "NAME")]
    pub s3_region: Option<String>,

    /// The profile of the shared files that has the credentials [first: `AWS_ACCESS_KEY_ID`,
    /// `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`, or each with `_FILE`; last: web identity
    /// (`AWS_WEB_IDENTITY_TOKEN_FILE`, `AWS_ROLE_ARN`), container, instance; files:
    /// `AWS_SHARED_CREDENTIALS_FILE`, `AWS_CONFIG_FILE`]
    #[arg(long, alias = "profile", env = "AWS_PROFILE", value_name = "NAME")]
    pub s3_profile: Option<String>,

    /// PEM file with certificates of authorities to trust besides the public ones
    #[arg(long, alias = "ca-bundle", env = "AWS_CA_BUNDLE", value_name = "FILE")]
    pub s3_ca_bundle: Option<PathBuf>,

    /// Whether the bucket stands in the path or in the host's name; auto is path for any endpoint
    /// but AWS'
    #[arg(long, env = "S3_ADDRESSING", value_enum, default_value_t)]
    pub s3_addressing: Addressing,

    /// Storage class of what is written, such as `STANDARD_IA`; manifests of backups keep the
    /// bucket's own
    #[arg(long, alias = "storage-class", env = "S3_STORAGE_CLASS", value_name = "CLASS")]
    pub s3_storage_class: Option<String>,

    /// Have S3 encrypt what it stores: `AES256` or `aws:kms`
    #[arg(long, alias = "sse", env = "S3_SSE", value_name = "HOW")]
    pub s3_sse: Option<Sse>,

    /// The key for aws:kms [default: the account's own]
    #[arg(long, alias = "sse-kms-key-id", env = "S3_SSE_KMS_KEY_ID", value_name = "KEY")]
    pub s3_sse_kms_key_id: Option<String>,

    /// Send checksums of what is written, besides the signed sha256: when S3 supports or when it
    /// requires them [default: `when_supported` at AWS, `when_required` elsewhere]
    #[arg(long, env = "AWS_REQUEST_CHECKSUM_CALCULATION", value_name = "WHEN")]
    pub s3_request_checksums: Option<Checksums>,

    /// Ask for checksums of what is read [default: as above]
    #[arg(long, env = "AWS_RESPONSE_CHECKSUM_VALIDATION", value_name = "WHEN")]
    pub s3_response_checksums: Option<Checksums>,

    /// Make every part of an upload this large, in MiB [default: 5, and more for later parts of a
    /// large file]
    #[arg(long, env = "S3_PART_SIZE", value_name = "MIB")]
    #[arg(value_parser = clap::value_parser!(u16).range(5..=5120))]
    pub s3_part_size: Option<u16>,

    /// Give a request up when no byte moved for so long, as in 30s
    #[arg(long, env = "S3_TIMEOUT", value_name = "TIME", value_parser = duration::parse)]
    pub s3_timeout: Option<Duration>,

    /// Credentials that a program has from elsewhere: before all others.
    #[arg(skip)]
    pub s3_keys: Option<Keys>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Addressing {
    #[default]
    Auto,
    Path,
    Virtual,
}

/// How S3 encrypts at rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sse {
    Aes256,
    Kms,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksums {
    WhenSupported,
    WhenRequired,
}

impl clap::ValueEnum for Sse {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Aes256, Self::Kms]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Aes256 => PossibleValue::new("AES256"),
            Self::Kms => PossibleValue::new("aws:kms"),
        })
    }
}

impl clap::ValueEnum for Checksums {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::WhenSupported, Self::WhenRequired]
    }

    /// AWS' own tools take them in capitals, too.
    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::WhenSupported => {
                PossibleValue::new("when_supported").aliases(["WHEN_SUPPORTED", "when-supported"])
            }
            Self::WhenRequired => {
                PossibleValue::new("when_required").aliases(["WHEN_REQUIRED", "when-required"])
            }
        })
    }
}

/// Classes that must be thawed before they can be read, and a backup is read back at once.
const FROZEN: [&str; 2] = ["GLACIER", "DEEP_ARCHIVE"];

impl S3Settings {
    pub(super) fn timeout(&self) -> Duration {
        self.s3_timeout.unwrap_or(Duration::from_secs(30))
    }

    /// Of a store, whose files are read back at once.
    pub(super) fn check_class(&self) -> Result<()> {
        if let Some(class) = self.s3_storage_class.as_deref()
            && FROZEN.iter().any(|frozen| class.eq_ignore_ascii_case(frozen))
        {
            return Err(Error::usage(format!(
                "a backup cannot be read back from the storage class {class}: take GLACIER_IR, or \
                 have a lifecycle rule of the bucket move it later"
            )));
        }
        Ok(())
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.s3_sse_kms_key_id.is_some() && self.s3_sse != Some(Sse::Kms) {
            return Err(Error::usage(
                "S3_SSE_KMS_KEY_ID names a key for aws:kms: set S3_SSE=aws:kms, too",
            ));
        }
        if self.timeout().is_zero() {
            return Err(Error::usage("S3_TIMEOUT must be more than 0, such as 30s"));
        }
        Ok(())
    }
}

/// Credentials. Those of the environment come from its variables, or from files that these name.
#[derive(Clone, Debug)]
pub struct Keys {
    pub id: Secret,
    pub secret: Secret,
    pub token: Option<Secret>,
}

impl Keys {
    pub(super) fn given() -> Result<Option<Self>> {
        const ID: &str = "AWS_ACCESS_KEY_ID";
        const SECRET: &str = "AWS_SECRET_ACCESS_KEY";
        match (task::secret(ID)?, task::secret(SECRET)?) {
            (Some(id), Some(secret)) => {
                Ok(Some(Self { id, secret, token: task::secret("AWS_SESSION_TOKEN")? }))
            }
            (None, None) => Ok(None),
            (Some(_), None) => Err(Error::usage(format!("{ID} is set, but not {SECRET}"))),
            (None, Some(_)) => Err(Error::usage(format!("{SECRET} is set, but not {ID}"))),
        }
    }
}
