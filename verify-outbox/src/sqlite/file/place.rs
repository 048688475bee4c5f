use std::{
    io,
    path::{Path, PathBuf},
};

use verify_file::Identity;

use super::{LOCK, beside};
use crate::StoreError;

/// Which files the paths of a store, of its lock and of SQLite's log led to. SQLite goes on to write to one
/// that was moved or deleted, and all of that would be gone after a restart; and without the lock another
/// process may post the same.
pub(crate) struct Place([(PathBuf, Identity); 4]);

impl Place {
    /// Of a store that is open: without a connection there may be no log.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        let place = |path: PathBuf| Identity::of(&path).map(|identity| (path, identity));
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
            Identity::of(path).is_ok_and(|identity| identity == *known)
        };
        match self.0.iter().all(is_there) {
            true => Ok(()),
            false => Err(StoreError::Moved),
        }
    }
}
