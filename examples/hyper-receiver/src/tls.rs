//! The certificate.

use std::path::Path;

use tokio_rustls::rustls::ServerConfig;
use verify_hyper::{CertificateError, read_certificate};

/// Reads a certificate, its intermediate certificates, and its private key.
pub(crate) fn read(certificates: &Path, key: &Path) -> Result<ServerConfig, String> {
    read_certificate(certificates, key).map_err(|error| {
        let (variable, path) = match &error {
            CertificateError::Key(_) => ("TLS_KEY_FILE", key),
            _ => ("TLS_CERTIFICATE_FILE", certificates),
        };
        format!("{variable}: `{}`: {error}", path.display())
    })
}
