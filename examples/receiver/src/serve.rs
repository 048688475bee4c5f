//! Serves an application under limits that `axum::serve` does not have. HTTP/1.1, which is what the
//! senders speak; where HTTP/2 is served, its streams and header lists need limits as well.

use core::{pin::pin, time::Duration};

use axum::Router;
use hyper::server::conn::http1::Builder;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use receiver_common::stopped;
use tokio::{
    net::TcpListener,
    time::{sleep, timeout},
};

/// What a connection may buffer besides the body of a delivery. Also the largest head.
const READ_BUFFER: usize = 64 * 1024;
/// How long a client may take over the head of a request, and be idle before it.
const HEAD_DEADLINE: Duration = Duration::from_secs(10);
/// How long what is in flight may take once it is to stop: the deadline of a delivery, and some.
const STOP_DEADLINE: Duration = Duration::from_secs(15);

/// Serves until Ctrl-C or SIGTERM, and then finishes what is in flight. The second one ends it at
/// once.
pub(crate) async fn serve(listener: TcpListener, app: Router) {
    let mut server = Builder::new();
    server
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_DEADLINE)
        .max_buf_size(READ_BUFFER)
        // A client that has sent all it has to say still waits for the answer.
        .half_close(true);
    let graceful = GracefulShutdown::new();
    let mut stop = pin!(stopped(1));
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
    eprintln!("stopping; what is in flight is finished");
    drop(listener);
    tokio::select! {
        _ = timeout(STOP_DEADLINE, graceful.shutdown()) => {}
        () = stopped(2) => {}
    }
}
