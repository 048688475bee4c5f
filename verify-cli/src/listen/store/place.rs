//! The open database. After an I/O error, such as a full disk, redb refuses all work: it has to be
//! opened again.

use std::sync::{PoisonError, RwLock};

use redb::Database;

use super::StoreError;

type Open = dyn Fn() -> Result<Database, StoreError> + Send + Sync;

pub(super) struct Place {
    open: Box<Open>,
    /// `None` after an I/O error, until it can be opened again. Whoever uses it reads the lock.
    database: RwLock<Option<Database>>,
}

impl Place {
    pub(super) fn open(
        open: impl Fn() -> Result<Database, StoreError> + Send + Sync + 'static,
    ) -> Result<Self, StoreError> {
        let database = RwLock::new(Some(open()?));
        Ok(Self { open: Box::new(open), database })
    }

    /// Uses the database, and opens it again before if the last use broke it. May wait for the disk.
    pub(super) fn with<T>(
        &self,
        work: impl FnOnce(&Database) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.reopen()?;
        let outcome = {
            let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
            work(database.as_ref().ok_or(StoreError::Closed)?)
        };
        if outcome.as_ref().is_err_and(StoreError::is_final) {
            // Dropped, it lets go of the file, which only one may have open.
            *self.database.write().unwrap_or_else(PoisonError::into_inner) = None;
        }
        outcome
    }

    fn reopen(&self) -> Result<(), StoreError> {
        if self.database.read().unwrap_or_else(PoisonError::into_inner).is_some() {
            return Ok(());
        }
        let mut database = self.database.write().unwrap_or_else(PoisonError::into_inner);
        // Another may have done it in the meantime.
        if database.is_none() {
            *database = Some((self.open)()?);
        }
        Ok(())
    }
}
