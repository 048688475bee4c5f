//! What can become of the store, in words of our own.

use core::fmt;
use std::{borrow::Cow, io, path::PathBuf, sync::Arc};

/// Why the store could not keep or find a delivery.
#[derive(Clone, Debug)]
pub(crate) enum StoreError {
    /// The thread that writes has ended.
    Closed,
    Damaged(String),
    Database(Arc<redb::Error>),
    File {
        path: PathBuf,
        error: Arc<io::Error>,
    },
    InUse {
        path: PathBuf,
    },
    NotAStore {
        path: PathBuf,
    },
}

impl StoreError {
    /// Whether redb does nothing more before the file is opened again.
    pub(super) fn is_final(&self) -> bool {
        matches!(self, Self::Database(error) if matches!(**error, redb::Error::Io(_) | redb::Error::PreviousIo))
    }
}

impl<E: Into<redb::Error>> From<E> for StoreError {
    fn from(error: E) -> Self {
        Self::Database(Arc::new(error.into()))
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("the store is closed"),
            Self::Damaged(what) => {
                write!(f, "the store holds what this program cannot read: {what}")
            }
            Self::Database(error) => write!(f, "the store failed: {}", in_words(error)),
            Self::File { path, error } => write!(f, "the store `{}`: {error}", path.display()),
            Self::InUse { path } => {
                write!(f, "the store `{}` is in use by another `verify listen`", path.display())
            }
            Self::NotAStore { path } => write!(
                f,
                "`{}` is not a store of `verify listen`, and was left as it is",
                path.display()
            ),
        }
    }
}

impl core::error::Error for StoreError {}

/// What redb's own text would say to those who wrote redb.
fn in_words(error: &redb::Error) -> Cow<'static, str> {
    match error {
        redb::Error::Io(error) => return error.to_string().into(),
        redb::Error::Corrupted(_) => "its file is damaged",
        redb::Error::DatabaseAlreadyOpen | redb::Error::LockProtocolMismatch => {
            "another program has its file open"
        }
        redb::Error::PreviousIo => "its file could not be read or written before",
        redb::Error::UpgradeRequired(_) => "an older version of `verify` wrote its file",
        redb::Error::ValueTooLarge(_) => "a delivery is too large for it",
        redb::Error::TableDoesNotExist(_)
        | redb::Error::TableIsMultimap(_)
        | redb::Error::TableTypeMismatch { .. }
        | redb::Error::TypeDefinitionChanged { .. } => {
            "its file does not have the tables of this version of `verify`"
        }
        _ => "what was begun could not be ended",
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::StoreError;

    #[test]
    fn what_redb_finds_is_said_in_words_of_our_own() {
        for (error, text) in [
            (redb::Error::Corrupted("checksum".to_owned()), "its file is damaged"),
            (
                redb::Error::TableDoesNotExist("facts".to_owned()),
                "its file does not have the tables of this version of `verify`",
            ),
            (redb::Error::TransactionPoisoned, "what was begun could not be ended"),
            (redb::Error::UpgradeRequired(2), "an older version of `verify` wrote its file"),
        ] {
            assert_eq!(StoreError::from(error).to_string(), format!("the store failed: {text}"));
        }
    }
}
