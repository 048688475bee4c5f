//! Serves an application under limits that `axum::serve` does not have: the ones of the example
//! receiver.

use core::{pin::pin, time::Duration};
use std::sync::Arc;

use axum::Router;
use hyper::server::conn::http1::Builder;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{
    net::TcpListener,
    sync::Semaphore,
    time::{sleep, timeout},
};

/// What a connection may buffer besides the body of a delivery. Also the largest head.
const READ_BUFFER: usize = 64 * 1024;
/// How long a client may take over the head of a request, and be idle before it.
const HEAD_DEADLINE: Duration = Duration::from_secs(10);
/// How long what is in flight may take once it is to stop: the patience with a handler, and some.
const STOP_DEADLINE: Duration = Duration::from_secs(30);

/// Connections that are served at a time, of each port. With those to the handler, less than the 1024
/// files that a process may usually have open.
pub(super) const CONNECTIONS: usize = 256;

/// Serves at most so many connections at a time, until `stop` is ready, and then finishes what is in
/// flight. More connections wait to be accepted.
pub(super) async fn serve(
    listener: TcpListener,
    app: Router,
    most: usize,
    stop: impl Future<Output = ()>,
) {
    let room = Arc::new(Semaphore::new(most));
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
        let accept = async { (Arc::clone(&room).acquire_owned().await, listener.accept().await) };
        let (place, accepted) = tokio::select! {
            accepted = accept => accepted,
            () = &mut stop => break,
        };
        let Ok((socket, _)) = accepted else {
            // Out of file descriptors, most likely: others will be closed.
            sleep(Duration::from_millis(100)).await;
            continue;
        };
        let service = TowerToHyperService::new(app.clone());
        let connection = server.serve_connection(TokioIo::new(socket), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            let _ = connection.await;
            drop(place);
        });
    }
    drop(listener);
    // Who is not done by then is cut off.
    let _ = timeout(STOP_DEADLINE, graceful.shutdown()).await;
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use axum::Router;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::{TcpListener, TcpStream},
        time::timeout,
    };

    use super::serve;

    #[tokio::test]
    async fn more_connections_than_there_may_be_wait() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve(listener, Router::new(), 1, core::future::pending()));
        let connect = async || {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").await.unwrap();
            stream
        };
        let mut first = connect().await;
        assert_eq!(first.read_u8().await.unwrap(), b'H');
        let mut second = connect().await;
        // However long it takes: there is no answer.
        assert!(timeout(Duration::from_millis(300), second.read_u8()).await.is_err());
        drop(first);
        assert_eq!(second.read_u8().await.unwrap(), b'H');
    }
}
