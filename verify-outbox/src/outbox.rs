use core::fmt;
use std::{
    fs::File,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread::JoinHandle,
};

use rusqlite::Connection;
use tokio::sync::{Semaphore, oneshot};
use verify_core::Verified;

use crate::{
    Delivery, Kept, StoreError, Waiting,
    delivery::EventOf,
    retention::Retention,
    store,
    writer::{Job, Task},
};

/// Keeps verified deliveries until they have been posted. Clones share it.
#[derive(Clone)]
pub struct Outbox(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    /// `None` while it is dropped.
    pub(crate) jobs: Option<mpsc::Sender<Job>>,
    pub(crate) writer: Option<JoinHandle<()>>,
    /// KiB that may still wait to be written.
    pub(crate) room: Arc<Semaphore>,
    pub(crate) retention: Retention,
    pub(crate) event_of: EventOf,
    pub(crate) reader: Mutex<Connection>,
    pub(crate) _lock: File,
}

impl Outbox {
    /// Keeps a delivery, to be posted to each of the destinations. **When this returns `Ok`, it is on
    /// the disk**, and may be acknowledged.
    ///
    /// # Errors
    ///
    /// It is not kept. Answer 503.
    pub async fn keep<B: AsRef<[u8]>>(
        &self,
        verified: &Verified<B>,
        destinations: Vec<String>,
    ) -> Result<Kept, StoreError> {
        let arrival = self.0.retention.arrival(verified);
        let size = arrival.delivery.body.len();
        let (event, key) = (self.event_of(&arrival.delivery), arrival.delivery.key_hex());
        let kept = self.write(Task::Keep { arrival, destinations }, size).await;
        let (kept, code) = match kept {
            Ok(true) => (Ok(Kept::New), "new"),
            Ok(false) => {
                let sender = verified.receipt().sender();
                tracing::info!(target: "outbox", sender, event, key, "repeated");
                (Ok(Kept::Repeated), "repeated")
            }
            Err(error) => {
                let code = error.code();
                (Err(error), code)
            }
        };
        metrics::counter!("outbox_kept_total", "sender" => verified.receipt().sender(), "result" => code)
            .increment(1);
        kept
    }

    pub(crate) fn event_of(&self, delivery: &Delivery) -> Option<String> {
        (self.0.event_of)(delivery)
    }

    /// Returns whether a small delivery could be kept now. Waits for the disk.
    ///
    /// # Errors
    ///
    /// Why it could not.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.write(Task::Check, 0).await.map(drop)
    }

    /// Returns what waits, by destination. Reads the file: not for a thread that must not wait.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn waiting(&self) -> Result<Vec<Waiting>, StoreError> {
        self.read(store::waiting)
    }

    pub(crate) fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let connection = self.0.reader.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(read(&connection)?)
    }

    async fn write(&self, task: Task, size: usize) -> Result<bool, StoreError> {
        // What a small one takes besides its body.
        const LEAST: usize = 4096;
        let kib = u32::try_from((size.saturating_add(LEAST)) / 1024).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.0.room).try_acquire_many_owned(kib);
        let room = room.map_err(|_| StoreError::Busy)?;
        self.send(task, Some(room))?.await.map_err(|_| StoreError::Closed)?
    }

    /// Writes from a thread that may wait.
    pub(crate) fn write_blocking(&self, task: Task) -> Result<bool, StoreError> {
        self.send(task, None)?.blocking_recv().map_err(|_| StoreError::Closed)?
    }

    fn send(
        &self,
        task: Task,
        room: Option<tokio::sync::OwnedSemaphorePermit>,
    ) -> Result<oneshot::Receiver<Result<bool, StoreError>>, StoreError> {
        let (done, outcome) = oneshot::channel();
        let jobs = self.0.jobs.as_ref().ok_or(StoreError::Closed)?;
        jobs.send(Job { task, done, _room: room }).map_err(|_| StoreError::Closed)?;
        Ok(outcome)
    }
}

/// Waits until all that was asked for is written.
impl Drop for Inner {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox").finish_non_exhaustive()
    }
}
