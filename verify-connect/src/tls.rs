//! TLS by rustls: the certificate of the server and its name are always checked.

use core::{error::Error, fmt};
use std::{fs, io, path::Path, sync::Arc};

use tokio_rustls::rustls::{
    self, CertificateError, RootCertStore,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, pem::PemObject as _},
};

/// What is said of a server that has none.
pub(crate) const NONE: &str = "does not speak TLS, which its address asks for";

/// The text for a certificate that is not trusted, if the address names the authorities.
pub const UNTRUSTED: &str = "shows a certificate that is not trusted: put `sslrootcert=FILE` into its address, a file with the \
                             certificate of its authority in PEM";

/// Why a file with the certificates of authorities is not used.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum AuthoritiesError {
    /// It holds no certificate of an authority, or it also holds something else.
    Invalid,
    /// It cannot be read.
    Unreadable,
}

impl AuthoritiesError {
    /// Returns the text for people. It follows the path of the file.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Invalid => "the file has no certificates of authorities in PEM",
            Self::Unreadable => "the file cannot be read",
        }
    }
}

impl fmt::Display for AuthoritiesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl Error for AuthoritiesError {}

/// Reads a file with the certificates of authorities. Returns the PEM unchanged.
///
/// # Errors
///
/// [`AuthoritiesError`].
pub fn authorities(file: &Path) -> Result<Vec<u8>, AuthoritiesError> {
    read(file).map(|(pem, _)| pem)
}

fn read(file: &Path) -> Result<(Vec<u8>, RootCertStore), AuthoritiesError> {
    let invalid = || AuthoritiesError::Invalid;
    let pem = fs::read(file).map_err(|_| AuthoritiesError::Unreadable)?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        roots.add(certificate.map_err(|_| invalid())?).map_err(|_| invalid())?;
    }
    if roots.is_empty() { Err(invalid()) } else { Ok((pem, roots)) }
}

/// Sets rustls's cryptography provider for the process, unless the program set one. Otherwise rustls panics if
/// a program links two providers and a client asks for the default.
pub fn provide() {
    if CryptoProvider::get_default().is_none() {
        // An error says that somebody else was quicker.
        drop(ring::default_provider().install_default());
    }
}

/// Makes the TLS configuration of a client. It trusts the authorities in a file, or without a file Mozilla's.
///
/// # Errors
///
/// [`AuthoritiesError`].
#[cfg(feature = "tls")]
pub fn client_config(authorities: Option<&Path>) -> Result<rustls::ClientConfig, AuthoritiesError> {
    let roots = match authorities {
        Some(file) => read(file)?.1,
        None => webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect(),
    };
    let provider: Arc<CryptoProvider> = Arc::new(ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        // ring has all of them.
        .map_err(|_| AuthoritiesError::Invalid)?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// Says why a connection was not encrypted, if an error of a client is about that. The text follows the name of the
/// server. `untrusted` is the text for a certificate that is not trusted, such as [`UNTRUSTED`].
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
