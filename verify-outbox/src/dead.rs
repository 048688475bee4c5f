use core::{fmt, time::Duration};
use std::{
    collections::BTreeSet,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use verify_core::UnixTime;

use crate::{
    Delivery, OpenError, StoreError,
    clock::{Millis, millis},
    file, store,
};

/// The postings that nobody works on: those that were given up, and those for destinations that are
/// not configured any more. It may be used while another process posts.
pub struct Unposted {
    connection: Connection,
    configured: BTreeSet<String>,
}

/// A posting that waits for a person.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Stuck {
    /// By which it is named here. Never used twice.
    pub id: i64,
    /// Where it was to go.
    pub destination: String,
    /// Whether the destination is configured still.
    pub is_configured: bool,
    /// Whether it was given up.
    pub is_dead: bool,
    /// Why it failed the last time, if it was tried.
    pub reason: Option<String>,
    /// How often it failed.
    pub failures: u32,
    /// The sender of the delivery.
    pub sender: String,
    /// When the delivery was received.
    pub received_at: UnixTime,
    /// The size of its body.
    pub bytes: u64,
}

impl Unposted {
    /// How long to wait for the process that posts.
    const PATIENCE: Duration = Duration::from_secs(5);

    /// Opens a file that is there. `configured` are the destinations that are posted to.
    ///
    /// # Errors
    ///
    /// There is no such file, or it is not a store that this version knows.
    pub fn open(
        path: &Path,
        configured: impl IntoIterator<Item = String>,
    ) -> Result<Self, OpenError> {
        let path = file::find(path)?;
        let connection = file::connect(&path, Self::PATIENCE)?;
        Ok(Self { connection, configured: configured.into_iter().collect() })
    }

    /// Returns all of them, the oldest first.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn list(&self) -> Result<Vec<Stuck>, StoreError> {
        let mut select = self.connection.prepare_cached(
            "SELECT posting.id, destination, dead, reason, failures, sender, received_at,
                length(body) AS bytes
             FROM posting JOIN delivery ON delivery.id = posting.delivery ORDER BY posting.id",
        )?;
        let rows = select.query_map([], |row| {
            let destination: String = row.get("destination")?;
            let received_at: Millis = row.get("received_at")?;
            Ok(Stuck {
                id: row.get("id")?,
                is_configured: self.configured.contains(&destination),
                destination,
                is_dead: row.get("dead")?,
                reason: row.get("reason")?,
                failures: row.get("failures")?,
                sender: row.get("sender")?,
                received_at: UnixTime::from_secs(received_at.unsigned_abs() / 1000),
                bytes: row.get("bytes")?,
            })
        })?;
        let is_stuck = |row: &rusqlite::Result<Stuck>| {
            row.as_ref().map_or(true, |stuck| stuck.is_dead || !stuck.is_configured)
        };
        Ok(rows.filter(is_stuck).collect::<Result<_, _>>()?)
    }

    /// Returns the delivery that was to be posted. `None`: there is no such posting.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn delivery(&self, id: i64) -> Result<Option<Delivery>, StoreError> {
        Ok(store::delivery_of(&self.connection, id)?)
    }

    /// Lets dead ones be tried again, as if they had just come. Returns how many of them there were.
    ///
    /// # Errors
    ///
    /// None was changed.
    pub fn retry(&mut self, ids: &[i64]) -> Result<usize, StoreError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, millis);
        self.each(ids, |transaction, id| {
            let mut update = transaction.prepare_cached(
                "UPDATE posting SET dead = 0, failures = 0, since = ?1 WHERE id = ?2 AND dead",
            )?;
            Ok(update.execute(params![now, id])? > 0)
        })
    }

    /// Gives postings up for good: those of [`list`](Self::list), and no others. Returns how many of
    /// them there were.
    ///
    /// # Errors
    ///
    /// None was changed.
    pub fn discard(&mut self, ids: &[i64]) -> Result<usize, StoreError> {
        let stuck: BTreeSet<i64> = self.list()?.into_iter().map(|stuck| stuck.id).collect();
        self.each(
            ids,
            |transaction, id| Ok(stuck.contains(&id) && store::discard(transaction, id)?),
        )
    }

    fn each(
        &mut self,
        ids: &[i64],
        change: impl Fn(&Transaction<'_>, i64) -> rusqlite::Result<bool>,
    ) -> Result<usize, StoreError> {
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut changed = 0;
        for id in ids {
            changed += usize::from(change(&transaction, *id)?);
        }
        transaction.commit()?;
        Ok(changed)
    }
}

impl fmt::Debug for Unposted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unposted").field("configured", &self.configured).finish_non_exhaustive()
    }
}
