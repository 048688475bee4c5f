mod anybody;
mod error;

use std::{io, sync::Arc};

use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName, pem::PemObject as _},
    },
};

use self::anybody::Anybody;
pub use self::error::TlsError;
pub(super) use self::error::in_words;
use super::UrlError;

/// Whom to expect behind a connection, and whom to believe that it is them.
#[derive(Clone)]
pub(super) struct Tls {
    name: ServerName<'static>,
    authorities: RootCertStore,
    is_verified: bool,
}

impl Tls {
    pub(super) fn new(host: &str) -> Result<Self, UrlError> {
        // An address of IPv6 has brackets in a URL, and none in a certificate.
        let name = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self {
            name: ServerName::try_from(name).map_err(|_| UrlError::Malformed)?,
            authorities: webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect(),
            is_verified: true,
        })
    }

    pub(super) fn with_authority(mut self, pem: &[u8]) -> Result<Self, UrlError> {
        let count = self.authorities.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|_| UrlError::Certificates)?;
            self.authorities.add(certificate).map_err(|_| UrlError::Certificates)?;
        }
        if self.authorities.len() == count { Err(UrlError::Certificates) } else { Ok(self) }
    }

    pub(super) fn without_verification(mut self) -> Self {
        self.is_verified = false;
        self
    }

    pub(super) async fn connect(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        // Named, because another crate of the build may bring a second one.
        let provider = Arc::new(ring::default_provider());
        let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?;
        let config = if self.is_verified {
            config.with_root_certificates(self.authorities.clone())
        } else {
            config.dangerous().with_custom_certificate_verifier(Arc::new(Anybody(provider)))
        };
        let config = config.with_no_client_auth();
        let connecting = TlsConnector::from(Arc::new(config)).connect(self.name.clone(), stream);
        connecting.await.map_err(in_words)
    }
}
