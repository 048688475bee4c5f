use core::{fmt, time::Duration};
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, mpsc},
    thread,
    time::SystemTime,
};

use tokio::sync::Semaphore;

use crate::{
    Delivery, OpenError, Outbox, StoreError, Workers,
    bell::Bell,
    clock::{Clock, since_1970},
    delivery::EventOf,
    file::{self, Place, Reserve},
    outbox::Inner,
    retention::Retention,
    writer::Writer,
};

/// How an outbox is opened. Made by [`Outbox::builder`].
#[must_use]
pub struct Builder {
    path: PathBuf,
    most_bytes: u64,
    most_waiting: usize,
    retention: Retention,
    clock: Clock,
    event_of: EventOf,
}

impl Outbox {
    /// Begins to open the store in a file, which is made if it is not there. Its folder has to be
    /// there: a volume that is not mounted would go unnoticed.
    pub fn builder(path: impl Into<PathBuf>) -> Builder {
        Builder::new(path.into())
    }
}

impl Builder {
    /// How long the thread that writes waits for another process to let go of the file. A sender
    /// waits as long.
    const PATIENCE: Duration = Duration::from_secs(1);
    const PAGE: u64 = 4096;

    pub(crate) fn new(path: PathBuf) -> Self {
        Self {
            path,
            most_bytes: 1024 * 1024 * 1024,
            most_waiting: 64 * 1024 * 1024,
            retention: Retention::default(),
            clock: Arc::new(|| since_1970(SystemTime::now())),
            event_of: Arc::new(|_| None),
        }
    }

    /// Sets the largest size of the file, in bytes. Beside it there is a log of a few MiB. Without it:
    /// 1 GiB.
    pub const fn most_bytes(mut self, bytes: u64) -> Self {
        self.most_bytes = bytes;
        self
    }

    /// Sets how many bytes may wait in memory to be written, each delivery with 4 KiB more than its
    /// body. More are refused as [`StoreError::Busy`]. Without it: 64 MiB.
    pub const fn most_waiting(mut self, bytes: usize) -> Self {
        self.most_waiting = bytes;
        self
    }

    /// Sets how long a delivery is known once it came, so that a repetition is not posted again. Longer
    /// than any tolerance. Of what has arrived only the key is kept. Without it: 7 days.
    pub const fn retention(mut self, retention: Duration) -> Self {
        self.retention.of_all = retention;
        self
    }

    /// Says that a sender signs neither an id nor a time: what has the same bytes later than `retention`
    /// after the first is another delivery, and [`Delivery::key`](Delivery::key) tells the two apart. Within it, it is
    /// taken for a repetition. Without it: each sender's deliveries differ.
    pub fn retention_of_alike(mut self, sender: &str, retention: Duration) -> Self {
        self.retention.of_alike.insert(sender.to_owned(), retention);
        self
    }

    /// Sets what tells the time. Without it: the system's clock.
    pub fn clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(move || since_1970(now()));
        self
    }

    /// Sets what tells the event of a delivery, for the lines of the log that say what became of it. It must give
    /// nothing that a log may not hold. Without it: no line names an event.
    pub fn event_of(
        mut self,
        event: impl Fn(&Delivery) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.event_of = Arc::new(event);
        self
    }

    /// Opens it. The one [`Workers`] that belongs to it posts what is kept.
    ///
    /// # Errors
    ///
    /// [`OpenError`]: among others, that another process works on it.
    pub fn open(self) -> Result<(Outbox, Workers), OpenError> {
        let Self { path, most_bytes, most_waiting, retention, clock, event_of } = self;
        // What lies beside it lies beside the file that a link leads to.
        let (path, lock) = file::claim(&path)?;
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
        let bell = Arc::new(Bell::default());
        let writer = Writer {
            connection,
            reserve,
            place,
            clock: Arc::clone(&clock),
            bell: Arc::clone(&bell),
            // To SQLite no page at all is no limit.
            most_pages: u32::try_from(most_bytes / Self::PAGE).unwrap_or(u32::MAX).max(1),
        };
        let (jobs, queue) = mpsc::channel();
        let writer = thread::Builder::new()
            .name("outbox-writer".to_owned())
            .spawn(move || writer.run(&queue))
            .map_err(|error| OpenError::File { path, error })?;
        let outbox = Outbox(Arc::new(Inner {
            jobs: Some(jobs),
            writer: Some(writer),
            room: Arc::new(Semaphore::new(most_waiting / 1024)),
            retention,
            event_of,
            reader: Mutex::new(reader),
            _lock: lock,
        }));
        Ok((outbox.clone(), Workers::new(outbox, bell, clock)))
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("path", &self.path).finish_non_exhaustive()
    }
}
