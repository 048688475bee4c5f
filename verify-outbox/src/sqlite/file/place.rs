use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{LOCK, beside};
use crate::StoreError;

/// Which files the paths of a store, of its lock and of SQLite's log led to. SQLite goes on to write to one
/// that was moved or deleted, and all of that would be gone after a restart; and without the lock another
/// process may post the same.
pub(crate) struct Place([(PathBuf, Identity); 4]);

type Identity = (u64, u64);

impl Place {
    /// Of a store that is open: without a connection there may be no log.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        let place = |path: PathBuf| identity(&path).map(|identity| (path, identity));
        Ok(Self([
            place(path.to_owned())?,
            place(beside(path, LOCK))?,
            place(beside(path, "-wal"))?,
            // By it connections know what is in the log.
            place(beside(path, "-shm"))?,
        ]))
    }

    /// Fails if one of the paths leads to that file no longer.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        let is_there = |(path, known): &(PathBuf, Identity)| {
            identity(path).is_ok_and(|identity| identity == *known)
        };
        match self.0.iter().all(is_there) {
            true => Ok(()),
            false => Err(StoreError::Moved),
        }
    }
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
