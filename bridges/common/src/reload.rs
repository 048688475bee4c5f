//! Settings that are read again while a program runs.

use core::convert::Infallible;

use tokio::task::spawn_blocking;

use crate::{Mistake, stop::told_to_reload};

/// Reads settings and secrets again on each SIGHUP, and hands on the result.
///
/// `read` may wait for disks. If it finds mistakes, the log has a line for each, nothing is handed on, and everything
/// stays as it was. `take` replaces the old settings by the new, and returns what to log. It must not wait, and must
/// not fail for a reason in the settings.
///
/// Call [`heed_signals`](crate::heed_signals) first.
pub async fn reload_on_hangup<N: Send + 'static>(
    read: impl Fn() -> Result<N, Mistake> + Clone + Send + 'static,
    mut take: impl FnMut(N) -> Result<String, String>,
) -> Infallible {
    let mut told = told_to_reload();
    loop {
        if told.changed().await.is_err() {
            // There is no such signal here.
            core::future::pending::<()>().await;
        }
        let taken = match spawn_blocking(read.clone()).await {
            Ok(Ok(new)) => take(new).map_err(|error| vec![error]),
            Ok(Err(mistake)) => Err(mistake.lines()),
            Err(_) => Err(vec!["reading them panicked".to_owned()]),
        };
        let result = if taken.is_ok() { "taken" } else { "refused" };
        metrics::counter!("bridge_reloads_total", "result" => result).increment(1);
        match taken {
            Ok(said) => tracing::info!("settings read again: {said}"),
            Err(mistakes) => mistakes.iter().for_each(|mistake| {
                tracing::error!("settings not reloaded, everything stays as it was: {mistake}");
            }),
        }
    }
}
