use core::{fmt, net::SocketAddr};
use std::io;

use super::store::StoreError;

/// Why `verify listen` could not begin.
#[derive(Debug)]
pub(crate) enum ListenError {
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
    /// The page would be open to other machines.
    PageOpen(SocketAddr),
    Random(String),
    Runtime(io::Error),
    /// Two senders have one secret.
    SecretShared([&'static str; 2]),
    Store(StoreError),
    StoreNowhere,
    /// A secret that is printed would be good for other machines.
    TryOutOpen(SocketAddr),
}

impl ListenError {
    /// Says what to do next.
    pub(crate) fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Bind { .. } => {
                "another program may have it: choose an address with `--bind` and `--page`, such \
                 as 127.0.0.1:0 for any port that is free"
            }
            Self::ForwardToItself { .. } => {
                "forward to the address of your handler, or move this one with `--bind` and `--page`"
            }
            Self::PageOpen(_) => {
                "the page shows bodies and tokens to whoever reaches it, and asks for no password; \
                 use `ssh -L` to see it from elsewhere, or add `--dangerous-open-page`"
            }
            Self::SecretShared(_) => {
                "with one secret, a delivery of one sender can be made to pass for one of the \
                 other: give each its own"
            }
            Self::Store(StoreError::File { error, .. })
                if error.kind() == io::ErrorKind::NotFound =>
            {
                "its folder is not there: make it, or name another file with `--store FILE`"
            }
            Self::Store(StoreError::File { .. } | StoreError::InUse { .. }) => {
                "name another file with `--store FILE`"
            }
            Self::Store(StoreError::NotAStore { .. }) => {
                "name a file that is not there with `--store FILE`: it is made"
            }
            Self::Store(StoreError::Damaged(_) | StoreError::Database(_)) => {
                "move the file away, or name another with `--store FILE`"
            }
            Self::StoreNowhere => "name a file with `--store FILE`",
            Self::TryOutOpen(_) => {
                "set a secret, such as MLFLOW_WEBHOOK_SECRET: one that is made for a first try and \
                 printed is for this machine only"
            }
            _ => return None,
        })
    }
}

impl fmt::Display for ListenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bind { option, address, .. } => write!(f, "cannot listen on {option} {address}"),
            Self::ForwardToItself { url, option } => {
                write!(f, "`--forward-to {url}` is the address of {option}")
            }
            Self::PageOpen(address) => {
                write!(f, "`--page {address}` can be reached from other machines")
            }
            Self::Random(error) => write!(f, "no random numbers: {error}"),
            Self::Runtime(_) => f.write_str("cannot start"),
            Self::SecretShared([one, other]) => write!(f, "{one} and {other} have the same secret"),
            Self::Store(error) => error.fmt(f),
            Self::StoreNowhere => f.write_str("there is no home directory to keep deliveries in"),
            Self::TryOutOpen(address) => {
                write!(f, "no secret is set, and `--bind {address}` is open to other machines")
            }
        }
    }
}

impl core::error::Error for ListenError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Bind { error, .. } | Self::Runtime(error) => Some(error),
            _ => None,
        }
    }
}
