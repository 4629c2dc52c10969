//! The SDK's client, made from the settings: where S3 is, who asks, and how.

use super::connector;
use super::settings::{Addressing, Checksums, Keys, S3Settings};
use aws_config::BehaviorVersion;
use aws_config::environment::region::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::region::ProfileFileRegionProvider;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::{ReconnectMode, RetryConfig};
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    AppName, Builder, Credentials, Region, RequestChecksumCalculation, ResponseChecksumValidation,
    StalledStreamProtectionConfig,
};
use task::{Context, Error, Result, While, tls};

const DEFAULT_REGION: &str = "us-east-1";

/// The client, and whether it sends checksums with what it writes.
pub(super) async fn client(settings: &S3Settings) -> Result<(Client, bool)> {
    settings.check()?;
    let mut roots = tls::roots()?;
    if let Some(bundle) = settings.s3_ca_bundle.as_ref().filter(|path| !path.as_os_str().is_empty())
    {
        tls::add_file(&mut roots, bundle).during(|| "AWS_CA_BUNDLE is of no use".to_owned())?;
    }
    let http = connector::client(roots, settings.timeout())?;
    let profile = given(settings.s3_profile.as_ref());
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .region(region(settings, profile))
        // Ours watches the connection, and tells a slow line from a dead one.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    if let Some(profile) = profile {
        loader = loader.profile_name(profile);
    }
    let keys = match &settings.s3_keys {
        Some(keys) => Some(keys.clone()),
        None => Keys::given()?,
    };
    if let Some(Keys { id, secret, token }) = keys {
        let token = token.map(|token| token.expose().to_owned());
        loader = loader.credentials_provider(Credentials::new(
            id.expose(),
            secret.expose(),
            token,
            None,
            "environment",
        ));
    }
    let shared = loader.load().await;
    let endpoint =
        given(settings.s3_endpoint_url.as_ref()).or(shared.endpoint_url()).map(str::to_owned);
    let elsewhere = endpoint.is_some();
    let request_checksums = or_safest(settings.s3_request_checksums, elsewhere);
    let mut builder = Builder::from(&shared)
        // The house tries again by itself, within --wait.
        // Our HTTP closes its connections by itself; the SDK would log that it cannot.
        .retry_config(
            RetryConfig::disabled().with_reconnect_mode(ReconnectMode::ReuseAllConnections),
        )
        .timeout_config(TimeoutConfig::builder().read_timeout(settings.timeout()).build())
        .force_path_style(match settings.s3_addressing {
            Addressing::Auto => elsewhere,
            Addressing::Path => true,
            Addressing::Virtual => false,
        })
        .request_checksum_calculation(match request_checksums {
            Checksums::WhenSupported => RequestChecksumCalculation::WhenSupported,
            Checksums::WhenRequired => RequestChecksumCalculation::WhenRequired,
        })
        .response_checksum_validation(match or_safest(settings.s3_response_checksums, elsewhere) {
            Checksums::WhenSupported => ResponseChecksumValidation::WhenSupported,
            Checksums::WhenRequired => ResponseChecksumValidation::WhenRequired,
        })
        .app_name(AppName::new("nightshift").failed(|| "no name for this program".to_owned())?);
    if let Some(endpoint) = endpoint {
        check_endpoint(&endpoint)?;
        builder = builder.endpoint_url(endpoint);
    }
    Ok((Client::from_conf(builder.build()), request_checksums == Checksums::WhenSupported))
}

/// What is empty is as good as not given: an unused variable of a pod.
fn given(setting: Option<&String>) -> Option<&str> {
    setting.map(String::as_str).filter(|text| !text.is_empty())
}

/// At AWS, buckets with object lock want checksums, and all take them. Others (R2, B2, OVH, MinIO
/// before 2025) refuse some of them, and lose nothing: every request is signed with the sha256 of
/// what it brings, and every backup is read back and compared by its own.
fn or_safest(given: Option<Checksums>, elsewhere: bool) -> Checksums {
    given.unwrap_or(if elsewhere { Checksums::WhenRequired } else { Checksums::WhenSupported })
}

/// Not asked of the instance, as the SDK would: where there is none, that takes long.
fn region(settings: &S3Settings, profile: Option<&str>) -> RegionProviderChain {
    let mut file = ProfileFileRegionProvider::builder();
    if let Some(profile) = profile {
        file = file.profile_name(profile);
    }
    RegionProviderChain::first_try(
        given(settings.s3_region.as_ref()).map(|region| Region::new(region.to_owned())),
    )
    .or_else(EnvironmentVariableRegionProvider::new())
    .or_else(file.build())
    .or_else(Region::from_static(DEFAULT_REGION))
}

fn check_endpoint(url: &str) -> Result<()> {
    let why = match reqwest::Url::parse(url) {
        Ok(parsed) if !matches!(parsed.scheme(), "http" | "https") => "is no http or https URL",
        Ok(parsed) if !parsed.username().is_empty() || parsed.password().is_some() => {
            "holds credentials, which belong into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        }
        Ok(_) => return Ok(()),
        Err(_) => "is not a URL",
    };
    Err(Error::usage(format!("the endpoint of S3 {why}: write it like https://s3.example.com")))
}
