//! The file: who may read it, who may work on it, and what is in it.

mod place;
mod reserve;

use core::time::Duration;
use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

pub(crate) use self::{place::Place, reserve::Reserve};
use crate::{OpenError, StoreError};

/// What the name of the file ends with that is locked beside a store.
const LOCK: &str = ".lock";
/// `verO` in ASCII: by it a store is told from other SQLite files.
const APPLICATION_ID: i32 = 0x7665_724f;
/// Raised with each change of the schema.
const VERSION: i32 = 3;

/// A delivery without a body has arrived wherever it was to go. What has arrived is no longer in
/// `posting`. All times are milliseconds since 1970.
const SCHEMA: &str = "
    CREATE TABLE delivery (
        -- Never used twice, because people name deliveries by it.
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        replay_key BLOB NOT NULL,
        -- Until then another one with this replay key is a repetition.
        known_until INTEGER NOT NULL,
        -- What destinations know it by: the replay key, unless its sender's may be alike.
        key BLOB NOT NULL,
        sender TEXT NOT NULL,
        received_at INTEGER NOT NULL,
        body BLOB
    ) STRICT;
    CREATE INDEX delivery_known ON delivery (replay_key, known_until);
    CREATE INDEX delivery_arrived ON delivery (known_until) WHERE body IS NULL;
    CREATE TABLE posting (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        delivery INTEGER NOT NULL REFERENCES delivery,
        destination TEXT NOT NULL,
        since INTEGER NOT NULL,
        failures INTEGER NOT NULL DEFAULT 0,
        dead INTEGER NOT NULL DEFAULT 0,
        reason TEXT,
        UNIQUE (delivery, destination)
    ) STRICT;
    CREATE INDEX posting_next ON posting (destination, failures / 4, id) WHERE NOT dead;
    CREATE INDEX posting_oldest ON posting (destination, id, since) WHERE NOT dead;
    CREATE INDEX posting_dead ON posting (destination) WHERE dead;
    CREATE TABLE gate (
        destination TEXT PRIMARY KEY,
        open_at INTEGER NOT NULL,
        failures INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
";

/// Makes the file, or closes one that others could read.
pub(crate) fn make_private(path: &Path) -> Result<(), OpenError> {
    let mut options = File::options();
    // An existing one is not opened: to close it again would let go of the locks that SQLite has on
    // it for another connection of this process.
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let made = match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other.map(drop),
    };
    #[cfg(unix)]
    let made = made.and_then(|()| {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        fs::set_permissions(path, mode)
    });
    made.map_err(|error| OpenError::File { path: path.to_owned(), error })
}

/// Takes the lock that one process at a time has. Two would post everything twice.
pub(crate) fn lock(path: &Path) -> Result<File, OpenError> {
    let lock = beside(path, LOCK);
    let trouble = |error| OpenError::File { path: lock.clone(), error };
    let mut options = File::options();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&lock).map_err(trouble)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(error)) => Err(trouble(error)),
    }
}

/// Returns the path of a file that belongs to the one at `path`.
fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(extension);
    PathBuf::from(name)
}

/// Connects to a file that is there, and makes the tables if it is empty.
pub(crate) fn connect(path: &Path, patience: Duration) -> Result<Connection, OpenError> {
    let trouble = |error: rusqlite::Error| {
        let path = path.to_owned();
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => OpenError::NotAStore { path },
            _ => OpenError::Store { path, error: StoreError::from(error) },
        }
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(trouble)?;
    connection.busy_timeout(patience).map_err(trouble)?;
    let found = prepare(&mut connection).map_err(trouble)?;
    match found {
        (APPLICATION_ID, VERSION) => {}
        (APPLICATION_ID, found) => {
            return Err(OpenError::Schema { path: path.to_owned(), found, known: VERSION });
        }
        _ => return Err(OpenError::NotAStore { path: path.to_owned() }),
    }
    // With FULL a commit waits for the disk, which WAL alone does not.
    for (pragma, value) in [("journal_mode", "WAL"), ("synchronous", "FULL")] {
        connection.pragma_update(None, pragma, value).map_err(trouble)?;
    }
    // What a burst made of it is given back.
    connection.pragma_update(None, "journal_size_limit", 16 * 1024 * 1024).map_err(trouble)?;
    Ok(connection)
}

/// Makes the tables in an empty file. Returns the application and the version that it is of.
fn prepare(connection: &mut Connection) -> rusqlite::Result<(i32, i32)> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let is_empty: bool =
        transaction
            .query_row("SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)", [], |row| row.get(0))?;
    if is_empty {
        transaction.execute_batch(SCHEMA)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    let number = |pragma| transaction.pragma_query_value(None, pragma, |row| row.get(0));
    let found = (number("application_id")?, number("user_version")?);
    transaction.commit()?;
    Ok(found)
}
