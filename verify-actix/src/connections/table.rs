use core::{fmt, time::Duration};
use std::{
    collections::BTreeMap,
    io,
    net::{Shutdown, TcpStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// What a connection may do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) age: Duration,
    /// How long the first head may take to come, if that is not left to actix.
    pub(super) head: Option<Duration>,
    pub(super) keeps_alive: bool,
}

/// The places that there are for connections. Clones share them.
#[derive(Clone)]
pub(super) struct Places(Arc<Mutex<Table<TcpStream>>>);

impl Places {
    pub(super) fn new(limit: usize) -> Self {
        Self(Arc::new(Mutex::new(Table::new(limit))))
    }

    /// Takes a place for a connection. Where a second handle of its socket cannot be had, because there are
    /// no files left, others make room for that as well.
    pub(super) fn take(&self, duplicate: impl Fn() -> io::Result<TcpStream>) -> Place {
        let socket = loop {
            match duplicate() {
                Ok(socket) => break Some(socket),
                Err(_) => match self.lock().evict() {
                    Some(oldest) => end(oldest),
                    None => break None,
                },
            }
        };
        let (key, ended) = self.lock().admit(socket);
        ended.into_iter().for_each(end);
        Place { places: self.clone(), key }
    }

    fn lock(&self) -> MutexGuard<'_, Table<TcpStream>> {
        // Nothing can panic while the lock is held, so a poisoned one is still whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = self.lock();
        f.debug_struct("Places")
            .field("limit", &table.limit)
            .field("open", &table.open.len())
            .finish_non_exhaustive()
    }
}

/// What is in flight on it stays: the server sees that its client is gone, and closes it.
fn end(socket: TcpStream) {
    // An error is the client's, who is gone already.
    let _ = socket.shutdown(Shutdown::Both);
}

/// The place of one connection.
#[derive(Clone)]
pub(super) struct Place {
    places: Places,
    key: u64,
}

impl Place {
    /// Says that a verified delivery is being handled, until the returned value is dropped.
    pub(super) fn handle(&self) -> Handling {
        self.places.lock().begin(self.key);
        Handling(self.clone())
    }

    pub(super) fn is_handling(&self) -> bool {
        self.places.lock().is_handling(self.key)
    }

    /// Gives the place back, and ends the connection if it is still open.
    pub(super) fn end(&self) {
        let socket = self.places.lock().remove(self.key);
        socket.into_iter().for_each(end);
    }

    /// Gives the place of a connection back that is closed by the server.
    pub(super) fn leave(&self) {
        let socket = self.places.lock().remove(self.key);
        drop(socket);
    }
}

/// A verified delivery that is being handled.
pub(crate) struct Handling(Place);

impl Drop for Handling {
    fn drop(&mut self) {
        self.0.places.lock().finish(self.0.key);
    }
}

/// The connections that are open, oldest first.
struct Table<S> {
    limit: usize,
    open: BTreeMap<u64, Open<S>>,
    next: u64,
}

struct Open<S> {
    socket: S,
    /// How many verified deliveries are being handled.
    handling: usize,
}

impl<S> Table<S> {
    const fn new(limit: usize) -> Self {
        Self { limit, open: BTreeMap::new(), next: 0 }
    }

    /// Takes a connection in, and returns the one that has to end for it: the newest itself, if verified
    /// deliveries are being handled on all others.
    fn admit(&mut self, socket: Option<S>) -> (u64, Option<S>) {
        let key = self.next;
        self.next = key.wrapping_add(1);
        if let Some(socket) = socket {
            self.open.insert(key, Open { socket, handling: 0 });
        }
        let is_crowded = self.open.len() > self.limit;
        (key, if is_crowded { self.evict() } else { None })
    }

    /// Takes out the oldest connection on which no verified delivery is being handled.
    fn evict(&mut self) -> Option<S> {
        let oldest = self.open.iter().find(|(_, open)| open.handling == 0);
        let key = *oldest?.0;
        self.remove(key)
    }

    fn remove(&mut self, key: u64) -> Option<S> {
        self.open.remove(&key).map(|open| open.socket)
    }

    fn begin(&mut self, key: u64) {
        if let Some(open) = self.open.get_mut(&key) {
            open.handling = open.handling.saturating_add(1);
        }
    }

    fn finish(&mut self, key: u64) {
        if let Some(open) = self.open.get_mut(&key) {
            open.handling = open.handling.saturating_sub(1);
        }
    }

    fn is_handling(&self, key: u64) -> bool {
        self.open.get(&key).is_some_and(|open| open.handling > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn the_oldest_without_a_verified_delivery_makes_room() {
        let mut table = Table::new(3);
        let keys = ["a", "b", "c"].map(|socket| {
            let (key, ended) = table.admit(Some(socket));
            assert_eq!(ended, None);
            key
        });
        table.begin(keys[0]);
        table.begin(keys[0]);
        table.finish(keys[0]);
        assert_eq!(table.admit(Some("d")).1, Some("b"));
        table.finish(keys[0]);
        assert_eq!(table.admit(Some("e")).1, Some("a"));
        assert_eq!(table.open.len(), 3);
    }

    #[test]
    fn where_all_handle_a_verified_delivery_the_newest_ends() {
        let mut table = Table::new(2);
        for socket in ["a", "b"] {
            let (key, _) = table.admit(Some(socket));
            table.begin(key);
        }
        assert_eq!(table.admit(Some("c")).1, Some("c"));
        assert_eq!(table.evict(), None);
        assert_eq!(table.open.len(), 2);
    }

    #[test]
    fn what_left_is_not_counted() {
        let mut table = Table::new(1);
        let (key, _) = table.admit(Some("a"));
        assert_eq!(table.remove(key), Some("a"));
        table.begin(key);
        table.finish(key);
        assert!(!table.is_handling(key));
        assert_eq!(table.admit(Some("b")).1, None);
    }
}
