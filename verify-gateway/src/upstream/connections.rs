//! Connections to a service, which are used again. Each is driven by the task of the delivery that goes over it: no other
//! task has to be woken, and a delivery that is given up takes its connection with it.

use core::time::Duration;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use tokio::time::sleep;

use super::{Said, Trouble, connection::Connection, connector::Connector};

/// How long a connection is kept that nothing goes over. Servers close connections that are idle: Gunicorn after 2 s,
/// Node.js and Uvicorn after 5 s. A delivery that crosses with that is not known to have arrived or not, so ours are closed
/// earlier.
const IDLE: Duration = Duration::from_secs(1);

/// The connections to one service.
pub(super) struct Connections {
    connector: Connector,
    idle: Arc<Mutex<Idle>>,
}

/// Those that nothing goes over.
#[derive(Default)]
struct Idle {
    /// Since when. The one that was used last comes last.
    open: Vec<(Instant, Connection)>,
    /// Whether a task closes those that were idle for too long.
    is_swept: bool,
}

impl Connections {
    pub(super) fn new(connector: Connector) -> Self {
        Self { connector, idle: Arc::default() }
    }

    /// Asks, and returns the answer. One more connection is tried where the service closed the last before anything was
    /// written to it.
    pub(super) async fn ask(&self, head: &[u8], body: &[u8]) -> Result<Said, Trouble> {
        while let Some(idle) = self.take() {
            match self.ask_over(idle, head, body).await {
                Err(None) => {}
                Err(Some(trouble)) => return Err(trouble),
                Ok(said) => return Ok(said),
            }
        }
        let opened = Connection::new(self.connector.connect().await?);
        self.ask_over(opened, head, body)
            .await
            .map_err(|trouble| trouble.unwrap_or(Trouble::Broken))
    }

    /// Asks over one, and keeps it if another request may go over it.
    async fn ask_over(
        &self,
        mut open: Connection,
        head: &[u8],
        body: &[u8],
    ) -> Result<Said, Option<Trouble>> {
        let (said, stays) = open.ask(head, body).await?;
        if stays && open.is_ready() {
            self.keep(open);
        }
        Ok(said)
    }

    /// The one that was used last and that the service has not closed.
    fn take(&self) -> Option<Connection> {
        loop {
            let (since, mut open) = lock(&self.idle).open.pop()?;
            if since.elapsed() < IDLE && open.is_ready() {
                return Some(open);
            }
        }
    }

    fn keep(&self, open: Connection) {
        let mut idle = lock(&self.idle);
        idle.open.push((Instant::now(), open));
        if !core::mem::replace(&mut idle.is_swept, true) {
            tokio::spawn(sweep(Arc::clone(&self.idle)));
        }
    }
}

/// Closes those that are idle for too long, until there are none.
async fn sweep(idle: Arc<Mutex<Idle>>) {
    loop {
        sleep(IDLE).await;
        let mut idle = lock(&idle);
        idle.open.retain(|(since, _)| since.elapsed() < IDLE);
        if idle.open.is_empty() {
            idle.is_swept = false;
            return;
        }
    }
}

fn lock(idle: &Mutex<Idle>) -> MutexGuard<'_, Idle> {
    // Nothing in here panics, so a poisoned one is still whole.
    idle.lock().unwrap_or_else(PoisonError::into_inner)
}
