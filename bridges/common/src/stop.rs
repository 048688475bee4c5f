//! What a bridge is told by signals: to stop, and to read its settings again.

use core::pin::Pin;
use std::sync::{Arc, OnceLock};

use tokio::{signal, sync::watch};

use crate::say;

/// Counts how often this process is told to stop, by Ctrl-C or SIGTERM, and to read its settings again, by SIGHUP.
/// Several equal signals at the same moment count once. Call it before the program says that it listens: until then,
/// a signal ends the process at once. (Where there are no signals, Ctrl-C does so until a moment later.)
///
/// # Panics
///
/// Outside of a runtime of tokio.
pub fn heed_signals() {
    told_to_stop();
    told_to_reload();
}

/// Waits until this process was told to stop this many times since [`heed_signals`].
pub async fn stopped(times: usize) {
    // An error would be one of the system: whoever cannot be told to stop had better not begin.
    let _ = told_to_stop().wait_for(|told| *told >= times).await;
}

/// Serves until this process is told to stop, and then finishes what is in flight. After a second signal it waits
/// for nothing. `serve` gets a future that is ready when it must take no more requests.
pub async fn serve_until_stopped<S: Future<Output = ()>>(
    serve: impl FnOnce(Pin<Box<dyn Future<Output = ()> + Send>>) -> S,
) {
    let stopping = async {
        stopped(1).await;
        say("stopping; what is in flight is finished");
    };
    tokio::select! {
        () = serve(Box::pin(stopping)) => {}
        () = stopped(2) => {}
    }
}

fn told_to_stop() -> watch::Receiver<usize> {
    static TOLD: OnceLock<watch::Receiver<usize>> = OnceLock::new();
    TOLD.get_or_init(|| count(&[Signal::INTERRUPT, Signal::TERMINATE])).clone()
}

/// Returns what changes whenever this process is told to read its settings again.
pub(crate) fn told_to_reload() -> watch::Receiver<usize> {
    static TOLD: OnceLock<watch::Receiver<usize>> = OnceLock::new();
    TOLD.get_or_init(|| count(&[Signal::HANG_UP])).clone()
}

fn count(signals: &[Signal]) -> watch::Receiver<usize> {
    let (count, told) = watch::channel(0_usize);
    let count = Arc::new(count);
    for mut heard in signals.iter().filter_map(Signal::hear) {
        let count = Arc::clone(&count);
        tokio::spawn(async move {
            while heard.recv().await.is_some() {
                count.send_modify(|count| *count = count.saturating_add(1));
            }
        });
    }
    told
}

#[cfg(unix)]
struct Signal(fn() -> signal::unix::SignalKind);

#[cfg(unix)]
impl Signal {
    const HANG_UP: Self = Self(signal::unix::SignalKind::hangup);
    const INTERRUPT: Self = Self(signal::unix::SignalKind::interrupt);
    const TERMINATE: Self = Self(signal::unix::SignalKind::terminate);

    /// Hears it from here on.
    fn hear(&self) -> Option<signal::unix::Signal> {
        signal::unix::signal((self.0)()).ok()
    }
}

/// There is only Ctrl-C, and it is heard only while it is waited for.
#[cfg(not(unix))]
#[derive(PartialEq)]
enum Signal {
    HangUp,
    Interrupt,
    Terminate,
}

#[cfg(not(unix))]
impl Signal {
    const HANG_UP: Self = Self::HangUp;
    const INTERRUPT: Self = Self::Interrupt;
    const TERMINATE: Self = Self::Terminate;

    fn hear(&self) -> Option<CtrlC> {
        (*self == Self::Interrupt).then_some(CtrlC)
    }
}

#[cfg(not(unix))]
struct CtrlC;

#[cfg(not(unix))]
impl CtrlC {
    async fn recv(&mut self) -> Option<()> {
        signal::ctrl_c().await.ok()
    }
}
