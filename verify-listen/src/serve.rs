//! Serves an application under limits that `axum::serve` does not have: how many connections there are,
//! and how large a head may be and how long it may take.

use core::{pin::pin, time::Duration};
use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{
        StatusCode, Version,
        header::{CONNECTION, HOST},
        uri::Authority,
    },
    middleware::{Next, from_fn},
    response::{IntoResponse as _, Response},
};
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
pub(crate) const CONNECTIONS: usize = 256;

/// Serves at most so many connections at a time, until `stop` is ready, and then finishes what is in
/// flight. More connections wait to be accepted.
pub(crate) async fn serve(
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
    let app = app.layer(from_fn(require_host));
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

/// Answers 400 where `Host` is missing from HTTP/1.1, doubled or no authority: RFC 9112, section 3.2. hyper
/// leaves that to its users.
async fn require_host(request: Request, next: Next) -> Response {
    let mut hosts = request.headers().get_all(HOST).iter();
    let is_sound = match (hosts.next(), hosts.next()) {
        (Some(host), None) => {
            let authority = Authority::try_from(host.as_bytes());
            host.is_empty() || authority.is_ok_and(|authority| !authority.as_str().contains('@'))
        }
        (Some(_), Some(_)) => false,
        (None, _) => request.version() != Version::HTTP_11,
    };
    if is_sound {
        next.run(request).await
    } else {
        // Who sends that may mean several servers, so the connection ends.
        (StatusCode::BAD_REQUEST, [(CONNECTION, "close")], Body::empty()).into_response()
    }
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

    #[tokio::test]
    async fn a_missing_or_doubled_host_is_a_400_without_a_body() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve(listener, Router::new(), 1, core::future::pending()));
        for (hosts, status) in [
            ("", "400"),
            ("host: x\r\nhost: x\r\n", "400"),
            ("host: a b\r\n", "400"),
            ("host: x\r\n", "404"),
        ] {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let request = format!("GET / HTTP/1.1\r\n{hosts}connection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{hosts:?}: {answer}");
            assert!(answer.ends_with("\r\n\r\n"), "{answer}");
        }
    }
}
