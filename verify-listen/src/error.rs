use core::{fmt, net::SocketAddr};
use std::{io, path::PathBuf};

use verify_axum::ConfigError;

use crate::store::StoreError;

/// Why `verify listen` could not begin.
#[derive(Debug)]
pub struct ListenError(Kind);

#[derive(Debug)]
pub(crate) enum Kind {
    Bind {
        option: &'static str,
        address: SocketAddr,
        error: io::Error,
    },
    /// Deliveries would be forwarded to where they come from.
    ForwardToItself {
        url: String,
        option: &'static str,
    },
    /// A secret or a token is no good.
    Config(ConfigError),
    /// The page would be open to other machines.
    PageOpen(SocketAddr),
    Random(String),
    Runtime(io::Error),
    /// Two senders have one secret.
    SecretShared([&'static str; 2]),
    /// The secrets that were made cannot be kept.
    Secrets {
        path: PathBuf,
        error: io::Error,
    },
    Store(StoreError),
    StoreNowhere,
    /// A secret that is printed would be good for other machines.
    TryOutOpen(SocketAddr),
}

impl ListenError {
    /// Says what to do next, in the options of the command.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        Some(match &self.0 {
            Kind::Bind { .. } => {
                "another program may have it: choose an address with `--bind` and `--page`, such \
                 as 127.0.0.1:0 for any port that is free"
            }
            Kind::ForwardToItself { .. } => {
                "forward to the address of your handler, or move this one with `--bind` and `--page`"
            }
            Kind::PageOpen(_) => {
                "the page shows bodies and tokens to whoever reaches it, and asks for no password; \
                 use `ssh -L` to see it from elsewhere, or add `--dangerous-open-page`"
            }
            Kind::SecretShared(_) => {
                "with one secret, a delivery of one sender can be made to pass for one of the \
                 other: give each its own"
            }
            Kind::Secrets { .. } => {
                "move the file away, or set a secret, such as MLFLOW_WEBHOOK_SECRET: then none is made"
            }
            Kind::Store(StoreError::File { error, .. })
                if error.kind() == io::ErrorKind::NotFound =>
            {
                "its folder is not there: make it, or name another file with `--store FILE`"
            }
            Kind::Store(StoreError::File { .. } | StoreError::InUse { .. }) => {
                "name another file with `--store FILE`"
            }
            Kind::Store(StoreError::NotAStore { .. }) => {
                "name a file that is not there with `--store FILE`: it is made"
            }
            Kind::Store(StoreError::Damaged(_) | StoreError::Database(_)) => {
                "move the file away, or name another with `--store FILE`"
            }
            Kind::StoreNowhere => "name a file with `--store FILE`",
            Kind::TryOutOpen(_) => {
                "set a secret, such as MLFLOW_WEBHOOK_SECRET: one that is made for a first try and \
                 printed is for this machine only"
            }
            _ => return None,
        })
    }

    /// Returns the mistake in a secret or a token, if that is the reason.
    #[must_use]
    pub const fn config(&self) -> Option<&ConfigError> {
        match &self.0 {
            Kind::Config(error) => Some(error),
            _ => None,
        }
    }
}

impl From<Kind> for ListenError {
    fn from(kind: Kind) -> Self {
        Self(kind)
    }
}

impl From<ConfigError> for ListenError {
    fn from(error: ConfigError) -> Self {
        Self(Kind::Config(error))
    }
}

impl fmt::Display for ListenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Bind { option, address, .. } => write!(f, "cannot listen on {option} {address}"),
            Kind::Config(error) => error.fmt(f),
            Kind::ForwardToItself { url, option } => {
                write!(f, "`--forward-to {url}` is the address of {option}")
            }
            Kind::PageOpen(address) => {
                write!(f, "`--page {address}` can be reached from other machines")
            }
            Kind::Random(error) => write!(f, "no random numbers: {error}"),
            Kind::Runtime(_) => f.write_str("cannot start"),
            Kind::SecretShared([one, other]) => write!(f, "{one} and {other} have the same secret"),
            Kind::Secrets { path, .. } => write!(f, "cannot keep secrets in `{}`", path.display()),
            Kind::Store(error) => error.fmt(f),
            Kind::StoreNowhere => f.write_str("there is no home directory to keep deliveries in"),
            Kind::TryOutOpen(address) => {
                write!(f, "no secret is set, and `--bind {address}` is open to other machines")
            }
        }
    }
}

impl core::error::Error for ListenError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match &self.0 {
            Kind::Bind { error, .. } | Kind::Runtime(error) | Kind::Secrets { error, .. } => {
                Some(error)
            }
            _ => None,
        }
    }
}
