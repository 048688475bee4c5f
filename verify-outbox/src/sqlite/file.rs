//! The file: who may read it, who may work on it, and what is in it.

mod lock;
mod place;
mod reserve;

use core::time::Duration;
use std::{
    fs::TryLockError,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

pub(crate) use self::{lock::Lock, place::Place, reserve::Reserve};
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

/// Opens what is there, or makes it, and takes the lock that one process at a time has: two would post
/// everything twice. What is no store is left as it is, and gets no files beside it.
pub(crate) fn claim(path: &Path) -> Result<(PathBuf, Lock), OpenError> {
    let path = resolve(path)?;
    // First, where there is one: to open the store and close it would let go of the locks that SQLite
    // has on it for another connection of this process.
    let held = lock(&path, false)?;
    let is_there = look(&path)?;
    verify_file::check_logs(&path).map_err(|(path, error)| match error.kind() {
        io::ErrorKind::InvalidData => OpenError::NotAStore { path },
        _ => trouble(&path, error),
    })?;
    let held = match held {
        Some(held) => held,
        None => lock(&path, true)?.ok_or_else(|| OpenError::InUse { path: path.clone() })?,
    };
    if !is_there {
        verify_file::make(&path, |new| {
            prepare(new).map_err(|error| io::Error::other(StoreError::from(error)))
        })
        .map_err(|error| trouble(&path, error))?;
    }
    Ok((path, held))
}

fn trouble(path: &Path, error: io::Error) -> OpenError {
    OpenError::File { path: path.to_owned(), error }
}

fn resolve(path: &Path) -> Result<PathBuf, OpenError> {
    verify_file::resolve(path).map_err(|error| trouble(path, error))
}

/// Returns where the store is.
///
/// # Errors
///
/// There is none, or a file of something else.
pub(crate) fn find(path: &Path) -> Result<PathBuf, OpenError> {
    let path = resolve(path)?;
    match look(&path)? {
        true => Ok(path),
        false => {
            let none = "there is no store yet: it is made when the program that keeps deliveries in it starts";
            Err(trouble(&path, io::Error::new(io::ErrorKind::NotFound, none)))
        }
    }
}

/// Returns whether there is a store, and closes one that others could read. Says so if there is
/// something else.
fn look(path: &Path) -> Result<bool, OpenError> {
    let file = verify_file::open(path).map_err(|error| trouble(path, error))?;
    let Some(file) = file else { return Ok(false) };
    let head = start::<72>(&file).map_err(|error| trouble(path, error))?;
    // Where SQLite's format has the application.
    let is_ours = head.get(68..) == Some(&APPLICATION_ID.to_be_bytes());
    if !(is_ours && head.starts_with(b"SQLite format 3\0")) {
        return Err(OpenError::NotAStore { path: path.to_owned() });
    }
    verify_file::close_to_others(&file).map_err(|error| trouble(path, error))?;
    Ok(true)
}

/// Reads the first bytes of a file, or all of it.
fn start<const LENGTH: u64>(file: impl io::Read) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    file.take(LENGTH).read_to_end(&mut start)?;
    Ok(start)
}

/// Locks the file beside a store, which is made if it has to be.
fn lock(path: &Path, make: bool) -> Result<Option<Lock>, OpenError> {
    let lock = beside(path, LOCK);
    Lock::take(&lock, make).map_err(|error| match error {
        TryLockError::WouldBlock => OpenError::InUse { path: path.to_owned() },
        TryLockError::Error(error) => trouble(&lock, error),
    })
}

/// Returns the path of a file that belongs to the one at `path`.
fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(extension);
    PathBuf::from(name)
}

/// Connects to a store.
pub(crate) fn connect(path: &Path, patience: Duration) -> Result<Connection, OpenError> {
    let trouble = |error: rusqlite::Error| {
        let path = path.to_owned();
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => OpenError::NotAStore { path },
            _ => OpenError::Store { path, error: StoreError::from(error) },
        }
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    // A link that came there since it was looked at.
    let flags = flags | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connection = Connection::open_with_flags(path, flags).map_err(trouble)?;
    connection.busy_timeout(patience).map_err(trouble)?;
    let number = |pragma| connection.pragma_query_value(None, pragma, |row| row.get(0));
    let number = |pragma| number(pragma).map_err(trouble);
    match (number("application_id")?, number("user_version")?) {
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

/// Makes the tables in an empty file.
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
