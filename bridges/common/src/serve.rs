use std::thread;

use tokio::sync::oneshot;
use verify_outbox::Workers;

use crate::{Mistake, reload_on_hangup, stopped};

/// Serves until the process is told to stop, and then finishes what is in flight: from senders by `serving`,
/// and to the destinations by `workers`, which begin nothing more. After a second signal it waits for
/// neither. What a destination may have taken is then posted again.
///
/// On SIGHUP it reads settings again, like [`reload_on_hangup`].
pub async fn serve<T, N: Send + 'static>(
    serving: impl Future<Output = T>,
    mut workers: Workers,
    read: impl Fn() -> Result<N, Mistake> + Clone + Send + 'static,
    mut take: impl FnMut(N, &mut Workers) -> Result<String, String>,
) -> T {
    let begin_to_stop = workers.stopper();
    let stopping = tokio::spawn(async move {
        stopped(1).await;
        begin_to_stop();
    });
    let reloading = reload_on_hangup(read, |new| take(new, &mut workers));
    let served = tokio::select! {
        served = serving => served,
        never = reloading => match never {},
    };
    // Where it ended by itself.
    stopping.abort();
    let (stop, all_stopped) = oneshot::channel::<()>();
    thread::spawn(move || {
        workers.stop();
        drop(stop);
    });
    tokio::select! {
        _ = all_stopped => {}
        () = stopped(2) => {}
    }
    served
}
