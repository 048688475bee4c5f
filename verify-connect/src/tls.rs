//! TLS by rustls: the certificate of the server and its name are always checked.

use core::error::Error;
use std::{fs, io, path::Path, sync::Arc};

use tokio_rustls::rustls::{
    self, CertificateError, RootCertStore,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, pem::PemObject as _},
};

use crate::AddressError;

/// What is said of a server that has none.
pub(crate) const NONE: &str = "does not speak TLS, which its address asks for";

/// What is said of a certificate that nobody trusts, where the address names the authorities.
pub const UNTRUSTED: &str = "shows a certificate that is not trusted: put `sslrootcert=FILE` into its address, a file with the \
                             certificate of its authority in PEM";

/// Reads a file with the certificates of authorities. Returns it in PEM as it is.
///
/// # Errors
///
/// [`AddressError::AuthoritiesInvalid`].
pub fn authorities(file: &Path) -> Result<Vec<u8>, AddressError> {
    read(file).map(|(pem, _)| pem)
}

fn read(file: &Path) -> Result<(Vec<u8>, RootCertStore), AddressError> {
    let invalid = || AddressError::AuthoritiesInvalid;
    let pem = fs::read(file).map_err(|_| invalid())?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        roots.add(certificate.map_err(|_| invalid())?).map_err(|_| invalid())?;
    }
    if roots.is_empty() { Err(invalid()) } else { Ok((pem, roots)) }
}

/// Names the cryptography of the process, unless the program did: otherwise rustls panics where a program links
/// two of them, and a client asks it for the only one.
pub fn provide() {
    if CryptoProvider::get_default().is_none() {
        // An error says that somebody else was quicker.
        drop(ring::default_provider().install_default());
    }
}

/// Makes what connections are encrypted with. Without a file: Mozilla's authorities.
#[cfg(feature = "postgres")]
pub(crate) fn connector(
    file: Option<&Path>,
    protocol: &[u8],
) -> Result<tokio_rustls::TlsConnector, AddressError> {
    let roots = match file {
        Some(file) => read(file)?.1,
        None => webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect(),
    };
    let provider: Arc<CryptoProvider> = Arc::new(ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| AddressError::AuthoritiesInvalid)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    Ok(Arc::new(config).into())
}

/// Says why a connection was not encrypted, if that is what an error of a client is about. The words go on after the
/// name of the server. `untrusted` is said of a certificate that nobody trusts, such as [`UNTRUSTED`].
#[must_use]
pub fn trouble(error: &(dyn Error + 'static), untrusted: &'static str) -> Option<&'static str> {
    let mut next = Some(error);
    while let Some(error) = next {
        // The client of Redis shares its causes.
        let shared = error.downcast_ref::<Arc<dyn Error + Send + Sync>>();
        let error: &(dyn Error + 'static) = shared.map_or(error, |shared| &**shared);
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        let inner = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>());
        if let Some(error) = inner.or_else(|| error.downcast_ref()) {
            return Some(meaning(error, untrusted));
        }
        next = error.source();
    }
    None
}

fn meaning(error: &rustls::Error, untrusted: &'static str) -> &'static str {
    use CertificateError as Certificate;

    match error {
        rustls::Error::InvalidCertificate(
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. },
        ) => "shows a certificate of another name than its address has",
        rustls::Error::InvalidCertificate(
            Certificate::Expired
            | Certificate::ExpiredContext { .. }
            | Certificate::NotValidYet
            | Certificate::NotValidYetContext { .. },
        ) => "shows a certificate that has expired, or is not valid yet",
        rustls::Error::InvalidCertificate(_) => untrusted,
        rustls::Error::InvalidMessage(_) => NONE,
        _ => "does not agree on TLS",
    }
}
