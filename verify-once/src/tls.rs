//! TLS to a store, by rustls: the certificate of the server and its name are always checked.

use core::error::Error;
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio_rustls::rustls::{
    self, CertificateError, RootCertStore,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, pem::PemObject as _},
};

use crate::ConfigError;

/// An address, and what it says of TLS.
pub(crate) struct Address {
    /// Without that.
    pub(crate) url: String,
    /// `sslmode`.
    pub(crate) mode: Option<String>,
    /// `sslrootcert`: a file with the certificates of authorities.
    pub(crate) authorities: Option<PathBuf>,
    /// The names of all other parameters.
    #[cfg_attr(
        not(any(feature = "redis", test)),
        expect(dead_code, reason = "the client of PostgreSQL refuses what it does not know")
    )]
    pub(crate) others: Vec<String>,
}

impl Address {
    pub(crate) fn read(address: &str) -> Self {
        let (front, fragment) = address.split_once('#').unwrap_or((address, ""));
        let (place, query) = front.split_once('?').unwrap_or((front, ""));
        let (mut mode, mut authorities) = (None, None);
        let (mut kept, mut others) = (Vec::new(), Vec::new());
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            match name {
                "sslmode" => mode = Some(decode(value)),
                "sslrootcert" => authorities = Some(PathBuf::from(decode(value))),
                _ => {
                    kept.push(parameter);
                    others.push(name.to_owned());
                }
            }
        }
        let mut url = place.to_owned();
        for (mark, rest) in [('?', kept.join("&").as_str()), ('#', fragment)] {
            if !rest.is_empty() {
                url.push(mark);
                url.push_str(rest);
            }
        }
        Self { url, mode, authorities, others }
    }
}

/// Undoes percent signs. What cannot be undone stays as it is.
fn decode(text: &str) -> String {
    let mut pieces = text.split('%');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let byte = piece.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte {
            Some(byte) => {
                bytes.push(byte);
                bytes.extend(piece.bytes().skip(2));
            }
            None => {
                bytes.push(b'%');
                bytes.extend(piece.bytes());
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// Reads the authorities of a file, in PEM as it is.
pub(crate) fn authorities(file: &Path) -> Result<(Vec<u8>, RootCertStore), ConfigError> {
    let invalid = || ConfigError::AuthoritiesInvalid;
    let pem = fs::read(file).map_err(|_| invalid())?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        roots.add(certificate.map_err(|_| invalid())?).map_err(|_| invalid())?;
    }
    if roots.is_empty() { Err(invalid()) } else { Ok((pem, roots)) }
}

/// Names the cryptography of the process, unless the program did: otherwise rustls panics where a program links
/// two of them, and a client asks it for the only one.
#[cfg(feature = "redis")]
pub(crate) fn provide() {
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
) -> Result<tokio_rustls::TlsConnector, ConfigError> {
    let roots = match file {
        Some(file) => authorities(file)?.1,
        None => webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect(),
    };
    let provider: Arc<CryptoProvider> = Arc::new(ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| ConfigError::AuthoritiesInvalid)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    Ok(Arc::new(config).into())
}

/// Says why a connection was not encrypted, if that is what an error is about.
pub(crate) fn trouble(error: &(dyn Error + 'static)) -> Option<&'static str> {
    let mut next = Some(error);
    while let Some(error) = next {
        // The client of Redis shares its causes.
        let shared = error.downcast_ref::<Arc<dyn Error + Send + Sync>>();
        let error: &(dyn Error + 'static) = shared.map_or(error, |shared| &**shared);
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        let inner = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>());
        if let Some(error) = inner.or_else(|| error.downcast_ref()) {
            return Some(meaning(error));
        }
        next = error.source();
    }
    None
}

fn meaning(error: &rustls::Error) -> &'static str {
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
        rustls::Error::InvalidCertificate(_) => {
            "shows a certificate that is not trusted: put `sslrootcert=FILE` into its address, a file with the \
             certificate of its authority in PEM"
        }
        rustls::Error::InvalidMessage(_) => "does not speak TLS, which its address asks for",
        _ => "does not agree on TLS",
    }
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn what_an_address_says_of_tls_is_taken_out_of_it() {
        let table = [
            ("a://u:p@h:1/d", "a://u:p@h:1/d", None, None, ""),
            ("a://h?sslmode=require", "a://h", Some("require"), None, ""),
            (
                "a://h?x=1&sslrootcert=%2Fca%20%zz&y#z",
                "a://h?x=1&y#z",
                None,
                Some("/ca %zz"),
                "x,y",
            ),
            ("a://h?sslmode=disable&sslmode=require", "a://h", Some("require"), None, ""),
            ("a://h?SSLMODE=require#", "a://h?SSLMODE=require", None, None, "SSLMODE"),
        ];
        for (address, url, mode, file, others) in table {
            let read = Address::read(address);
            assert_eq!(read.url, url);
            assert_eq!(read.mode.as_deref(), mode, "{address}");
            assert_eq!(read.authorities.as_deref(), file.map(std::path::Path::new), "{address}");
            assert_eq!(read.others.join(","), others);
        }
    }
}
