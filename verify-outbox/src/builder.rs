use core::{fmt, time::Duration};
use std::{path::PathBuf, sync::Arc, time::SystemTime};

use tokio::sync::Semaphore;

use crate::{
    Delivery, OpenError, Outbox, Workers,
    bell::Bell,
    clock::{Clock, since_1970},
    delivery::EventOf,
    outbox::Inner,
    retention::Retention,
    sqlite::Sqlite,
    store::Store,
};

/// How an outbox is opened. Made by [`Outbox::builder`] or [`Outbox::postgres`].
#[must_use]
pub struct Builder {
    place: Place,
    most_bytes: u64,
    most_waiting: usize,
    retention: Retention,
    clock: Clock,
    event_of: EventOf,
}

/// Where deliveries are kept.
#[derive(Debug)]
enum Place {
    File(PathBuf),
    #[cfg(feature = "postgres")]
    Postgres(Box<crate::postgres::Address>),
}

impl Outbox {
    /// Begins to open the store in a file, which is made if it is not there. Its folder has to be
    /// there: a volume that is not mounted would go unnoticed.
    pub fn builder(path: impl Into<PathBuf>) -> Builder {
        Builder::new(Place::File(path.into()))
    }

    /// Begins to open the store in PostgreSQL, which any number of instances may share, at an address such as
    /// `postgres://user:password@host:5432/database?sslmode=verify-full`. The address of a cluster has all its hosts,
    /// with commas between them: what is connected to is the primary.
    ///
    /// | `sslmode` | connections |
    /// |---|---|
    /// | `verify-full`, and `verify-ca` and `require` too | TLS; the certificate and its name are checked, by Mozilla's authorities or those of the PEM file `sslrootcert=PATH` |
    /// | `disable` | no TLS: for a network that nobody else is in |
    /// | none | no TLS to a Unix socket or this machine; refused for any other host |
    /// | `prefer`, `allow` | refused: whoever is on the way would decide |
    ///
    /// # Errors
    ///
    /// [`OpenError::Address`]. What it says has nothing of the address.
    #[cfg(feature = "postgres")]
    pub fn postgres(address: &str) -> Result<Builder, OpenError> {
        let address = crate::postgres::address(address)?;
        Ok(Builder::new(Place::Postgres(Box::new(address))))
    }
}

impl Builder {
    fn new(place: Place) -> Self {
        Self {
            place,
            most_bytes: 1024 * 1024 * 1024,
            most_waiting: 64 * 1024 * 1024,
            retention: Retention::default(),
            clock: Arc::new(|| since_1970(SystemTime::now())),
            event_of: Arc::new(|_| None),
        }
    }

    /// Sets the largest size of the file, in bytes. Beside it there is a log of a few MiB. Without it:
    /// 1 GiB. PostgreSQL has no such limit but its disk.
    pub const fn most_bytes(mut self, bytes: u64) -> Self {
        self.most_bytes = bytes;
        self
    }

    /// Sets how many bytes may wait in memory to be written, each delivery with 4 KiB more than its
    /// body. More are refused as [`StoreError::Busy`](crate::StoreError::Busy). Without it: 64 MiB.
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

    /// Sets what tells the time to a store in a file. Without it: the system's clock. PostgreSQL has the clock of
    /// its server, so that those of instances may differ.
    pub fn clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(move || since_1970(now()));
        self
    }

    /// Sets what tells the event of a delivery, for the lines of the log that say what became of it. It must give
    /// nothing that a log may not hold. Where it panics, and without it: no line names an event.
    pub fn event_of(
        mut self,
        event: impl Fn(&Delivery) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.event_of = Arc::new(event);
        self
    }

    /// Opens it. The one [`Workers`] that belongs to it posts what is kept. Waits for the disk or the server.
    ///
    /// # Errors
    ///
    /// [`OpenError`]: among others, that another process works on the file.
    pub fn open(self) -> Result<(Outbox, Workers), OpenError> {
        let Self { place, most_bytes, most_waiting, retention, clock, event_of } = self;
        let bell = Arc::new(Bell::default());
        let (store, clock): (Box<dyn Store>, Clock) = match place {
            Place::File(path) => {
                let store = Sqlite::open(&path, most_bytes, Arc::clone(&clock), Arc::clone(&bell))?;
                (Box::new(store), clock)
            }
            #[cfg(feature = "postgres")]
            Place::Postgres(address) => {
                let store = crate::postgres::Postgres::open(&address, Some(Arc::clone(&bell)))?;
                let clock = store.clock();
                (Box::new(store), clock)
            }
        };
        let outbox = Outbox(Arc::new(Inner {
            store,
            room: Arc::new(Semaphore::new(most_waiting / 1024)),
            retention,
            event_of,
        }));
        Ok((outbox.clone(), Workers::new(outbox, bell, clock)))
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("place", &self.place).finish_non_exhaustive()
    }
}
