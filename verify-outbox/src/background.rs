//! A runtime of its own for a client that needs one: whoever keeps and posts may have none, or several.

use core::time::Duration;
use std::{
    io,
    sync::mpsc,
    thread::{self, JoinHandle},
};

use tokio::{
    runtime::{self, Handle},
    sync::oneshot,
    time::timeout,
};
use tracing::subscriber::{NoSubscriber, with_default};

/// The thread of a runtime.
pub(crate) struct Background {
    runtime: Handle,
    /// Dropped, it ends the thread.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    /// Starts a thread, and drops what the client in it logs: its words, for those who wrote it.
    pub(crate) fn silent(name: &str) -> io::Result<Self> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        // A runtime must not end within another one, as the last handle of the outbox may.
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
            with_default(NoSubscriber::default(), || drop(runtime.block_on(stopped)));
            // The lookup of a name has no time limit.
            runtime.shutdown_timeout(Duration::from_secs(1));
        })?;
        Ok(Self { runtime: handle, stop: Some(stop), thread: Some(thread) })
    }

    /// Does something, and waits for it on a thread that may wait. `None`: it took longer, and was not done to its end.
    pub(crate) fn wait<T: Send + 'static>(
        &self,
        time: Duration,
        task: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        // Not a channel of tokio's, which panics on a thread of a runtime, where an outbox is opened.
        let (done, said) = mpsc::sync_channel(1);
        self.runtime.spawn(async move {
            let _ = done.send(timeout(time, task).await.ok());
        });
        said.recv().ok().flatten()
    }
}

/// Waits until what was begun has ended.
impl Drop for Background {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
