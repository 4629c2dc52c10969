//! TLS as libpq's `sslmode` means it: how far the server's certificate is looked at.

use crate::SslMode;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use std::path::Path;
use std::sync::Arc;
use task::tls::{provider, roots};
use task::{Context, Error, Result};
use tokio_postgres_rustls::MakeRustlsConnect;

/// None for `disable`.
pub(crate) fn connector(mode: SslMode, root: Option<&Path>) -> Result<Option<MakeRustlsConnect>> {
    let root = root.filter(|path| !path.as_os_str().is_empty() && *path != Path::new("system"));
    let verifier = match (mode, root) {
        (SslMode::Disable, _) => return Ok(None),
        (SslMode::Prefer, _) | (SslMode::Require, None) => Verifier::blind(),
        // As in libpq, who names a root certificate wants it to count.
        (SslMode::Require | SslMode::VerifyCa, _) => Verifier::new(root, false)?,
        (SslMode::VerifyFull, _) => Verifier::new(root, true)?,
    };
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .failed(|| "cannot set up TLS".to_owned())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(Some(MakeRustlsConnect::new(config)))
}

/// Looks at the chain (or not) and at the name (or not).
#[derive(Debug)]
struct Verifier {
    /// None: any certificate will do, as with libpq's `require`.
    chain: Option<Arc<WebPkiServerVerifier>>,
    name: bool,
    /// A server whose own self-signed certificate is the root that the user gave.
    trusted: Vec<CertificateDer<'static>>,
}

impl Verifier {
    fn blind() -> Self {
        Self { chain: None, name: false, trusted: Vec::new() }
    }

    fn new(root: Option<&Path>, name: bool) -> Result<Self> {
        let trusted = root.map(certificates).transpose()?.unwrap_or_default();
        let roots = match root {
            None => Arc::new(roots()?),
            Some(path) => {
                let mut roots = RootCertStore::empty();
                let (added, _) = roots.add_parsable_certificates(trusted.iter().cloned());
                if added == 0 {
                    return Err(Error::usage(format!(
                        "the root certificate file {} holds no certificate",
                        path.display()
                    )));
                }
                Arc::new(roots)
            }
        };
        let chain = WebPkiServerVerifier::builder_with_provider(roots, provider())
            .build()
            .usage(|| "cannot use the root certificates".to_owned())?;
        Ok(Self { chain: Some(chain), name, trusted })
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .usage(|| format!("cannot read the root certificate file {}", path.display()))
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        server: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(chain) = &self.chain else { return Ok(ServerCertVerified::assertion()) };
        if self.trusted.iter().any(|trusted| trusted == server) {
            if self.name {
                rustls::client::verify_server_name(&ParsedCertificate::try_from(server)?, name)?;
            }
            return Ok(ServerCertVerified::assertion());
        }
        match chain.verify_server_cert(server, intermediates, name, ocsp, now) {
            // The name is looked at last: the chain is good.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.name => Ok(ServerCertVerified::assertion()),
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        server: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        match &self.chain {
            Some(chain) => chain.verify_tls12_signature(message, server, signature),
            None => Ok(HandshakeSignatureValid::assertion()),
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        server: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        match &self.chain {
            Some(chain) => chain.verify_tls13_signature(message, server, signature),
            None => Ok(HandshakeSignatureValid::assertion()),
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}
