use core::fmt;
use std::{io, path::PathBuf};

use rusqlite::ErrorCode;

/// Why the store did not do a call. The delivery was not kept, or it is not known whether it was kept: answer
/// 503, so that the sender tries again.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum StoreError {
    /// More waits to be written than is allowed to wait.
    Busy,
    /// The thread that writes has ended.
    Closed,
    /// SQLite failed, in this way.
    Failed(String),
    /// The file has its largest size, or the disk is full. It recovers by itself once there is room.
    Full,
    /// Another process keeps the file locked.
    Locked,
    /// The file was moved or deleted, or another file is in its place. It recovers by itself if the
    /// file is put back. Otherwise a restart begins with the file that is there.
    Moved,
    /// A newer version of this crate has changed the tables in PostgreSQL.
    Schema {
        /// The version of the tables.
        found: i32,
        /// The version that is known.
        known: i32,
    },
    /// PostgreSQL took too long. It may still do the call.
    TimedOut,
    /// PostgreSQL cannot do it now. It recovers by itself when the server recovers.
    Unavailable(String),
    /// PostgreSQL cannot do it until somebody changes something.
    Unsuitable(&'static str),
}

impl StoreError {
    /// Returns a word for logs and metrics that stays the same.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::Closed => "closed",
            Self::Failed(_) => "failed",
            Self::Full => "full",
            Self::Locked => "locked",
            Self::Moved => "moved",
            Self::Schema { .. } => "schema",
            Self::TimedOut => "timed_out",
            Self::Unavailable(_) => "unavailable",
            Self::Unsuitable(_) => "unsuitable",
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked,
            code => Self::Failed(in_words(code, &error)),
        }
    }
}

/// What SQLite's own text would say to those who wrote SQLite.
fn in_words(code: Option<ErrorCode>, error: &rusqlite::Error) -> String {
    let what = match code {
        Some(ErrorCode::CannotOpen) => "the file, or one beside it, cannot be opened",
        Some(ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch) => {
            "a row does not fit its table"
        }
        Some(ErrorCode::DatabaseCorrupt) => "the file is damaged: move it away, and keep it",
        Some(ErrorCode::NotADatabase) => "the file is not a store any more",
        Some(ErrorCode::OutOfMemory) => "there is not enough memory",
        Some(ErrorCode::PermissionDenied | ErrorCode::ReadOnly) => {
            "the file or its folder is read-only"
        }
        Some(ErrorCode::SystemIoFailure) => "the disk does not read or write",
        Some(ErrorCode::TooBig) => "a row is larger than SQLite allows",
        _ => "the file does not have the tables of a store, or SQLite refused a statement",
    };
    match error.sqlite_error() {
        Some(error) => format!("{what} (SQLite's code {})", error.extended_code),
        None => what.to_owned(),
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => f.write_str("too many writes are waiting"),
            Self::Closed => f.write_str("the store is closed"),
            Self::Failed(what) => write!(f, "the store failed: {what}"),
            Self::Full => f.write_str("the store is full"),
            Self::Locked => f.write_str("the store is locked by another process"),
            Self::Moved => f.write_str("the store was moved or deleted"),
            Self::Schema { found, known } if found < known => write!(
                f,
                "the store has the tables of an older version: its schema is {found}, and {known} is needed; restart this program"
            ),
            Self::Schema { found, known } => write!(
                f,
                "the store was changed by a newer version: its schema is {found}, and this version knows {known}; update this program"
            ),
            Self::TimedOut => f.write_str("the server of the store took too long"),
            Self::Unavailable(what) => write!(f, "the server of the store {what}"),
            Self::Unsuitable(what) => write!(f, "the store cannot be used: {what}"),
        }
    }
}

impl core::error::Error for StoreError {}

/// Why a store could not be opened.
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenError {
    /// The address of a server is malformed, or not safe.
    Address(&'static str),
    /// PostgreSQL does not open it.
    Database {
        /// The hosts and the database.
        place: String,
        /// Why.
        error: StoreError,
    },
    /// The file, or the lock file beside it, could not be made or opened.
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Another process works on it.
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// Another version of this crate wrote it.
    Schema {
        /// The file.
        path: PathBuf,
        /// The version of its schema.
        found: i32,
        /// The version that is known.
        known: i32,
    },
    /// A file of something else.
    NotAStore {
        /// The file.
        path: PathBuf,
    },
    /// SQLite does not open it.
    Store {
        /// The file.
        path: PathBuf,
        /// Why.
        error: StoreError,
    },
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(what) => f.write_str(what),
            Self::Database { place, error } => write!(f, "`{place}`: {error}"),
            Self::File { path, error } => write!(f, "`{}`: {error}", path.display()),
            Self::InUse { path } => write!(f, "`{}` is in use by another process", path.display()),
            Self::Schema { path, found, known } => write!(
                f,
                "`{}` was written by another version: its schema is {found}, and this version knows {known}",
                path.display()
            ),
            Self::NotAStore { path } => {
                write!(f, "`{}` is not a store of this kind, and was left as it is", path.display())
            }
            Self::Store { path, error } => write!(f, "`{}`: {error}", path.display()),
        }
    }
}

impl core::error::Error for OpenError {}
