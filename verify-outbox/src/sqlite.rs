//! A store in a file of SQLite. One process at a time works on it, which its lock sees to.

mod file;
mod table;
mod writer;

use core::time::Duration;
use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread::{self, JoinHandle},
    time::{SystemTime, UNIX_EPOCH},
};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

use self::{
    file::{Lock, Place, Reserve},
    writer::{Job, Task, Writer},
};
use crate::{
    Delivery, OpenError, StoreError, Stuck, Waiting,
    bell::Bell,
    clock::{Clock, millis},
    policy::Order,
    store::{Arrival, Desk, Due, Held, Pending, Settlement, Store},
};

pub(crate) struct Sqlite {
    /// `None` while it is dropped.
    jobs: Option<mpsc::Sender<Job>>,
    writer: Option<JoinHandle<()>>,
    reader: Mutex<Connection>,
    _lock: Lock,
}

impl Sqlite {
    /// How long the thread that writes waits for another process to let go of the file. A sender
    /// waits as long.
    const PATIENCE: Duration = Duration::from_secs(1);
    const PAGE: u64 = 4096;

    /// Opens a file, which is made if it is not there.
    pub(crate) fn open(
        path: &Path,
        most_bytes: u64,
        clock: Clock,
        bell: Arc<Bell>,
    ) -> Result<Self, OpenError> {
        // What lies beside it lies beside the file that a link leads to.
        let (path, lock) = file::claim(path)?;
        let reserve = Reserve::beside(&path);
        let connect = || file::connect(&path, Self::PATIENCE);
        let has_no_room = |error: &OpenError| {
            // SQLite makes its log anew, and has a word of its own for where that finds no room.
            let OpenError::Store { error, .. } = error else { return false };
            matches!(error, StoreError::Failed(_) | StoreError::Full)
        };
        let connection = match connect() {
            Err(error) if has_no_room(&error) && reserve.release() => connect()?,
            opened => opened?,
        };
        let reader = connect()?;
        let place =
            Place::of(&path).map_err(|error| OpenError::File { path: path.clone(), error })?;
        let writer = Writer {
            connection,
            reserve,
            place,
            clock,
            bell,
            // To SQLite no page at all is no limit.
            most_pages: u32::try_from(most_bytes / Self::PAGE).unwrap_or(u32::MAX).max(1),
        };
        let (jobs, queue) = mpsc::channel();
        let writer = thread::Builder::new()
            .name("outbox-writer".to_owned())
            .spawn(move || writer.run(&queue))
            .map_err(|error| OpenError::File { path, error })?;
        Ok(Self { jobs: Some(jobs), writer: Some(writer), reader: Mutex::new(reader), _lock: lock })
    }

    fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let connection = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(read(&connection)?)
    }

    fn send(&self, task: Task) -> Result<oneshot::Receiver<Result<bool, StoreError>>, StoreError> {
        let (done, outcome) = oneshot::channel();
        let jobs = self.jobs.as_ref().ok_or(StoreError::Closed)?;
        jobs.send(Job { task, done }).map_err(|_| StoreError::Closed)?;
        Ok(outcome)
    }

    async fn write(&self, task: Task) -> Result<bool, StoreError> {
        self.send(task)?.await.map_err(|_| StoreError::Closed)?
    }
}

impl Store for Sqlite {
    fn keep(&self, arrival: Arrival) -> Pending<'_, bool> {
        Box::pin(self.write(Task::Keep(arrival)))
    }

    fn check(&self) -> Pending<'_, ()> {
        Box::pin(async { self.write(Task::Check).await.map(drop) })
    }

    fn waiting(&self) -> Result<Vec<Waiting>, StoreError> {
        self.read(table::waiting)
    }

    fn hold(&self, destination: &str, _: Order) -> Result<Option<Held>, StoreError> {
        let gate = self.read(|connection| table::gate(connection, destination))?;
        Ok(Some(Held { gate, paced_until: None }))
    }

    fn next(&self, destination: &str, order: Order) -> Result<Option<Due>, StoreError> {
        self.read(|connection| table::next(connection, destination, order))
    }

    fn settle(&self, settlement: &Settlement) -> Result<bool, StoreError> {
        let written = self.send(Task::Settle(settlement.clone()))?.blocking_recv();
        // There or discarded by a person: it is nobody else's.
        written.map_err(|_| StoreError::Closed)?.map(|_| true)
    }

    fn leave(&self, _: &str) {}
}

/// Waits until all that was asked for is written.
impl Drop for Sqlite {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

/// A look into a file that another process may work on.
pub(crate) struct SqliteDesk(Connection);

impl SqliteDesk {
    /// How long to wait for the process that posts.
    const PATIENCE: Duration = Duration::from_secs(5);

    /// Opens a file that is there.
    pub(crate) fn open(path: &Path) -> Result<Self, OpenError> {
        let path = file::find(path)?;
        file::connect(&path, Self::PATIENCE).map(Self)
    }

    fn each(
        &mut self,
        postings: &[i64],
        change: impl Fn(&Transaction<'_>, i64) -> rusqlite::Result<bool>,
    ) -> Result<usize, StoreError> {
        let transaction = self.0.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut changed = 0;
        for posting in postings {
            changed += usize::from(change(&transaction, *posting)?);
        }
        transaction.commit()?;
        Ok(changed)
    }
}

impl Desk for SqliteDesk {
    fn list(&self, configured: &[String]) -> Result<Vec<Stuck>, StoreError> {
        Ok(table::stuck(&self.0, configured)?)
    }

    fn delivery(&self, posting: i64) -> Result<Option<Delivery>, StoreError> {
        Ok(table::delivery_of(&self.0, posting)?)
    }

    fn retry(&mut self, postings: &[i64]) -> Result<usize, StoreError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, millis);
        self.each(postings, |transaction, posting| table::retry(transaction, now, posting))
    }

    fn discard(&mut self, postings: &[i64]) -> Result<usize, StoreError> {
        self.each(postings, |transaction, posting| table::discard(transaction, posting))
    }
}
