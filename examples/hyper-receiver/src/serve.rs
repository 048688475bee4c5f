//! Serves connections under limits, in HTTP/1.1 and HTTP/2, behind TLS.

use core::{convert::Infallible, future::Future, pin::pin, time::Duration};
use std::sync::Arc;

use hyper::{
    Request, Response, StatusCode,
    body::Incoming,
    header::{CONNECTION, HeaderValue},
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::watch,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};
use verify_hyper::{Crowd, Guest, Place, STOP_DEADLINE, finish, is_host_sound};

use crate::{
    live::Live,
    service::{App, Body, bare},
    stop::Stop,
    tls,
};

/// How many connections there may be. More wait in the listener's backlog.
const CONNECTIONS: u32 = 512;
/// How long a client may take over the handshake of TLS.
const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(10);

/// HTTP/1.1: how long a client may take over the head of a request, and be idle before it.
const HEAD_DEADLINE: Duration = Duration::from_secs(10);
/// HTTP/1.1: what a connection may buffer besides the body of a delivery. Also the largest head.
const READ_BUFFER: usize = 16 * 1024;
/// HTTP/2: the requests of a connection at a time. With all connections that is 4,096, which hold half
/// of the budget if each of them is as heavy as one may be that does not make room first.
const STREAMS: u32 = 8;
/// HTTP/2: the largest head. Compressed, it may be a hundredth of that on the wire.
const HEADER_LIST: u32 = 16 * 1024;
/// HTTP/2: what a connection may send ahead of its readers.
const WINDOW: u32 = 256 * 1024;
/// HTTP/2: how often a silent client is asked whether it is there, and how long it may take to say so.
const PING: Duration = Duration::from_secs(10);

/// Serves until Ctrl-C or SIGTERM, and then finishes what is in flight. The second one ends it at
/// once.
pub(crate) async fn serve(
    listener: TcpListener,
    live: &Live,
    service: impl App + Clone,
    stopped: &Stop,
) {
    let crowd = Crowd::new(CONNECTIONS);
    let (stop, stopping) = watch::channel(false);
    let mut signal = pin!(stopped.told(1));
    loop {
        let (socket, place) = tokio::select! {
            accepted = crowd.accept(&listener) => accepted,
            () = &mut signal => break,
        };
        // The answers are smaller than a packet, and there is nothing to wait for.
        let _ = socket.set_nodelay(true);
        tokio::spawn(converse(socket, live.tls(), service.clone(), place, stopping.clone()));
    }
    eprintln!("stopping; what is in flight is finished");
    drop(listener);
    stop.send_replace(true);
    tokio::select! {
        _ = timeout(STOP_DEADLINE, crowd.emptied()) => {}
        () = stopped.told(2) => {}
    }
}

/// Serves one connection to its end.
async fn converse(
    socket: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    tls: Arc<ServerConfig>,
    app: impl App,
    mut place: Place,
    stopping: watch::Receiver<bool>,
) {
    let handshake = timeout(HANDSHAKE_DEADLINE, TlsAcceptor::from(tls).accept(socket));
    let stream = tokio::select! {
        shaken = handshake => shaken,
        () = place.asked() => return,
    };
    let Ok(Ok(stream)) = stream else { return };
    let guest = place.guest();
    let service = service_fn(move |request| answer(&app, &guest, request));
    let is_http_2 = stream.get_ref().1.alpn_protocol() == Some(tls::HTTP_2);
    let stream = TokioIo::new(stream);
    if is_http_2 {
        let mut server = http2::Builder::new(TokioExecutor::new());
        server
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS)
            .max_header_list_size(HEADER_LIST)
            .initial_stream_window_size(WINDOW)
            .initial_connection_window_size(WINDOW)
            .keep_alive_interval(PING)
            .keep_alive_timeout(PING);
        finish(server.serve_connection(stream, service), place, stopping).await;
    } else {
        let mut server = http1::Builder::new();
        server
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_DEADLINE)
            .max_buf_size(READ_BUFFER)
            // A client that has sent all it has to say still waits for the answer.
            .half_close(true);
        finish(server.serve_connection(stream, service), place, stopping).await;
    }
}

/// Hands a request on with whose connection it came over.
fn answer<A: App>(
    app: &A,
    guest: &Guest,
    mut request: Request<Incoming>,
) -> impl Future<Output = Result<Response<Body>, Infallible>> + Send + use<A> {
    let answer = if is_host_sound(request.version(), request.headers()) {
        request.extensions_mut().insert(guest.clone());
        Ok(app.call(request))
    } else {
        Err(without_host())
    };
    async move {
        match answer {
            Ok(answer) => answer.await,
            Err(refused) => Ok(refused),
        }
    }
}

/// The answer of RFC 9112, after which the connection ends: who sends that may mean several servers.
fn without_host() -> Response<Body> {
    let mut refused = bare(StatusCode::BAD_REQUEST).map(Body::Left);
    refused.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    refused
}

#[cfg(test)]
mod tests;
