//! How the SDK's requests travel: by the same HTTP client and the same TLS as all else in the
//! house, instead of second ones that the SDK would bring.

use super::idle::{Moved, Received, Sent};
use aws_sdk_s3::config::{HttpClient, RuntimeComponents, SharedHttpClient};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use reqwest::redirect::Policy;
use rustls::RootCertStore;
use std::time::Duration;
use task::{Context, Result, tls};

/// Who does not take a connection in this time is not there.
const CONNECT: Duration = Duration::from_secs(10);

pub(super) fn client(roots: RootCertStore, timeout: Duration) -> Result<SharedHttpClient> {
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(tls::client(roots)?)
        .connect_timeout(CONNECT.min(timeout))
        .tcp_nodelay(true)
        .referer(false)
        // A redirected request would bear a signature that is for another host.
        .redirect(Policy::none())
        .build()
        .failed(|| "cannot set up an HTTP client".to_owned())?;
    Ok(SharedHttpClient::new(Connector { client, idle: timeout }))
}

#[derive(Clone, Debug)]
struct Connector {
    client: reqwest::Client,
    /// How long nothing may move, where the operation does not say.
    idle: Duration,
}

impl HttpClient for Connector {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let idle = settings.read_timeout().unwrap_or(self.idle);
        SharedHttpConnector::new(Self { client: self.client.clone(), idle })
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Self { client, idle } = self.clone();
        HttpConnectorFuture::new(async move {
            let moved = Moved::now();
            let request = request
                .try_into_http1x()
                .map_err(|error| ConnectorError::user(error.into()))?
                .map(|body| reqwest::Body::wrap(Sent::new(body, moved.clone())));
            let request = reqwest::Request::try_from(request)
                .map_err(|error| ConnectorError::user(error.without_url().into()))?;
            let response = moved
                .watch(idle, client.execute(request))
                .await
                .map_err(|idle| ConnectorError::timeout(idle.into()))?
                .map_err(failure)?;
            let response = http::Response::from(response)
                .map(|body| SdkBody::from_body_1_x(Received::new(body, idle)));
            HttpResponse::try_from(response)
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// URLs are left out: a message is about an object, which whoever asked for it names.
fn failure(error: reqwest::Error) -> ConnectorError {
    let error = error.without_url();
    if error.is_timeout() {
        ConnectorError::timeout(error.into())
    } else if error.is_builder() {
        ConnectorError::user(error.into())
    } else {
        ConnectorError::io(error.into())
    }
}
