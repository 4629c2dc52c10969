//! TLS as `--ssl-mode` means it: how far the server's certificate is looked at.

use crate::{MySettings, SslMode};
use mysql_async::{ClientIdentity, SslOpts};
use std::path::{Path, PathBuf};
use task::{Context, Result};

/// None for `disabled`.
pub(crate) fn options(settings: &MySettings) -> Result<Option<SslOpts>> {
    let looked_at = match settings.ssl_mode {
        SslMode::Disabled => return Ok(None),
        SslMode::Preferred | SslMode::Required => false,
        SslMode::VerifyCa | SslMode::VerifyIdentity => true,
    };
    let mut options = SslOpts::default().with_danger_accept_invalid_certs(!looked_at);
    let set = |path: &Option<PathBuf>| path.clone().filter(|path| !path.as_os_str().is_empty());
    if looked_at {
        let authority = set(&settings.ssl_ca);
        let company = std::env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty());
        let file = authority.clone().or(company.map(PathBuf::from));
        let roots = file.as_deref().map(read).transpose()?;
        options = options
            .with_disable_built_in_roots(authority.is_some())
            .with_root_certs(roots.into_iter().map(Into::into).collect())
            // The driver tells a wrong name by a text that rustls does not say any more, and refuses it.
            .with_danger_skip_domain_validation(settings.ssl_mode == SslMode::VerifyCa);
    }
    if let (Some(certificate), Some(key)) = (set(&settings.ssl_cert), set(&settings.ssl_key)) {
        let identity = ClientIdentity::new(read(&certificate)?.into(), read(&key)?.into());
        options = options.with_client_identity(Some(identity));
    }
    Ok(Some(options))
}

/// Here and not by the driver, whose error names no file.
fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).usage(|| format!("cannot read the TLS file {}", path.display()))
}
