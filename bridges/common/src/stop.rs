//! The end of a bridge.

use std::{io, sync::OnceLock};

use tokio::{signal, sync::watch};

/// Counts from here on how often this process is told to stop, by Ctrl-C or SIGTERM; several of a kind at the
/// same moment are one. To be called before it says that it listens: until then, a signal ends it at once.
/// (Where there are no signals, Ctrl-C does so until a moment later.)
///
/// # Panics
///
/// Outside of a runtime of tokio.
pub fn heed_signals() {
    told();
}

/// Waits until this process was told so many times to stop, of all times since [`heed_signals`].
pub async fn stopped(times: usize) {
    // An error would be one of the system: whoever cannot be told to stop had better not begin.
    let _ = told().wait_for(|told| *told >= times).await;
}

fn told() -> watch::Receiver<usize> {
    static TOLD: OnceLock<watch::Receiver<usize>> = OnceLock::new();

    let told = TOLD.get_or_init(|| {
        let (count, told) = watch::channel(0_usize);
        if let Ok(mut signals) = Signals::new() {
            tokio::spawn(async move {
                loop {
                    signals.recv().await;
                    count.send_modify(|count| *count = count.saturating_add(1));
                }
            });
        }
        told
    });
    told.clone()
}

/// Those that say to stop, heard from its creation on.
#[cfg(unix)]
struct Signals([signal::unix::Signal; 2]);

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use signal::unix::{SignalKind, signal};

        Ok(Self([signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?]))
    }

    async fn recv(&mut self) {
        let [interrupt, terminate] = &mut self.0;
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
    }
}

/// Only Ctrl-C, and only while it is waited for.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn recv(&mut self) {
        if signal::ctrl_c().await.is_err() {
            core::future::pending().await
        }
    }
}
