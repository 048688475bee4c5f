//! Serves an application under limits that `axum::serve` does not have: the ones of the example
//! receiver.

use core::{pin::pin, time::Duration};

use axum::Router;
use hyper::server::conn::http1::Builder;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{
    net::TcpListener,
    signal,
    time::{sleep, timeout},
};

/// What a connection may buffer besides the body of a delivery. Also the largest head.
const READ_BUFFER: usize = 64 * 1024;
/// How long a client may take over the head of a request, and be idle before it.
const HEAD_DEADLINE: Duration = Duration::from_secs(10);
/// How long what is in flight may take once it is to stop: the patience with a handler, and some.
const STOP_DEADLINE: Duration = Duration::from_secs(30);

/// Serves until `stop` is ready, and then finishes what is in flight.
pub(super) async fn serve(listener: TcpListener, app: Router, stop: impl Future<Output = ()>) {
    let mut server = Builder::new();
    server
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_DEADLINE)
        .max_buf_size(READ_BUFFER)
        // A client that has sent all it has to say still waits for the answer.
        .half_close(true);
    let graceful = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let Ok((socket, _)) = accepted else {
            // Out of file descriptors, most likely: others will be closed.
            sleep(Duration::from_millis(100)).await;
            continue;
        };
        let service = TowerToHyperService::new(app.clone());
        let connection = server.serve_connection(TokioIo::new(socket), service);
        tokio::spawn(graceful.watch(connection));
    }
    drop(listener);
    // Who is not done by then is cut off.
    let _ = timeout(STOP_DEADLINE, graceful.shutdown()).await;
}

/// Waits for Ctrl-C or SIGTERM.
pub(super) async fn stop_signal() {
    let interrupt = async { signal::ctrl_c().await.ok() };
    #[cfg(unix)]
    let terminate =
        async { signal::unix::signal(signal::unix::SignalKind::terminate()).ok()?.recv().await };
    #[cfg(not(unix))]
    let terminate = core::future::pending::<Option<()>>();
    tokio::select! { _ = interrupt => {}, _ = terminate => {} }
}
