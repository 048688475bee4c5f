//! The laws of [`Claims`] as a test suite that any store can run:
//!
//! ```
//! use verify_once::{Memory, conformance::Suite};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), verify_once::conformance::Broken> {
//! Suite::new(Memory::of_this_process()).run().await
//! # }
//! ```
//!
//! It takes some 10 s with a store that has a clock of its own, and uses keys that nobody else uses.

mod laws;

use core::{fmt, pin::Pin, time::Duration};
use std::sync::Arc;

use tokio::time::sleep;

use crate::{Claimed, Claims, ClaimsAtOnce, Key, Pending, Settled, StoreError, Terms, Token};

/// How time passes for a store.
type Pass = dyn Fn(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync;

/// A store, asked for its answers [at once](Claims::at_once).
#[derive(Debug)]
struct AtOnce(Arc<dyn Claims>);

/// A store under test.
#[must_use]
pub struct Suite {
    instances: [Arc<dyn Claims>; 2],
    lease: Duration,
    window: Duration,
    pass: Arc<Pass>,
}

/// The law that a store breaks.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Broken {
    /// Which.
    pub law: &'static str,
    /// What it did, and what it should have done.
    pub what: String,
}

impl Suite {
    /// Tests a store.
    pub fn new(store: impl Claims + 'static) -> Self {
        let store: Arc<dyn Claims> = Arc::new(store);
        let pass = |time| -> Pin<Box<dyn Future<Output = ()> + Send>> { Box::pin(sleep(time)) };
        Self {
            instances: [Arc::clone(&store), store],
            lease: Duration::from_secs(1),
            window: Duration::from_secs(3),
            pass: Arc::new(pass),
        }
    }

    /// Tests the store together with a second instance, as another process would open it.
    pub fn with_other(mut self, other: impl Claims + 'static) -> Self {
        self.instances[1] = Arc::new(other);
        self
    }

    /// Sets how time passes, for a store whose clock can be moved. Without it the suite sleeps.
    pub fn with_time<F>(mut self, pass: impl Fn(Duration) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.pass = Arc::new(move |time| Box::pin(pass(time)));
        self
    }

    /// Sets the lease and the window for the laws in which time must pass. Leave room for a slow
    /// machine, and make the window at least twice the lease. Without it: 1 s and 3 s.
    pub const fn with_terms(mut self, lease: Duration, window: Duration) -> Self {
        self.lease = lease;
        self.window = window;
        self
    }

    /// Tries all laws, and then once more by [`at_once`](Claims::at_once), if the store has it.
    ///
    /// # Errors
    ///
    /// The first law that is broken.
    pub async fn run(&self) -> Result<(), Broken> {
        self.try_laws().await?;
        for number in 0..2 {
            let mut instances = self.instances.clone();
            let asked = Arc::clone(&instances[number]);
            if asked.at_once().is_some() {
                instances[number] = Arc::new(AtOnce(asked));
                let pass = Arc::clone(&self.pass);
                Self { instances, pass, ..*self }.try_laws().await?;
            }
        }
        Ok(())
    }

    async fn try_laws(&self) -> Result<(), Broken> {
        for (law, holds) in laws::LAWS {
            holds(self).await.map_err(|what| Broken { law, what })?;
        }
        Ok(())
    }

    /// Terms that do not end while a law is tried.
    const fn long(&self) -> Terms {
        Terms::new(Duration::from_secs(3600), Duration::from_secs(7200))
    }

    /// Terms that end.
    const fn short(&self) -> Terms {
        Terms::new(self.lease, self.window)
    }

    fn one(&self) -> &dyn Claims {
        &*self.instances[0]
    }

    fn other(&self) -> &dyn Claims {
        &*self.instances[1]
    }

    async fn pass(&self, time: Duration) {
        (self.pass)(time).await;
    }
}

impl AtOnce {
    fn ask<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&dyn ClaimsAtOnce) -> Result<T, StoreError>,
    ) -> Pending<'_, T> {
        let gone = || Err(StoreError::Unavailable("store answers at once no more".to_owned()));
        let answer = self.0.at_once().map_or_else(gone, ask);
        Box::pin(async { answer })
    }
}

impl Claims for AtOnce {
    fn claim<'a>(&'a self, key: &'a Key, token: &'a Token, terms: Terms) -> Pending<'a, Claimed> {
        self.ask(|store| store.claim(key, token, terms))
    }

    fn complete<'a>(&'a self, key: &'a Key, token: &'a Token, status: u16) -> Pending<'a, Settled> {
        self.ask(|store| store.complete(key, token, status))
    }

    fn release<'a>(&'a self, key: &'a Key, token: &'a Token) -> Pending<'a, Settled> {
        self.ask(|store| store.release(key, token))
    }

    fn forget<'a>(&'a self, key: &'a Key) -> Pending<'a, bool> {
        self.0.forget(key)
    }

    fn check(&self) -> Pending<'_, ()> {
        self.0.check()
    }
}

impl fmt::Debug for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Suite").field("instances", &self.instances).finish_non_exhaustive()
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "law broken: {}: {}", self.law, self.what)
    }
}

impl core::error::Error for Broken {}
