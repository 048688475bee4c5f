//! TLS: whom to believe, and what a failed greeting means.

use core::fmt;
use std::{fs, io, path::Path, sync::Arc};

use tokio_rustls::rustls::{
    self, AlertDescription, CertificateError, ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};

use super::{CertificateProblem, Trouble};
use crate::SettingsError;

/// Which authorities to trust, and which certificate to show. By default: Mozilla's authorities,
/// and no certificate.
#[derive(Default)]
pub struct Certificates {
    authorities: Vec<CertificateDer<'static>>,
    own: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
}

impl Certificates {
    /// Trusts the authorities in a PEM file as well.
    ///
    /// # Errors
    ///
    /// [`SettingsError::Certificates`].
    pub fn with_authorities(mut self, path: &Path) -> Result<Self, SettingsError> {
        self.authorities.extend(certificates(path)?);
        Ok(self)
    }

    /// Shows the certificate in a PEM file, which must also hold its key.
    ///
    /// # Errors
    ///
    /// [`SettingsError::Certificates`].
    pub fn with_own(mut self, path: &Path) -> Result<Self, SettingsError> {
        let unfit = || SettingsError::Certificates { path: path.into() };
        let key = PrivateKeyDer::from_pem_file(path).map_err(|_| unfit())?;
        self.own = Some((certificates(path)?, key));
        Ok(self)
    }

    /// `None`: they cannot be used.
    pub(super) fn config(&self) -> Option<ClientConfig> {
        let mut roots: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
        for authority in &self.authorities {
            roots.add(authority.clone()).ok()?;
        }
        // Named, because another crate of the build may bring a second one.
        let provider = Arc::new(ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .ok()?
            .with_root_certificates(roots);
        match &self.own {
            Some((chain, key)) => config.with_client_auth_cert(chain.clone(), key.clone_key()).ok(),
            None => Some(config.with_no_client_auth()),
        }
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificates")
            .field("authorities", &self.authorities.len())
            .field("has_own", &self.own.is_some())
            .finish()
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, SettingsError> {
    let unfit = || SettingsError::Certificates { path: path.into() };
    let pem = fs::read(path).map_err(|_| unfit())?;
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    read.ok().filter(|read| !read.is_empty()).ok_or_else(unfit)
}

/// What an error of TLS means; `None` where it is of the connection.
pub(super) fn trouble(error: &io::Error) -> Option<Trouble> {
    use CertificateError as Bad;
    let error = error.get_ref()?.downcast_ref::<rustls::Error>()?;
    Some(match error {
        rustls::Error::InvalidCertificate(bad) => Trouble::Certificate(match bad {
            Bad::Expired | Bad::ExpiredContext { .. } => CertificateProblem::Expired,
            Bad::NotValidYet | Bad::NotValidYetContext { .. } => CertificateProblem::NotYetValid,
            Bad::NotValidForName | Bad::NotValidForNameContext { .. } => {
                CertificateProblem::WrongName
            }
            Bad::UnknownIssuer => CertificateProblem::UnknownAuthority,
            _ => CertificateProblem::Invalid,
        }),
        rustls::Error::AlertReceived(
            AlertDescription::CertificateRequired | AlertDescription::HandshakeFailure,
        ) => Trouble::ClientCertificate,
        rustls::Error::InvalidMessage(_) => Trouble::NotTls,
        _ => Trouble::Closed,
    })
}
