use core::fmt;

/// Why a guard or a store could not be made.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ConfigError {
    /// The address of a store cannot be read. It is not shown: it may hold a password.
    AddressInvalid {
        /// One that could be.
        example: &'static str,
    },
    /// The file that an address names with `sslrootcert` cannot be read, or holds no certificate.
    AuthoritiesInvalid,
    /// The deadline of the handler is zero.
    DeadlineZero,
    /// A store was made outside of a runtime of tokio.
    RuntimeMissing,
    /// The address of a store does not begin with a known scheme, or the feature for it is off.
    SchemeUnknown,
    /// The time limit for a call to the store is zero, or longer than 5 s. A claim ends 10 s after the deadline of its
    /// handler, and has to be settled before.
    StoreDeadlineInvalid,
    /// An address asks for TLS without a check of the certificate, or for TLS that an attacker in the
    /// network could turn off.
    TlsUnsafe,
    /// An address of another machine does not say whether to encrypt.
    TlsUnsaid,
    /// A sender signs neither an id nor a time, and no window is named for it.
    WindowMissing {
        /// Its name.
        sender: &'static str,
    },
}

#[cfg(feature = "postgres")]
impl ConfigError {
    /// What is wrong with the address of a server, which is to be such as an example.
    pub(crate) const fn of_address(
        error: verify_connect::AddressError,
        example: &'static str,
    ) -> Self {
        use verify_connect::AddressError;

        match error {
            AddressError::AuthoritiesInvalid => Self::AuthoritiesInvalid,
            AddressError::TlsUnsafe => Self::TlsUnsafe,
            AddressError::TlsUnsaid => Self::TlsUnsaid,
            _ => Self::AddressInvalid { example },
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AddressInvalid { example } => write!(
                f,
                "address of the store cannot be read, and is not shown because it may hold a password: write it like `{example}`"
            ),
            Self::RuntimeMissing => f.write_str(
                "no runtime of tokio: make the store within one, such as in `#[tokio::main]`",
            ),
            Self::SchemeUnknown => f.write_str(
                "names no store that is built in: it is `memory`, `sqlite:PATH`, `postgres://...` or `redis://...`",
            ),
            Self::AuthoritiesInvalid => f.write_str(
                "`sslrootcert` in the address of the store has to name a file that can be read and holds certificates in PEM",
            ),
            Self::TlsUnsafe => f.write_str(
                "address of the store asks for TLS that an attacker on the network can turn off: write `sslmode=verify-full` \
                 (PostgreSQL) or `rediss://` without `#insecure` (Redis), with `sslrootcert=FILE` for an authority of your own",
            ),
            Self::TlsUnsaid => f.write_str(
                "address of the store does not say whether to encrypt: add `?sslmode=verify-full`, \
                 or `?sslmode=disable` for a network that nobody else is in",
            ),
            Self::StoreDeadlineInvalid => f.write_str(
                "`store_deadline` has to be more than zero and at most 5 s: \
                 a claim ends 10 s after the deadline of its handler, and has to be settled before",
            ),
            Self::DeadlineZero => f.write_str("`deadline` is zero, so no handler could run"),
            Self::WindowMissing { sender } => write!(
                f,
                "sender `{sender}` signs neither an id nor a time, so equal bodies are taken for one delivery: \
                 name for how long with `Builder::window`"
            ),
        }
    }
}

impl core::error::Error for ConfigError {}
