//! Serves connections under limits: plain in HTTP/1.1, and behind TLS in HTTP/1.1 and HTTP/2.

use core::{convert::Infallible, future::Future, pin::pin, time::Duration};
use std::sync::Arc;

use bridge_common::{Live, say, stopped};
use http::{HeaderValue, Request, Response, StatusCode, header::CONNECTION};
use http_body_util::Either;
use hyper::{
    body::Incoming,
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::watch,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};
use verify_hyper::{Crowd, Guest, Place, STOP_DEADLINE, finish, is_host_sound};

use crate::{
    config,
    deliver::bare,
    service::{App, Body},
    tls::HTTP_2,
};

/// How long a client may take over the handshake of TLS.
const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(10);
/// HTTP/1.1: how long a client may take over the head of a request, and be idle before it.
const HEAD_DEADLINE: Duration = Duration::from_secs(10);
/// HTTP/1.1: what a connection may buffer besides the body of a delivery. Also the largest head.
const READ_BUFFER: usize = 16 * 1024;
/// HTTP/2: the requests of a connection at a time.
const STREAMS: u32 = 8;
/// HTTP/2: the largest head. Compressed, it may be a hundredth of that on the wire.
const HEADER_LIST: u32 = 16 * 1024;
/// HTTP/2: what a connection may send ahead of its readers.
const WINDOW: u32 = 256 * 1024;
/// HTTP/2: how often a silent client is asked whether it is there, and how long it may take to say so.
const PING: Duration = Duration::from_secs(10);

/// Serves until it is told to stop, and then finishes what is in flight. Told again, it waits for nobody.
pub(crate) async fn serve(
    listener: TcpListener,
    live: &Live<config::Live>,
    app: impl App,
    connections: u32,
) {
    let crowd = Crowd::new(connections);
    let (stop, stopping) = watch::channel(false);
    let mut told = pin!(stopped(1));
    loop {
        let (socket, place) = tokio::select! {
            accepted = crowd.accept(&listener) => accepted,
            () = &mut told => break,
        };
        // The answers are smaller than a packet, and there is nothing to wait for.
        let _ = socket.set_nodelay(true);
        tokio::spawn(converse(
            socket,
            live.load().tls.clone(),
            app.clone(),
            place,
            stopping.clone(),
        ));
    }
    say("stopping; what is in flight is finished");
    drop(listener);
    stop.send_replace(true);
    tokio::select! {
        _ = timeout(STOP_DEADLINE, crowd.emptied()) => {}
        () = stopped(2) => {}
    }
}

/// Serves one connection to its end.
async fn converse(
    socket: TcpStream,
    tls: Option<Arc<ServerConfig>>,
    app: impl App,
    mut place: Place,
    stopping: watch::Receiver<bool>,
) {
    let Some(tls) = tls else {
        return speak(socket, false, app, place, stopping).await;
    };
    let handshake = timeout(HANDSHAKE_DEADLINE, TlsAcceptor::from(tls).accept(socket));
    let stream = tokio::select! {
        shaken = handshake => shaken,
        () = place.asked() => return,
    };
    let Ok(Ok(stream)) = stream else { return };
    let is_http_2 = stream.get_ref().1.alpn_protocol() == Some(HTTP_2);
    speak(stream, is_http_2, app, place, stopping).await;
}

async fn speak(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    is_http_2: bool,
    app: impl App,
    place: Place,
    stopping: watch::Receiver<bool>,
) {
    let guest = place.guest();
    let service = service_fn(move |request| answer(app.clone(), guest.clone(), request));
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
    mut app: A,
    guest: Guest,
    mut request: Request<Incoming>,
) -> impl Future<Output = Result<Response<Body>, Infallible>> + Send + use<A> {
    let answered = if is_host_sound(request.version(), request.headers()) {
        request.extensions_mut().insert(guest);
        // It is always ready.
        Ok(app.call(request))
    } else {
        Err(without_host())
    };
    async move {
        match answered {
            Ok(answer) => answer.await,
            Err(refused) => Ok(refused),
        }
    }
}

/// The answer of RFC 9112, after which the connection ends: who sends that may mean several servers.
fn without_host() -> Response<Body> {
    let mut refused = bare(StatusCode::BAD_REQUEST).map(Either::Left);
    refused.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    refused
}
