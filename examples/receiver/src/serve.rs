//! Serves an application under limits that `axum::serve` does not have.

use core::time::Duration;

use axum::Router;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, signal, time::sleep};

/// What a connection may buffer besides the body of a delivery. Also the largest head.
const READ_BUFFER: usize = 64 * 1024;
/// How long a client may take over the head of a request, and be idle before it.
const HEAD_DEADLINE: Duration = Duration::from_secs(10);

/// Serves until Ctrl-C or SIGTERM, and then finishes what is in flight.
pub(crate) async fn serve(listener: TcpListener, app: Router) {
    let mut server = Builder::new(TokioExecutor::new());
    server
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_DEADLINE)
        .max_buf_size(READ_BUFFER);
    let graceful = GracefulShutdown::new();
    let mut stop = core::pin::pin!(stop_signal());
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
        let connection = server.serve_connection(TokioIo::new(socket), service).into_owned();
        tokio::spawn(graceful.watch(connection));
    }
    drop(listener);
    graceful.shutdown().await;
}

async fn stop_signal() {
    let interrupt = async { signal::ctrl_c().await.ok() };
    #[cfg(unix)]
    let terminate =
        async { signal::unix::signal(signal::unix::SignalKind::terminate()).ok()?.recv().await };
    #[cfg(not(unix))]
    let terminate = core::future::pending::<Option<()>>();
    tokio::select! { _ = interrupt => {}, _ = terminate => {} }
}
