//! The end of a receiver.

use std::{io, sync::OnceLock};

use tokio::{signal, sync::watch};

/// Waits until this process was told so many times to stop, by Ctrl-C or SIGTERM. They are counted from the
/// first call on, in the runtime of that call, and none is missed.
pub async fn stopped(times: usize) {
    static TOLD: OnceLock<watch::Receiver<usize>> = OnceLock::new();

    let told = TOLD.get_or_init(|| {
        let (count, told) = watch::channel(0);
        tokio::spawn(count_signals(count));
        told
    });
    // An error would be one of the system: whoever cannot be told to stop had better not begin.
    let _ = told.clone().wait_for(|told| *told >= times).await;
}

#[cfg(unix)]
async fn count_signals(count: watch::Sender<usize>) -> io::Result<()> {
    use signal::unix::{SignalKind, signal};

    let (mut interrupt, mut terminate) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    loop {
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
        count.send_modify(|count| *count = count.saturating_add(1));
    }
}

#[cfg(not(unix))]
async fn count_signals(count: watch::Sender<usize>) -> io::Result<()> {
    loop {
        signal::ctrl_c().await?;
        count.send_modify(|count| *count = count.saturating_add(1));
    }
}
