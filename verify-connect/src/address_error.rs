use core::fmt;

/// Why an address is not used. The text is for PostgreSQL, and contains nothing of the address.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum AddressError {
    /// The file that `sslrootcert` names cannot be read, or holds no certificate.
    AuthoritiesInvalid,
    /// It cannot be read.
    Invalid,
    /// It asks for TLS without a check of the certificate, or for TLS that an attacker in the
    /// network could turn off.
    TlsUnsafe,
    /// It is on another machine, and the address does not say whether to encrypt.
    TlsUnsaid,
}

impl AddressError {
    /// Returns what to tell people.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::AuthoritiesInvalid => {
                "`sslrootcert` in the address of PostgreSQL has to name a file that can be read and holds certificates \
                 in PEM"
            }
            Self::Invalid => {
                "the address of PostgreSQL is not one such as `postgres://user:password@host:5432/database`"
            }
            Self::TlsUnsafe => {
                "the address of PostgreSQL asks for TLS that an attacker on the network can turn off: write \
                 `sslmode=verify-full`, with `sslrootcert=FILE` for an authority of your own"
            }
            Self::TlsUnsaid => {
                "the address of PostgreSQL does not say whether to encrypt: add `?sslmode=verify-full`, or \
                 `?sslmode=disable` for a network that nobody else is in"
            }
        }
    }
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl core::error::Error for AddressError {}
