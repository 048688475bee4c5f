//! Settings that are read again while a program runs.

use core::convert::Infallible;

use tokio::task::spawn_blocking;

use crate::{Mistake, stop::told_to_reload};

/// Reads settings and secrets again each time that this process is told to by SIGHUP, and hands on what they make.
///
/// `read` may wait for disks. Where it finds mistakes, each of them is a line of the log, and nothing is handed on: all
/// stays as it was. `take` puts what was read in the place of what was there, and returns what to say of it. It must not
/// wait, and nothing that it does can fail for a reason that stands in the settings.
///
/// [`heed_signals`](crate::heed_signals) goes before it.
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
                tracing::error!("settings not taken, all stays as it was: {mistake}");
            }),
        }
    }
}
