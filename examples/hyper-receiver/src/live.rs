//! What can be replaced while it runs.

use std::sync::{Arc, PoisonError, RwLock};

use tokio_rustls::rustls::ServerConfig;

use crate::{settings::Files, tenants::Tenants, tls};

/// The current tenants and certificate. Clones share them.
#[derive(Clone)]
pub(crate) struct Live(Arc<Shared>);

struct Shared {
    files: Files,
    current: RwLock<Current>,
}

#[derive(Clone)]
struct Current {
    tenants: Arc<Tenants>,
    tls: Arc<ServerConfig>,
}

impl Live {
    /// Reads the files.
    pub(crate) fn new(files: Files) -> Result<Self, String> {
        let current = RwLock::new(Current::read(&files)?);
        Ok(Self(Arc::new(Shared { files, current })))
    }

    /// Reads the files again. If a file is broken, everything stays as it was. A delivery in flight
    /// keeps the secrets that it began with, and a connection keeps its certificate.
    pub(crate) fn reload(&self) -> Result<(), String> {
        let new = Current::read(&self.0.files)?;
        // Nothing can panic while the lock is held, so the data is intact even if the lock is
        // poisoned.
        *self.0.current.write().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(())
    }

    pub(crate) fn tenants(&self) -> Arc<Tenants> {
        self.current().tenants
    }

    pub(crate) fn tls(&self) -> Arc<ServerConfig> {
        self.current().tls
    }

    pub(crate) fn greeting(&self) -> String {
        format!("tenants: {}", self.tenants().len())
    }

    fn current(&self) -> Current {
        self.0.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Current {
    fn read(files: &Files) -> Result<Self, String> {
        Ok(Self {
            tenants: Arc::new(Tenants::read(&files.tenants)?),
            tls: Arc::new(tls::read(&files.certificates, &files.key)?),
        })
    }
}

/// Reloads on SIGHUP, for as long as it runs.
///
/// A signal, and not a watch on the files: only the person who changed them knows when all of them
/// are complete.
#[cfg(unix)]
pub(crate) fn reload_on_hangup(live: Live) -> Result<(), String> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut hangup = signal(SignalKind::hangup()).map_err(|error| error.to_string())?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            match live.reload() {
                Ok(()) => eprintln!("reloaded: {}", live.greeting()),
                Err(message) => eprintln!("not reloaded, all stays as it was: {message}"),
            }
        }
    });
    Ok(())
}

/// This system has no such signal.
#[cfg(not(unix))]
pub(crate) fn reload_on_hangup(_: Live) -> Result<(), String> {
    Ok(())
}
