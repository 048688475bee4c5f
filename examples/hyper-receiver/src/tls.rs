//! The certificate, and what is spoken behind it.

use std::{path::Path, sync::Arc};

use tokio_rustls::rustls::{
    self, ServerConfig,
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
    let unusable = |variable: &str, path: &Path, what: &str| {
        format!("{variable}: `{}`: {what}", path.display())
    };
    let chain: Vec<_> = CertificateDer::pem_file_iter(certificates)
        .and_then(Iterator::collect)
        .map_err(|error| unusable("TLS_CERTIFICATE_FILE", certificates, &in_words(error)))?;
    if chain.is_empty() {
        let none = in_words(pem::Error::NoItemsFound);
        return Err(unusable("TLS_CERTIFICATE_FILE", certificates, &none));
    }
    let key_der = PrivateKeyDer::from_pem_file(key)
        .map_err(|error| unusable("TLS_KEY_FILE", key, &in_words(error)))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| "TLS: this build has no versions of TLS that are safe".to_owned())?
        .with_no_client_auth()
        .with_single_cert(chain, key_der)
        .map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => {
                unusable("TLS_KEY_FILE", key, "it is the key of another certificate")
            }
            rustls::Error::InvalidCertificate(_) => {
                let what = "the first certificate is malformed: export it again";
                unusable("TLS_CERTIFICATE_FILE", certificates, what)
            }
            _ => unusable(
                "TLS_KEY_FILE",
                key,
                "no key that can sign: RSA, ECDSA or Ed25519 is needed",
            ),
        })?;
    config.alpn_protocols = vec![HTTP_2.to_vec(), HTTP_1_1.to_vec()];
    Ok(config)
}

/// What is wrong with a file that should be PEM, in our own words.
fn in_words(error: pem::Error) -> String {
    match error {
        pem::Error::Io(error) => error.to_string(),
        pem::Error::NoItemsFound => "it has no certificate or key in PEM".to_owned(),
        pem::Error::MissingSectionEnd { .. } => {
            "it was cut off: a line `-----END ..-----` is missing".to_owned()
        }
        _ => "it is not PEM: text between lines `-----BEGIN ..-----` and `-----END ..-----`"
            .to_owned(),
    }
}
