//! TLS to NATS, by rustls: the certificate of the server and its name are always checked.

use core::error::Error;
use std::{fs, path::Path, sync::Arc};

use tokio_rustls::rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject as _},
};

use super::NatsError;

/// Makes what connections are encrypted with. Without a file: Mozilla's authorities.
pub(super) fn config(file: Option<&Path>) -> Result<ClientConfig, NatsError> {
    let roots = match file {
        Some(file) => authorities(file)?,
        None => webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect(),
    };
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| NatsError::Address("there is no version of TLS"))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

fn authorities(file: &Path) -> Result<RootCertStore, NatsError> {
    let failed = |what| NatsError::File { path: file.to_owned(), what };
    let pem = fs::read(file).map_err(|_| failed("the file cannot be read"))?;
    let invalid = || failed("the file has no certificates of authorities in PEM");
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        roots.add(certificate.map_err(|_| invalid())?).map_err(|_| invalid())?;
    }
    if roots.is_empty() { Err(invalid()) } else { Ok(roots) }
}

/// Says why a connection was not encrypted, if that is what an error is about.
pub(super) fn trouble(error: &(dyn Error + 'static)) -> Option<&'static str> {
    const UNTRUSTED: &str = "shows a certificate that is not trusted: name a file with the certificate of its authority, \
                             `NatsBuilder::authorities`";

    verify_connect::trouble(error, UNTRUSTED)
}
