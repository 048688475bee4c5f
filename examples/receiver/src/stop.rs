//! The end of a receiver.

use std::io;

use tokio::{signal, sync::watch};

/// Counts how often this process was told to stop, by Ctrl-C or SIGTERM. An earlier signal ends the
/// process at once, so make this before the process says that it listens.
#[derive(Clone)]
pub(crate) struct Stop(watch::Receiver<usize>);

impl Stop {
    pub(crate) fn new() -> io::Result<Self> {
        let (count, told) = watch::channel(0_usize);
        #[cfg(unix)]
        for kind in [signal::unix::SignalKind::interrupt(), signal::unix::SignalKind::terminate()] {
            let (mut signal, count) = (signal::unix::signal(kind)?, count.clone());
            tokio::spawn(async move {
                while signal.recv().await.is_some() {
                    count.send_modify(|count| *count = count.saturating_add(1));
                }
            });
        }
        #[cfg(not(unix))]
        tokio::spawn(async move {
            while signal::ctrl_c().await.is_ok() {
                count.send_modify(|count| *count = count.saturating_add(1));
            }
        });
        Ok(Self(told))
    }

    /// Waits until the process was told to stop this many times in all.
    pub(crate) async fn told(&self, times: usize) {
        // An error means that the counting task ended, which it never does.
        let _ = self.0.clone().wait_for(|told| *told >= times).await;
    }
}
