//! The open database. After an I/O error, such as a full disk, redb refuses all work: it has to be
//! opened again.

use std::sync::{PoisonError, RwLock};

use redb::Database;

use super::StoreError;

type Open = dyn Fn() -> Result<Database, StoreError> + Send + Sync;

pub(crate) struct Place {
    open: Box<Open>,
    /// Whoever uses it reads the lock.
    state: RwLock<State>,
}

enum State {
    /// An I/O error broke it: it is opened again before it is used again.
    Broken,
    /// For good.
    Closed,
    Open(Database),
}

impl Place {
    pub(crate) fn open(
        open: impl Fn() -> Result<Database, StoreError> + Send + Sync + 'static,
    ) -> Result<Self, StoreError> {
        let state = RwLock::new(State::Open(open()?));
        Ok(Self { open: Box::new(open), state })
    }

    /// Uses the database, and opens it again before if the last use broke it. May wait for the disk.
    pub(crate) fn with<T>(
        &self,
        work: impl FnOnce(&Database) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.reopen()?;
        let outcome = match &*self.state.read().unwrap_or_else(PoisonError::into_inner) {
            State::Open(database) => work(database),
            State::Broken | State::Closed => return Err(StoreError::Closed),
        };
        if outcome.as_ref().is_err_and(StoreError::is_final) {
            // Dropped, it lets go of the file, which only one may have open.
            let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
            if matches!(*state, State::Open(_)) {
                *state = State::Broken;
            }
        }
        outcome
    }

    /// Waits for who uses the database, and closes it for good.
    pub(crate) fn close(&self) {
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = State::Closed;
    }

    fn reopen(&self) -> Result<(), StoreError> {
        if !matches!(*self.state.read().unwrap_or_else(PoisonError::into_inner), State::Broken) {
            return Ok(());
        }
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        // Another may have done it in the meantime.
        if matches!(*state, State::Broken) {
            *state = State::Open((self.open)()?);
        }
        Ok(())
    }
}
