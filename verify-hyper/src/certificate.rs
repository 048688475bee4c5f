//! The certificate of a server.

use core::fmt;
use std::{path::Path, sync::Arc};

use tokio_rustls::rustls::{
    self, ServerConfig,
    crypto::ring,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject as _},
    },
};

use crate::tls::HTTP_2;

const HTTP_1_1: &[u8] = b"http/1.1";

/// Why a certificate cannot be used. The text follows the path of the file.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum CertificateError {
    /// It is the fault of the file with the certificate.
    Certificate(String),
    /// It is the fault of the file with the key.
    Key(String),
}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Certificate(text) | Self::Key(text)) = self;
        f.write_str(text)
    }
}

impl core::error::Error for CertificateError {}

/// Reads a certificate, its intermediate certificates, and its private key, all PEM, for
/// [`Server::serve_tls`](crate::Server::serve_tls).
///
/// # Errors
///
/// [`CertificateError`].
pub fn read_certificate(
    certificate: impl AsRef<Path>,
    key: impl AsRef<Path>,
) -> Result<ServerConfig, CertificateError> {
    let of_certificate = |text: &str| CertificateError::Certificate(text.to_owned());
    let of_key = |text: &str| CertificateError::Key(text.to_owned());
    let chain: Vec<_> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|error| of_certificate(&in_words(error)))?;
    if chain.is_empty() {
        return Err(of_certificate(&in_words(pem::Error::NoItemsFound)));
    }
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| of_key(&in_words(error)))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| of_key("this build has no versions of TLS that are safe"))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => of_key("it is the key of another certificate"),
            rustls::Error::InvalidCertificate(_) => {
                of_certificate("the first certificate is malformed: export it again")
            }
            _ => of_key("no key that can sign: RSA, ECDSA or Ed25519 is needed"),
        })?;
    config.alpn_protocols = vec![HTTP_2.to_vec(), HTTP_1_1.to_vec()];
    Ok(config)
}

/// What is wrong with a file that should be PEM, in our own words.
fn in_words(error: pem::Error) -> String {
    match error {
        pem::Error::Io(error) => format!("the file cannot be read: {error}"),
        pem::Error::NoItemsFound => "it has no certificate or key in PEM".to_owned(),
        pem::Error::MissingSectionEnd { .. } => {
            "it was cut off: a line `-----END ..-----` is missing".to_owned()
        }
        _ => "it is not PEM: text between lines `-----BEGIN ..-----` and `-----END ..-----`"
            .to_owned(),
    }
}
