//! A few connections, each used by one call at a time.

use core::{fmt, time::Duration};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
    task::JoinHandle,
    time::timeout,
};
use tokio_postgres::{Client, Error};

use super::{Address, Trouble};

/// What a store does with each new connection, and its own type for trouble.
pub trait Setup: Send + Sync + 'static {
    /// What a call fails with.
    type Error: Send + 'static;
    /// What was prepared on a connection.
    type Prepared: Send + Sync + 'static;

    /// How long a server may take to stop what nobody waits for any more. One that is silent does not hear that it should.
    const PATIENCE: Duration;

    /// Sets a connection, looks at what is there, and prepares statements.
    fn prepare(
        &self,
        client: &Client,
    ) -> impl Future<Output = Result<Self::Prepared, Self::Error>> + Send;

    /// Says what trouble means for a call.
    fn meaning(&self, trouble: Trouble) -> Self::Error;
}

/// The connections to a server. Clones share them.
pub struct Pool<S: Setup>(Arc<Shared<S>>);

struct Shared<S: Setup> {
    address: Address,
    setup: S,
    runtime: Handle,
    places: Arc<Semaphore>,
    idle: Mutex<Vec<(Line, S::Prepared)>>,
}

/// A connection.
struct Line {
    client: Client,
    /// Ends with it.
    connection: JoinHandle<()>,
}

/// A connection while a call uses it. If it is dropped before its [`end`](Self::end), it is closed: a call may
/// still be running on it, and the next call would wait for that.
pub struct Usage<S: Setup> {
    line: Option<Line>,
    prepared: Option<S::Prepared>,
    pool: Pool<S>,
    place: Option<OwnedSemaphorePermit>,
}

type Connected<S> = Result<Usage<S>, <S as Setup>::Error>;

impl<S: Setup> Pool<S> {
    /// Makes a pool with at most this many connections, which belong to a runtime. Nothing is
    /// connected yet.
    pub fn new(address: Address, setup: S, connections: usize, runtime: Handle) -> Self {
        let places = Arc::new(Semaphore::new(connections));
        Self(Arc::new(Shared { address, setup, runtime, places, idle: Mutex::default() }))
    }

    /// Returns what sets up its connections.
    #[must_use]
    pub fn setup(&self) -> &S {
        &self.0.setup
    }

    /// Waits for a connection, and connects if none is idle.
    ///
    /// # Errors
    ///
    /// What the store makes of the trouble that there was.
    pub async fn connection(&self) -> Result<Usage<S>, S::Error> {
        let place = Arc::clone(&self.0.places).acquire_owned().await;
        let place = place.map_err(|_| self.closed())?;
        let idle = loop {
            match self.idle().pop() {
                Some((line, _)) if line.client.is_closed() => {}
                found => break found,
            }
        };
        match idle {
            Some((line, prepared)) => Ok(self.usage(line, Some(prepared), place)),
            None => self.begin(place).await.map_err(|_| self.closed())?,
        }
    }

    /// Connects in a task of its own, which goes on if nobody waits any more: the next call has what came of it.
    fn begin(&self, place: OwnedSemaphorePermit) -> oneshot::Receiver<Connected<S>> {
        let (connected, waiting) = oneshot::channel();
        let pool = self.clone();
        self.0.runtime.spawn(async move {
            let made = timeout(Address::CONNECT_DEADLINE, pool.connect(place)).await;
            let made = made.unwrap_or_else(|_| Err(pool.setup().meaning(Trouble::TimedOut)));
            if let Err(Ok(usage)) = connected.send(made) {
                usage.keep();
            }
        });
        waiting
    }

    async fn connect(&self, place: OwnedSemaphorePermit) -> Connected<S> {
        let connected = self.0.address.connect(&self.0.runtime).await;
        let connected = connected.map_err(|error| self.setup().meaning(Trouble::of(&error)));
        let (client, connection) = connected?;
        // What is done to it may end half-way too.
        let mut usage = self.usage(Line { client, connection }, None, place);
        let prepared = self.setup().prepare(usage.client()?).await?;
        usage.prepared = Some(prepared);
        Ok(usage)
    }

    fn usage(
        &self,
        line: Line,
        prepared: Option<S::Prepared>,
        place: OwnedSemaphorePermit,
    ) -> Usage<S> {
        Usage { line: Some(line), prepared, pool: self.clone(), place: Some(place) }
    }

    fn closed(&self) -> S::Error {
        self.setup().meaning(Trouble::Closed)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(Line, S::Prepared)>> {
        // Nothing panics while it is held.
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Setup> Usage<S> {
    /// Returns the client, and its prepared statements.
    ///
    /// # Errors
    ///
    /// None: it has both until it ends.
    pub fn session(&self) -> Result<(&Client, &S::Prepared), S::Error> {
        let prepared = self.prepared.as_ref().ok_or_else(|| self.pool.closed())?;
        Ok((self.client()?, prepared))
    }

    fn client(&self) -> Result<&Client, S::Error> {
        self.line.as_ref().map(|line| &line.client).ok_or_else(|| self.pool.closed())
    }

    /// Keeps the connection for the next call, unless this one failed.
    ///
    /// # Errors
    ///
    /// What the store makes of what the call failed with.
    pub fn end<T>(self, said: Result<T, Error>) -> Result<T, S::Error> {
        let pool = self.pool.clone();
        let said = said.map_err(|error| Trouble::of(&error));
        if matches!(said, Ok(_) | Err(Trouble::Full)) {
            self.keep();
        }
        said.map_err(|trouble| pool.setup().meaning(trouble))
    }

    fn keep(mut self) {
        if let (Some(line), Some(prepared)) = (self.line.take(), self.prepared.take()) {
            self.pool.idle().push((line, prepared));
        }
    }
}

/// The call failed, or nobody waits for it any more. The server may still be at it, as at a commit that waits for a
/// standby: it is told to stop, and the place is taken until it has. Otherwise each call would leave one connection
/// more behind, until no program has one left.
impl<S: Setup> Drop for Usage<S> {
    fn drop(&mut self) {
        let (Some(Line { client, connection }), place) = (self.line.take(), self.place.take())
        else {
            return;
        };
        // The others are to the same server, which may be gone.
        self.pool.idle().clear();
        let stop = client.cancel_token();
        drop(client);
        let shared = Arc::clone(&self.pool.0);
        self.pool.0.runtime.spawn(async move {
            let abort = connection.abort_handle();
            let stopped = async {
                // Where it cannot be told, its end is waited for.
                let _ = shared.address.stop(&stop).await;
                let _ = connection.await;
            };
            if timeout(S::PATIENCE, stopped).await.is_err() {
                abort.abort();
            }
            drop(place);
        });
    }
}

impl<S: Setup> Clone for Pool<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: Setup> fmt::Debug for Pool<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pool").field(&self.0.address).finish()
    }
}

impl<S: Setup> fmt::Debug for Usage<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Usage").finish_non_exhaustive()
    }
}
