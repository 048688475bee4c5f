use core::{fmt, time::Duration};
use std::{
    fs::{self, OpenOptions},
    io::{self, ErrorKind, Read as _},
    path::{Path, PathBuf},
};

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::table::{APPLICATION_ID, SCHEMA, VERSION};
use crate::StoreError;

/// The file of a store, which is opened when it is needed, and again after it failed.
pub(super) struct File {
    path: PathBuf,
    open: Option<Open>,
}

struct Open {
    connection: Connection,
    identity: Identity,
}

/// Which file a path leads to. SQLite goes on to write to one that was moved or deleted, and all of
/// that would be gone after a restart.
type Identity = (u64, u64);

impl File {
    /// How long a commit waits for another process: less than a call may take.
    const PATIENCE: Duration = Duration::from_millis(400);

    pub(super) const fn new(path: PathBuf) -> Self {
        Self { path, open: None }
    }

    /// Returns the connection.
    pub(super) fn connection(&mut self) -> Result<&mut Connection, StoreError> {
        let Self { path, open } = self;
        let open = match open {
            Some(open) => {
                if identity(path).ok() != Some(open.identity) {
                    let what =
                        "was moved or deleted: put it back, or restart to begin with what is there";
                    return Err(unavailable(path, what));
                }
                open
            }
            None => open.insert(Open::new(path)?),
        };
        Ok(&mut open.connection)
    }

    /// Says what an error means, and closes the file after one that may be the connection's.
    pub(super) fn failed(&mut self, error: &rusqlite::Error) -> StoreError {
        let error = meaning(&self.path, error);
        if error != StoreError::Full {
            self.open = None;
        }
        error
    }
}

impl Open {
    fn new(path: &Path) -> Result<Self, StoreError> {
        let cannot_open =
            |error: io::Error| unavailable(path, format_args!("cannot be opened: {error}"));
        look(path).map_err(cannot_open)?.then_some(()).ok_or_else(|| {
            unsuitable(path, "is a file of something else, and was left as it is: name another")
        })?;
        let identity = identity(path).map_err(cannot_open)?;
        let connection = connect(path).map_err(|error| meaning(path, &error))?;
        let version: i32 = connection
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .map_err(|error| meaning(path, &error))?;
        if version != VERSION {
            let what = format_args!(
                "was written by another version of this program: its schema is {version}, and {VERSION} is known"
            );
            return Err(unsuitable(path, what));
        }
        Ok(Self { connection, identity })
    }
}

/// Makes the file, for its owner alone, if there is none. Returns whether it is empty or a store of this kind.
fn look(path: &Path) -> io::Result<bool> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.create_new(true).open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        made => return made.map(|_| true),
    }
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Ok(false);
    }
    let mut head = Vec::new();
    fs::File::open(path)?.take(72).read_to_end(&mut head)?;
    // Where SQLite's format has the application.
    let is_ours = head.get(68..) == Some(&APPLICATION_ID.to_be_bytes());
    Ok(head.is_empty() || (is_ours && head.starts_with(b"SQLite format 3\0")))
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(File::PATIENCE)?;
    // Of several processes that find it empty, one makes the table.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let tables: i32 =
        transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if (version, tables) == (0, 0) {
        transaction.execute_batch(SCHEMA)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction.commit()?;
    // Only now: what is in the log does not stand in the head of the file, by which it is known.
    // With FULL a commit waits for the disk, which WAL alone does not.
    for (pragma, value) in [("journal_mode", "WAL"), ("synchronous", "FULL")] {
        connection.pragma_update(None, pragma, value)?;
    }
    connection.pragma_update(None, "journal_size_limit", 16 * 1024 * 1024)?;
    Ok(connection)
}

/// In words of our own: SQLite's may hold what is in the file.
fn meaning(path: &Path, error: &rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Full,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            unavailable(path, "is locked by another process")
        }
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            unsuitable(path, "is damaged: move it away, and it is made anew")
        }
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly) => {
            unavailable(path, "cannot be written")
        }
        code => {
            let code = code.map_or_else(|| "no code".to_owned(), |code| format!("{code:?}"));
            unavailable(path, format_args!("failed: SQLite says {code}"))
        }
    }
}

fn unavailable(path: &Path, what: impl fmt::Display) -> StoreError {
    StoreError::Unavailable(format!("store of claims `{}` {what}", path.display()))
}

fn unsuitable(path: &Path, what: impl fmt::Display) -> StoreError {
    StoreError::Unsuitable(format!("store of claims `{}` {what}", path.display()))
}

#[cfg(unix)]
fn identity(path: &Path) -> io::Result<Identity> {
    use std::os::unix::fs::MetadataExt as _;

    let metadata = fs::metadata(path)?;
    Ok((metadata.dev(), metadata.ino()))
}

/// Whether it is there: stable Rust has no more.
#[cfg(not(unix))]
fn identity(path: &Path) -> io::Result<Identity> {
    fs::metadata(path).map(|_| (0, 0))
}
