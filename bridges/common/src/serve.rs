use std::thread;

use tokio::sync::oneshot;
use verify_outbox::Workers;

use crate::stopped;

/// Serves until it is told to stop, and then finishes what is in flight: from there to here by `serving`, and
/// from here to the destinations by `workers`, which begin nothing meanwhile. Told a second time, it waits
/// for nobody; what a destination may have taken is posted again.
pub async fn serve<T>(serving: impl Future<Output = T>, workers: Workers) -> T {
    let begin_to_stop = workers.stopper();
    let stopping = tokio::spawn(async move {
        stopped(1).await;
        begin_to_stop();
    });
    let served = serving.await;
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
