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

/// Opens an outbox. Made by [`Outbox::builder`] or [`Outbox::postgres`].
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
    /// Begins to open the store in a file, which is created if it does not exist. Its folder must
    /// exist: otherwise nobody would notice a volume that is not mounted.
    pub fn builder(path: impl Into<PathBuf>) -> Builder {
        Builder::new(Place::File(path.into()))
    }

    /// Begins to open the store in PostgreSQL, which any number of instances may share, at an address such as
    /// `postgres://user:password@host:5432/database?sslmode=verify-full`. The address of a cluster has all its hosts,
    /// with commas between them: the outbox connects to the primary.
    ///
    /// | `sslmode` | connections |
    /// |---|---|
    /// | `verify-full`, and `verify-ca` and `require` too | TLS; the certificate and its name are checked, by Mozilla's authorities or those of the PEM file `sslrootcert=PATH` |
    /// | `disable` | no TLS: only for a network without strangers |
    /// | none | no TLS to a Unix socket or this machine; refused for any other host |
    /// | `prefer`, `allow` | refused: an attacker in the network would decide |
    ///
    /// # Errors
    ///
    /// [`OpenError::Address`]. The text contains nothing of the address.
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

    /// Sets the largest size of the file, in bytes. A log of a few MiB comes on top. Without it: 1
    /// GiB. In PostgreSQL only the disk is the limit.
    pub const fn most_bytes(mut self, bytes: u64) -> Self {
        self.most_bytes = bytes;
        self
    }

    /// Sets how many bytes may wait in memory to be written. Each delivery counts 4 KiB more than
    /// its body. Further deliveries are refused with [`StoreError::Busy`](crate::StoreError::Busy).
    /// Without it: 64 MiB.
    pub const fn most_waiting(mut self, bytes: usize) -> Self {
        self.most_waiting = bytes;
        self
    }

    /// Sets how long a delivery is remembered, counted from its receipt, so that a repetition is not
    /// posted again. It must be longer than any tolerance. After the delivery has arrived, only its key
    /// is kept. Without it: 7 days.
    pub const fn retention(mut self, retention: Duration) -> Self {
        self.retention.of_all = retention;
        self
    }

    /// Says that a sender signs neither an id nor a time. If the same bytes come later than `retention` after the
    /// first time, they are another delivery, and [`Delivery::key`](Delivery::key) tells the two apart. Before that,
    /// they are a repetition. Without it: each sender's deliveries differ.
    pub fn retention_of_alike(mut self, sender: &str, retention: Duration) -> Self {
        self.retention.of_alike.insert(sender.to_owned(), retention);
        self
    }

    /// Sets the clock for a store in a file. Without it: the system's clock. PostgreSQL uses the clock of its
    /// server, so the clocks of instances may differ.
    pub fn clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(move || since_1970(now()));
        self
    }

    /// Sets a function that names the event of a delivery, for the log. It must return nothing that does not
    /// belong into a log. If it panics, or without it, no line names an event.
    pub fn event_of(
        mut self,
        event: impl Fn(&Delivery) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.event_of = Arc::new(event);
        self
    }

    /// Opens the outbox. Its [`Workers`] posts the deliveries. Waits for the disk or the server.
    ///
    /// # Errors
    ///
    /// [`OpenError`], for example if another process works on the file.
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
