//! The end of a receiver.

use std::io;

use tokio::{signal, sync::watch};

/// How often this process was told to stop, by Ctrl-C or SIGTERM, since this was made: an earlier signal
/// ends it at once, so it is made before it says that it listens.
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

    /// Waits until it was told so many times, of all times.
    pub(crate) async fn told(&self, times: usize) {
        // An error would be that of those who count, who never end.
        let _ = self.0.clone().wait_for(|told| *told >= times).await;
    }
}
