use core::fmt;
use std::io;

use tokio_rustls::rustls::{AlertDescription, CertificateError, Error};

/// Why there is no connection with TLS. An [`io::Error`] of an [`Endpoint`](crate::Endpoint) holds
/// it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum TlsError {
    /// The receiver wants a certificate of the client.
    ClientCertificate,
    /// The certificate has expired.
    Expired,
    /// The certificate is malformed, revoked, or for another purpose.
    Invalid,
    /// What answers does not speak TLS.
    NotTls,
    /// The certificate is not valid yet.
    NotYetValid,
    /// The receiver refused, or supports no safe version of TLS.
    Refused,
    /// No authority that is trusted has signed the certificate.
    UnknownAuthority,
    /// The certificate is for another host.
    WrongName,
}

impl TlsError {
    /// What an error holds, if it is one of TLS.
    #[must_use]
    pub fn of(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref().copied()
    }
}

/// Puts an error of the library in our own words.
pub(in crate::endpoint) fn in_words(error: io::Error) -> io::Error {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(tls) => io::Error::new(error.kind(), TlsError::from(tls)),
        None => error,
    }
}

impl From<&Error> for TlsError {
    fn from(error: &Error) -> Self {
        use CertificateError as Bad;
        match error {
            Error::InvalidCertificate(bad) => match bad {
                Bad::Expired | Bad::ExpiredContext { .. } => Self::Expired,
                Bad::NotValidYet | Bad::NotValidYetContext { .. } => Self::NotYetValid,
                Bad::NotValidForName | Bad::NotValidForNameContext { .. } => Self::WrongName,
                Bad::UnknownIssuer => Self::UnknownAuthority,
                _ => Self::Invalid,
            },
            Error::AlertReceived(AlertDescription::CertificateRequired) => Self::ClientCertificate,
            Error::InvalidMessage(_) => Self::NotTls,
            _ => Self::Refused,
        }
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ClientCertificate => "the receiver wants a certificate of the client",
            Self::Expired => "the receiver's certificate has expired",
            Self::Invalid => "the receiver's certificate is not valid",
            Self::NotTls => "what answers does not speak TLS",
            Self::NotYetValid => {
                "the receiver's certificate is not valid yet: is this machine's clock right?"
            }
            Self::Refused => "TLS could not be agreed upon: both sides need TLS 1.2 or 1.3",
            Self::UnknownAuthority => {
                "the receiver's certificate is not from an authority that is trusted"
            }
            Self::WrongName => "the receiver's certificate is for another host",
        })
    }
}

impl core::error::Error for TlsError {}
