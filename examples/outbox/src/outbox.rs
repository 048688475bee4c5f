use core::{fmt, time::Duration};
use std::{
    collections::BTreeMap,
    fs::File,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread::{self, JoinHandle},
    time::SystemTime,
};

use rusqlite::Connection;
use tokio::sync::{Semaphore, oneshot};
use verify_core::{UnixTime, Verified};

use crate::{
    Delivery, Kept, OpenError, StoreError, Workers,
    bell::Bell,
    file::{self, Place, Reserve},
    policy::millis,
    store::{Arrival, Millis},
    writer::{Job, Task, Writer},
};

/// Keeps verified deliveries until they have been posted. Clones share it.
#[derive(Clone)]
pub struct Outbox(Arc<Inner>);

struct Inner {
    /// `None` while it is dropped.
    jobs: Option<mpsc::Sender<Job>>,
    writer: Option<JoinHandle<()>>,
    /// KiB that may still wait to be written.
    room: Arc<Semaphore>,
    retention: Retention,
    reader: Mutex<Connection>,
    _lock: File,
}

/// A source of the time.
pub(crate) type Clock = Arc<dyn Fn() -> Millis + Send + Sync>;

/// How an outbox is opened. Made by [`Outbox::builder`].
#[must_use]
pub struct Builder {
    path: PathBuf,
    most_bytes: u64,
    most_waiting: usize,
    retention: Retention,
    clock: Clock,
}

/// How long a repetition is known for one.
struct Retention {
    of_all: Duration,
    /// Of senders whose deliveries may have the same bytes, by their names.
    of_alike: BTreeMap<String, Duration>,
}

/// What waits for a destination.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Waiting {
    /// The destination, which may be one that nobody posts to any more.
    pub destination: String,
    /// How many postings are still to be made.
    pub pending: u64,
    /// How many were given up, and wait for a person.
    pub dead: u64,
    /// Since when the oldest of the pending ones waits.
    pub oldest: Option<UnixTime>,
}

impl Outbox {
    /// Begins to open the store in a file, which is made if it is not there. Its folder has to be
    /// there: a volume that is not mounted would go unnoticed.
    pub fn builder(path: impl Into<PathBuf>) -> Builder {
        Builder {
            path: path.into(),
            most_bytes: 1024 * 1024 * 1024,
            most_waiting: 64 * 1024 * 1024,
            retention: Retention {
                of_all: Duration::from_secs(7 * 24 * 60 * 60),
                of_alike: BTreeMap::new(),
            },
            clock: Arc::new(|| to_millis(SystemTime::now())),
        }
    }

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
        let kept = self.write(Task::Keep { arrival, destinations }, size).await;
        let (kept, code) = match kept {
            Ok(true) => (Ok(Kept::New), "new"),
            Ok(false) => (Ok(Kept::Repeated), "repeated"),
            Err(error) => {
                let code = error.code();
                (Err(error), code)
            }
        };
        metrics::counter!("outbox_kept_total", "sender" => verified.receipt().sender(), "result" => code)
            .increment(1);
        kept
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
        self.read(|connection| {
            // Each half reads an index, and no row of the table.
            let mut select = connection.prepare_cached(
                "SELECT destination, SUM(pending) AS pending, SUM(dead) AS dead, MIN(oldest) AS oldest FROM (
                     SELECT destination, COUNT(*) AS pending, 0 AS dead, MIN(since) AS oldest
                         FROM posting WHERE NOT dead GROUP BY destination
                     UNION ALL SELECT destination, 0, COUNT(*), NULL
                         FROM posting WHERE dead GROUP BY destination)
                 GROUP BY destination ORDER BY destination",
            )?;
            let rows = select.query_map([], |row| {
                let oldest: Option<Millis> = row.get("oldest")?;
                Ok(Waiting {
                    destination: row.get("destination")?,
                    pending: row.get("pending")?,
                    dead: row.get("dead")?,
                    oldest: oldest.map(|oldest| UnixTime::from_secs(oldest.unsigned_abs() / 1000)),
                })
            });
            rows?.collect()
        })
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

impl Retention {
    fn arrival<B: AsRef<[u8]>>(&self, verified: &Verified<B>) -> Arrival {
        let mut delivery = Delivery::from(verified);
        let replay_key = delivery.key;
        let alike = self.of_alike.get(&delivery.sender);
        if let (Some(_), Some(end)) = (alike, delivery.key.last_chunk_mut()) {
            // What is left of the hash is still as good as unique.
            *end = delivery.received_at.as_secs().to_be_bytes();
        }
        Arrival { replay_key, known_for: millis(*alike.unwrap_or(&self.of_all)), delivery }
    }
}

impl Builder {
    /// How long the thread that writes waits for another process to let go of the file. A sender
    /// waits as long.
    const PATIENCE: Duration = Duration::from_secs(1);
    const PAGE: u64 = 4096;

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
    /// after the first is another delivery, and [`Delivery::key`] tells the two apart. Within it, it is
    /// taken for a repetition. Without it: each sender's deliveries differ.
    pub fn retention_of_alike(mut self, sender: &str, retention: Duration) -> Self {
        self.retention.of_alike.insert(sender.to_owned(), retention);
        self
    }

    /// Sets what tells the time. Without it: the system's clock.
    pub fn clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(move || to_millis(now()));
        self
    }

    /// Opens it. The one [`Workers`] that belongs to it posts what is kept.
    ///
    /// # Errors
    ///
    /// [`OpenError`]: among others, that another process works on it.
    pub fn open(self) -> Result<(Outbox, Workers), OpenError> {
        let Self { path, most_bytes, most_waiting, retention, clock } = self;
        // What lies beside it lies beside the file that a link leads to.
        let path = path.canonicalize().unwrap_or(path);
        let lock = file::lock(&path)?;
        file::make_private(&path)?;
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
            most_pages: u32::try_from(most_bytes / Self::PAGE).unwrap_or(u32::MAX),
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
            reader: Mutex::new(reader),
            _lock: lock,
        }));
        Ok((outbox.clone(), Workers::new(outbox, bell, clock)))
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

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("path", &self.path).finish_non_exhaustive()
    }
}

fn to_millis(time: SystemTime) -> Millis {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, crate::policy::millis)
}
