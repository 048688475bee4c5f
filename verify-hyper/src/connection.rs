use core::{pin::pin, time::Duration};

use hyper_util::server::graceful::GracefulConnection;
use tokio::{
    sync::watch,
    task::coop::unconstrained,
    time::{sleep, timeout},
};

use crate::Place;

/// How long a connection may last. HTTP/2 has no deadline for heads, no version has one for a client
/// that does not read its answers, and an open connection is a place that somebody else does not get.
const CONNECTION_AGE: Duration = Duration::from_secs(300);
/// How long a connection may take to end that makes room for another.
const GOODBYE_DEADLINE: Duration = Duration::from_secs(1);

/// Lets a connection run until it ends, is too old, makes room for others, or everything is to stop. What is in flight
/// then may take `stop_deadline`.
pub async fn finish(
    connection: impl GracefulConnection,
    mut place: Place,
    mut stopping: watch::Receiver<bool>,
    stop_deadline: Duration,
) {
    let mut connection = pin!(connection);
    // Whoever sends all the time uses up what a task may do in one go, and does not put these off.
    let stop = unconstrained(stopping.wait_for(|is_stopping| *is_stopping));
    let age = unconstrained(sleep(CONNECTION_AGE));
    let asked = unconstrained(place.asked());
    let deadline = tokio::select! {
        biased;
        _ = connection.as_mut() => return,
        _ = stop => stop_deadline,
        () = age => stop_deadline,
        // A delivery that was verified since it was asked is handled to its end.
        () = asked => match place.give_up() {
            true => GOODBYE_DEADLINE,
            false if place.is_held() => stop_deadline,
            false => return,
        }
    };
    connection.as_mut().graceful_shutdown();
    // An error is the client's, who is gone.
    let is_over = timeout(deadline, connection.as_mut()).await.is_ok();
    // A delivery that crossed the goodbye is answered all the same.
    if !is_over && place.is_held() {
        let _ = timeout(stop_deadline, connection).await;
    }
}

#[cfg(test)]
mod tests;
