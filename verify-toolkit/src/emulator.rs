#![doc = include_str!("../EMULATOR.md")]

mod api;
mod courier;
mod error;
mod event;
mod params;
mod registry;
mod report;
mod server;
mod start_error;
mod store;
mod token;

use core::{fmt, net::SocketAddr, time::Duration};
use std::{path::PathBuf, sync::Arc};

use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use self::{
    courier::{Courier, Observer},
    registry::Registry,
    server::Server,
    store::Store,
};
pub use self::{
    report::{Fate, Report},
    start_error::StartError,
    store::StoreError,
    token::{Token, TokenError},
};

/// A Databricks workspace that is to be emulated.
pub struct Databricks {
    token: Token,
    store: Option<PathBuf>,
    authority: Option<Vec<u8>>,
    patience: Duration,
    observer: Observer,
    is_open: bool,
}

impl Databricks {
    /// How long a receiver may take to answer, unless another time is set.
    pub const PATIENCE: Duration = Duration::from_secs(10);

    /// Makes one that is kept in memory, with a random token.
    #[must_use]
    pub fn new() -> Self {
        Self {
            token: Token::random(),
            store: None,
            authority: None,
            patience: Self::PATIENCE,
            observer: Arc::new(|_| {}),
            is_open: false,
        }
    }

    /// Sets the token that clients show.
    #[must_use]
    pub fn with_token(mut self, token: Token) -> Self {
        self.token = token;
        self
    }

    /// Keeps webhooks and models in this file, with the secrets in plain text. If the file does not
    /// exist, it is created, readable for its owner only. A second file, `FILE.lock`, keeps other
    /// emulators out.
    #[must_use]
    pub fn with_store(mut self, path: impl Into<PathBuf>) -> Self {
        self.store = Some(path.into());
        self
    }

    /// Trusts receivers with certificates of these authorities as well: PEM.
    #[must_use]
    pub fn with_authority(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.authority = Some(pem.into());
        self
    }

    /// Sets how long a receiver may take over an answer.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Reports calls of clients, and deliveries, while they happen.
    #[must_use]
    pub fn with_observer(mut self, observer: impl Fn(&Report) + Send + Sync + 'static) -> Self {
        self.observer = Arc::new(observer);
        self
    }

    /// Lets other machines reach it. There is no TLS: the token, the secrets and the bodies cross the
    /// network unencrypted.
    #[must_use]
    pub fn dangerous_open(mut self) -> Self {
        self.is_open = true;
        self
    }

    /// Starts it on the runtime that this is called on. With port 0 the system chooses one.
    ///
    /// # Errors
    ///
    /// [`StartError`].
    pub async fn start(self, address: SocketAddr) -> Result<Workspace, StartError> {
        if !self.is_open && !address.ip().to_canonical().is_loopback() {
            return Err(StartError::NotLoopback);
        }
        let courier = Courier::new(self.patience, self.authority, self.observer)?;
        let (store, registry) = match self.store {
            Some(path) => {
                let (store, registry) = Store::open(path).map_err(StartError::Store)?;
                (Some(store), registry)
            }
            None => (None, Registry::default()),
        };
        let listener = TcpListener::bind(address).await.map_err(StartError::Bind)?;
        let url = format!("http://{}", listener.local_addr().map_err(StartError::Bind)?);
        let (stop, stopping) = watch::channel(());
        let server = Server::new(self.token.clone(), registry, store, courier);
        let running = tokio::spawn(server.serve(listener, stopping));
        Ok(Workspace { url, token: self.token, stop: Some(stop), running })
    }
}

impl Default for Databricks {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Databricks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Databricks")
            .field("token", &self.token)
            .field("store", &self.store)
            .field("patience", &self.patience)
            .field("is_open", &self.is_open)
            .finish_non_exhaustive()
    }
}

/// An emulated workspace that runs, until it is dropped.
#[derive(Debug)]
pub struct Workspace {
    url: String,
    token: Token,
    stop: Option<watch::Sender<()>>,
    running: JoinHandle<()>,
}

impl Workspace {
    /// Returns its address, for `DATABRICKS_HOST` of clients: `http://127.0.0.1:8090`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the token, as clients take it in `DATABRICKS_TOKEN`.
    #[must_use]
    pub const fn token(&self) -> &Token {
        &self.token
    }

    /// Stops it, after calls and deliveries in flight are finished or have taken too long.
    pub async fn stop(mut self) {
        drop(self.stop.take());
        let _ = (&mut self.running).await;
    }
}

/// Stops it at once.
impl Drop for Workspace {
    fn drop(&mut self) {
        self.running.abort();
    }
}
