use core::fmt;
use std::{collections::BTreeSet, path::Path};

use crate::{Delivery, OpenError, StoreError, Stuck, sqlite::SqliteDesk, store::Desk};

/// The postings that nobody works on: those that were given up, and those for destinations that are
/// not configured any more. It may be used while another process posts.
pub struct Unposted {
    desk: Box<dyn Desk>,
    configured: Vec<String>,
}

impl Unposted {
    /// Opens a file that is there. `configured` are the destinations that are posted to.
    ///
    /// # Errors
    ///
    /// There is no such file, or it is not a store that this version knows.
    pub fn open(
        path: &Path,
        configured: impl IntoIterator<Item = String>,
    ) -> Result<Self, OpenError> {
        Ok(Self::at(SqliteDesk::open(path)?, configured))
    }

    /// The same for a store in PostgreSQL, at an address as [`Outbox::postgres`](crate::Outbox::postgres) takes it.
    ///
    /// # Errors
    ///
    /// As of [`Builder::open`](crate::Builder::open).
    #[cfg(feature = "postgres")]
    pub fn postgres(
        address: &str,
        configured: impl IntoIterator<Item = String>,
    ) -> Result<Self, OpenError> {
        let address = crate::postgres::address(address)?;
        Ok(Self::at(crate::postgres::Postgres::open(&address, None)?, configured))
    }

    fn at(desk: impl Desk + 'static, configured: impl IntoIterator<Item = String>) -> Self {
        Self { desk: Box::new(desk), configured: configured.into_iter().collect() }
    }

    /// Returns all of them, the oldest first.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn list(&self) -> Result<Vec<Stuck>, StoreError> {
        self.desk.list(&self.configured)
    }

    /// Returns the delivery that was to be posted. `None`: there is no such posting.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn delivery(&self, id: i64) -> Result<Option<Delivery>, StoreError> {
        self.desk.delivery(id)
    }

    /// Lets dead ones be tried again, as if they had just come. Returns how many of them there were.
    ///
    /// # Errors
    ///
    /// None was changed.
    pub fn retry(&mut self, ids: &[i64]) -> Result<usize, StoreError> {
        self.desk.retry(ids)
    }

    /// Gives postings up for good: those of [`list`](Self::list), and no others. Returns how many of
    /// them there were.
    ///
    /// # Errors
    ///
    /// None was changed.
    pub fn discard(&mut self, ids: &[i64]) -> Result<usize, StoreError> {
        let stuck: BTreeSet<i64> = self.list()?.into_iter().map(|stuck| stuck.id).collect();
        let ids: Vec<i64> = ids.iter().copied().filter(|id| stuck.contains(id)).collect();
        self.desk.discard(&ids)
    }
}

impl fmt::Debug for Unposted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unposted").field("configured", &self.configured).finish_non_exhaustive()
    }
}
