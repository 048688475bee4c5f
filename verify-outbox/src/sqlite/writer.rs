//! The one thread that writes. What waits together shares one commit, and so one wait for the disk.

use std::{
    io::{self, ErrorKind},
    sync::{Arc, mpsc},
};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

use super::{
    file::{Place, Reserve},
    table,
};
use crate::{
    StoreError,
    bell::Bell,
    clock::Clock,
    store::{Arrival, Settlement},
};

/// Something to write, and where to say that it is on the disk: whether it changed anything.
pub(crate) struct Job {
    pub(crate) task: Task,
    pub(crate) done: oneshot::Sender<Result<bool, StoreError>>,
}

impl Job {
    /// Whether it is to be done. A look whether deliveries can be kept is for who waits for it: a disk that is slow must
    /// not be left with those of all who hung up.
    fn is_wanted(&self) -> bool {
        !(matches!(self.task, Task::Check) && self.done.is_closed())
    }

    const fn settles(&self) -> bool {
        matches!(self.task, Task::Settle(_))
    }
}

pub(crate) enum Task {
    /// Writes as much as a small delivery, and takes it away again.
    Check,
    Keep(Arrival),
    Settle(Settlement),
}

pub(crate) struct Writer {
    pub(crate) connection: Connection,
    pub(crate) place: Place,
    pub(crate) reserve: Reserve,
    pub(crate) clock: Clock,
    pub(crate) bell: Arc<Bell>,
    /// Pages of the file that deliveries may fill.
    pub(crate) most_pages: u32,
}

impl Writer {
    /// The most that share a commit.
    const TOGETHER: usize = 128;
    /// Pages beyond the limit, 4 MiB: a store that has its largest size must still be able to write down
    /// what has arrived, or it would post that again. What [`Reserve`] is for a disk.
    const RESERVED_PAGES: u32 = 1024;

    /// Writes until nobody can ask for it any more.
    pub(crate) fn run(mut self, queue: &mpsc::Receiver<Job>) {
        while let Ok(job) = queue.recv() {
            let jobs = core::iter::once(job).chain(queue.try_iter().take(Self::TOGETHER - 1));
            let jobs: Vec<Job> = jobs.filter(Job::is_wanted).collect();
            if jobs.is_empty() {
                continue;
            }
            match self.write(&jobs) {
                // Each for itself: there may be room for a smaller one, and what only settles needs no
                // reserve.
                Err(StoreError::Failed(_) | StoreError::Full) if jobs.len() > 1 => {
                    for job in jobs {
                        let written = self.write(core::slice::from_ref(&job));
                        answer(vec![job], written);
                    }
                }
                written => answer(jobs, written),
            }
        }
    }

    /// Writes all or nothing. It is on the disk when this returns.
    fn write(&mut self, jobs: &[Job]) -> Result<Vec<bool>, StoreError> {
        self.place.check()?;
        if !jobs.iter().all(Job::settles) {
            self.reserve.fill().map_err(|error| unreserved(&error))?;
            let written = self.commit(jobs, self.most_pages)?;
            self.bell.ring();
            return Ok(written);
        }
        let pages = self.most_pages.saturating_add(Self::RESERVED_PAGES);
        match self.commit(jobs, pages) {
            // A quota that is used up is no full disk to SQLite.
            Err(StoreError::Failed(_) | StoreError::Full) if self.reserve.release() => {
                self.commit(jobs, pages)
            }
            written => written,
        }
    }

    fn commit(&mut self, jobs: &[Job], pages: u32) -> Result<Vec<bool>, StoreError> {
        self.connection.pragma_update(None, "max_page_count", pages)?;
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Not before: the transaction may have waited for one of another process.
        let now = (self.clock)();
        table::forget(&transaction, now)?;
        let write = |job: &Job| match &job.task {
            Task::Check => check(&transaction).map(|()| true),
            Task::Keep(arrival) => table::keep(&transaction, now, arrival),
            Task::Settle(settlement) => table::settle(&transaction, settlement),
        };
        let changed = jobs.iter().map(write).collect::<Result<_, _>>()?;
        transaction.commit()?;
        Ok(changed)
    }
}

fn check(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "INSERT INTO delivery (replay_key, known_until, key, sender, received_at, body)
             VALUES (x'', 0, x'', '', 0, zeroblob(16384));
         DELETE FROM delivery WHERE replay_key = x'';",
    )
}

/// Says why nothing can be kept without a reserve.
fn unreserved(error: &io::Error) -> StoreError {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StoreError::Full,
        _ => StoreError::Failed(format!("the reserve: {error}")),
    }
}

fn answer(jobs: Vec<Job>, written: Result<Vec<bool>, StoreError>) {
    // Whoever does not wait any more does not need to know.
    match written {
        Ok(changed) => jobs.into_iter().zip(changed).for_each(|(job, changed)| {
            let _ = job.done.send(Ok(changed));
        }),
        Err(error) => jobs.into_iter().for_each(|job| {
            let _ = job.done.send(Err(error.clone()));
        }),
    }
}

#[cfg(test)]
mod tests;
