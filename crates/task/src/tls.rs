//! The one TLS provider and the one set of roots, for every connection of every program.
//!
//! The roots are compiled in, because an image `FROM scratch` has none; `SSL_CERT_FILE` adds a
//! company's own.

use crate::{Context, Error, Result};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::path::Path;
use std::sync::Arc;

pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// The public roots, and those in the file that `SSL_CERT_FILE` names.
pub fn roots() -> Result<RootCertStore> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(path) = std::env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty()) {
        add_file(&mut roots, path.as_ref())
            .map_err(|error| Error::usage("SSL_CERT_FILE is of no use").because(error))?;
    }
    Ok(roots)
}

/// Adds the certificates of a PEM file; one that holds none is a mistake.
pub fn add_file(roots: &mut RootCertStore, path: &Path) -> Result<()> {
    let shown = path.display();
    let found = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .usage(|| format!("cannot read certificates from {shown}"))?;
    if found.is_empty() {
        return Err(Error::usage(format!("no certificate in {shown}")));
    }
    for certificate in found {
        roots.add(certificate).usage(|| format!("cannot use a certificate of {shown}"))?;
    }
    Ok(())
}

/// What a client that checks the server's certificate and name against `roots` needs.
pub fn client(roots: RootCertStore) -> Result<ClientConfig> {
    Ok(ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .failed(|| "cannot set up TLS".to_owned())?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Exit;

    #[test]
    fn the_public_roots_are_inside() {
        assert!(roots().unwrap().len() > 100);
    }

    #[test]
    fn a_file_without_certificates_is_refused() {
        let path = std::env::temp_dir().join(format!("roots-{}.pem", std::process::id()));
        std::fs::write(&path, "no certificate here\n").unwrap();
        let error = add_file(&mut RootCertStore::empty(), &path).unwrap_err();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(error.exit(), Exit::Usage);
        assert_eq!(error.to_string(), format!("no certificate in {}", path.display()));
        assert_eq!(
            add_file(&mut RootCertStore::empty(), &path).unwrap_err().exit(),
            Exit::Usage,
            "gone by now"
        );
    }
}
