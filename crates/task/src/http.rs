//! The one HTTP client, and how metrics, notices and pings leave the program: briefly, and without their URLs in
//! any log.

use crate::{Context, Error, Result, Secret, tls};
use reqwest::{ClientBuilder, RequestBuilder, Url};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(10);

/// What every client of HTTP begins with: our TLS and roots, and no word about where we come from.
pub fn builder() -> Result<ClientBuilder> {
    Ok(reqwest::Client::builder()
        .tls_backend_preconfigured(tls::client(tls::roots()?)?)
        .user_agent(concat!("nightshift/", env!("CARGO_PKG_VERSION")))
        .referer(false))
}

pub fn built(builder: ClientBuilder) -> Result<reqwest::Client> {
    builder.build().failed(|| "cannot set up an HTTP client".to_owned())
}

#[derive(Clone)]
pub(crate) struct Http(reqwest::Client);

impl Http {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self(built(builder()?.timeout(PATIENCE))?))
    }

    pub(crate) fn get(&self, url: Url) -> RequestBuilder {
        self.0.get(url)
    }

    pub(crate) fn post(&self, url: Url) -> RequestBuilder {
        self.0.post(url)
    }
}

/// Sends it; if that fails, it is a warning. Names the host alone, since paths and queries of such
/// URLs are passwords.
pub(crate) async fn send(what: &str, url: &Url, request: RequestBuilder) {
    let result = request.send().await.and_then(reqwest::Response::error_for_status);
    if let Err(error) = result {
        let host = url.host_str().unwrap_or_default();
        let error =
            Error::failed(format!("cannot send {what} to {host}")).because(error.without_url());
        tracing::warn!("{error:#}");
    }
}

/// The URL in a setting; what is wrong with it is said without showing it.
pub fn url(variable: &str, given: &Secret) -> Result<Url> {
    let url = Url::parse(given.expose().trim()).usage(|| format!("{variable} is not a URL"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Error::usage(format!("{variable} must be an http or https URL")));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_url_is_not_shown() {
        for text in ["hook/T0/s3cret", "ftp://user:s3cret@host/x", "https://s3cret:port:x/"] {
            let error = url("PING_URL", &Secret::from(text)).unwrap_err();
            let text = format!("{error:#}");
            assert!(text.starts_with("PING_URL ") && !text.contains("s3cret"), "{text}");
            assert_eq!(error.exit(), crate::Exit::Usage);
        }
    }
}
