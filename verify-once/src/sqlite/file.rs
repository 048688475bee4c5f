use core::{fmt, time::Duration};
use std::{
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};
use verify_file::Identity;

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
                if Identity::of(path).ok() != Some(open.identity) {
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
        let cannot_open = |error: io::Error| cannot_open(path, error);
        let path = &verify_file::resolve(path).map_err(cannot_open)?;
        verify_file::check_logs(path).map_err(|(log, error)| self::cannot_open(&log, error))?;
        look(path).map_err(cannot_open)?.then_some(()).ok_or_else(|| {
            unsuitable(path, "is a file of something else, and was left as it is: name another")
        })?;
        let identity = Identity::of(path).map_err(cannot_open)?;
        let connection = connect(path).map_err(|error| meaning(path, &error))?;
        let version: i32 = connection
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .map_err(|error| meaning(path, &error))?;
        if version != VERSION {
            let what = format_args!(
                "was written by another version of this program: its schema is {version}, and this version knows {VERSION}"
            );
            return Err(unsuitable(path, what));
        }
        Ok(Self { connection, identity })
    }
}

/// Makes the file, for its owner alone, if there is none. Returns whether it is a store of this kind.
fn look(path: &Path) -> io::Result<bool> {
    if verify_file::open(path)?.is_none() {
        // Of several processes that find none, one makes it.
        verify_file::make(path, |new| {
            prepare(new).map_err(|error| io::Error::other(meaning(path, &error)))
        })?;
    }
    let Some(file) = verify_file::open(path)? else { return Ok(false) };
    let mut head = Vec::new();
    (&file).take(72).read_to_end(&mut head)?;
    // Where SQLite's format has the application.
    let is_ours = head.get(68..) == Some(&APPLICATION_ID.to_be_bytes());
    if !(is_ours && head.starts_with(b"SQLite format 3\0")) {
        return Ok(false);
    }
    verify_file::close_to_others(&file)?;
    Ok(true)
}

fn prepare(path: &Path) -> rusqlite::Result<()> {
    let mut connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // Nothing is left beside it: what is not whole is deleted.
    connection.pragma_update(None, "journal_mode", "MEMORY")?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(SCHEMA)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(File::PATIENCE)?;
    // With FULL a commit waits for the disk, which WAL alone does not.
    for (pragma, value) in [("journal_mode", "WAL"), ("synchronous", "FULL")] {
        connection.pragma_update(None, pragma, value)?;
    }
    connection.pragma_update(None, "journal_size_limit", 16 * 1024 * 1024)?;
    Ok(connection)
}

fn cannot_open(path: &Path, error: io::Error) -> StoreError {
    let what = |error: &io::Error| format!("cannot be opened: {error}");
    match error.downcast() {
        Ok(error) => error,
        // Somebody has to do something about what is there.
        Err(error)
            if matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput) =>
        {
            unsuitable(path, what(&error))
        }
        Err(error) => unavailable(path, what(&error)),
    }
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
