use core::fmt;

use super::StoreError;

/// Why an emulated workspace cannot be started.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// Nothing can listen at the address.
    Bind(std::io::Error),
    /// The certificates of authorities are not PEM, or none of them can be used.
    Certificates,
    /// The address can be reached from other machines, and this was not allowed.
    NotLoopback,
    /// The store cannot be used.
    Store(StoreError),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bind(_) => f.write_str("cannot listen at the address"),
            Self::Certificates => f.write_str("no certificate of an authority in PEM"),
            Self::NotLoopback => f.write_str(
                "the address can be reached from other machines: the emulator has no TLS, so the token, \
                 the secrets and the bodies would cross the network in the clear",
            ),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for StartError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Bind(error) => Some(error),
            Self::Store(error) => error.source(),
            Self::Certificates | Self::NotLoopback => None,
        }
    }
}
