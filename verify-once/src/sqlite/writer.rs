use std::sync::{Arc, mpsc};

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::oneshot;

use super::{
    file::File,
    table::{self, Said, Task},
};
use crate::{StoreError, row::Millis};

/// Something to do, and where to say that it is on the disk.
pub(super) struct Job {
    pub(super) task: Task,
    pub(super) done: oneshot::Sender<Result<Said, StoreError>>,
}

/// The one thread that writes. What waits together shares one commit.
pub(super) struct Writer {
    file: File,
    now: Arc<dyn Fn() -> Millis + Send + Sync>,
}

impl Writer {
    /// The most that share a commit.
    const TOGETHER: usize = 128;
    /// The largest size of the file that claims may make of it, 1 GiB: some five million keys.
    const MOST_PAGES: u32 = 256 * 1024;
    /// Pages beyond that, 4 MiB, for what settles.
    const RESERVED_PAGES: u32 = 1024;

    pub(super) fn new(file: File, now: Arc<dyn Fn() -> Millis + Send + Sync>) -> Self {
        Self { file, now }
    }

    /// Writes until nobody can ask for it any more.
    pub(super) fn run(mut self, queue: &mpsc::Receiver<Job>) {
        while let Ok(job) = queue.recv() {
            let waiting = queue.try_iter().take(Self::TOGETHER - 1);
            // What nobody waits for any more was given up, and is not begun.
            let jobs: Vec<Job> =
                core::iter::once(job).chain(waiting).filter(|job| !job.done.is_closed()).collect();
            if jobs.is_empty() {
                continue;
            }
            match self.write(&jobs) {
                // Each for itself: what settles needs less room.
                Err(StoreError::Full) if jobs.len() > 1 => {
                    for job in jobs {
                        let said = self.write(core::slice::from_ref(&job));
                        answer(vec![job], said);
                    }
                }
                said => answer(jobs, said),
            }
        }
    }

    /// Does all or nothing. It is on the disk when this returns.
    fn write(&mut self, jobs: &[Job]) -> Result<Vec<Said>, StoreError> {
        let connection = self.file.connection()?;
        commit(connection, jobs, &*self.now).map_err(|error| self.file.failed(&error))
    }
}

fn commit(
    connection: &mut Connection,
    jobs: &[Job],
    now: &dyn Fn() -> Millis,
) -> rusqlite::Result<Vec<Said>> {
    let grows = jobs.iter().any(|job| job.task.grows());
    let reserved = if grows { 0 } else { Writer::RESERVED_PAGES };
    connection.pragma_update(None, "max_page_count", Writer::MOST_PAGES + reserved)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Not before: the transaction may have waited for one of another process, which read its clock meanwhile.
    let now = now();
    table::sweep(&transaction, now)?;
    let said =
        jobs.iter().map(|job| job.task.perform(&transaction, now)).collect::<Result<_, _>>()?;
    transaction.commit()?;
    Ok(said)
}

fn answer(jobs: Vec<Job>, said: Result<Vec<Said>, StoreError>) {
    // Whoever does not wait any more does not need to know.
    match said {
        Ok(said) => {
            jobs.into_iter().zip(said).for_each(|(job, said)| drop(job.done.send(Ok(said))))
        }
        Err(error) => {
            jobs.into_iter().for_each(|job| drop(job.done.send(Err(error.clone()))));
        }
    }
}
