//! The certificate, and what is spoken behind it.

use std::{path::Path, sync::Arc};

use tokio_rustls::rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject as _},
    },
};

/// What a client chooses HTTP/2 by. One that chooses nothing speaks HTTP/1.1.
pub(crate) const HTTP_2: &[u8] = b"h2";
const HTTP_1_1: &[u8] = b"http/1.1";

/// Reads a certificate with those between it and its authority, and its private key.
pub(crate) fn read(certificates: &Path, key: &Path) -> Result<ServerConfig, String> {
    let unusable = |variable: &str, path: &Path, error: &dyn core::fmt::Display| {
        format!("{variable}: `{}`: {error}", path.display())
    };
    let chain: Vec<_> = CertificateDer::pem_file_iter(certificates)
        .and_then(Iterator::collect)
        .map_err(|error| unusable("TLS_CERTIFICATE_FILE", certificates, &error))?;
    if chain.is_empty() {
        let none = pem::Error::NoItemsFound;
        return Err(unusable("TLS_CERTIFICATE_FILE", certificates, &none));
    }
    let key_der =
        PrivateKeyDer::from_pem_file(key).map_err(|error| unusable("TLS_KEY_FILE", key, &error))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_no_client_auth()
        .with_single_cert(chain, key_der)
        // Such as a key of another certificate.
        .map_err(|error| unusable("TLS_KEY_FILE", key, &error))?;
    config.alpn_protocols = vec![HTTP_2.to_vec(), HTTP_1_1.to_vec()];
    Ok(config)
}
