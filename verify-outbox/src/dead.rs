use core::fmt;
use std::{collections::BTreeSet, path::Path};

use crate::{Delivery, OpenError, StoreError, Stuck, sqlite::SqliteDesk, store::Desk};

/// The postings that nobody works on: postings that were given up, and postings for destinations
/// that are not configured any more. You may use it while another process posts.
pub struct Unposted {
    desk: Box<dyn Desk>,
    configured: Vec<String>,
}

impl Unposted {
    /// Opens an existing file. `configured` are the destinations in use.
    ///
    /// # Errors
    ///
    /// There is no such file, or this version does not know its format.
    pub fn open(
        path: &Path,
        configured: impl IntoIterator<Item = String>,
    ) -> Result<Self, OpenError> {
        Ok(Self::at(SqliteDesk::open(path)?, configured))
    }

    /// The same for a store in PostgreSQL. The address has the form of
    /// [`Outbox::postgres`](crate::Outbox::postgres).
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

    /// Returns the delivery of a posting. `None`: there is no such posting.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn delivery(&self, id: i64) -> Result<Option<Delivery>, StoreError> {
        self.desk.delivery(id)
    }

    /// Makes dead postings be tried again, as if they had just come. Returns how many there were.
    ///
    /// # Errors
    ///
    /// None was changed.
    pub fn retry(&mut self, ids: &[i64]) -> Result<usize, StoreError> {
        self.desk.retry(ids)
    }

    /// Deletes postings for good: only postings of [`list`](Self::list). Returns how many there
    /// were.
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
