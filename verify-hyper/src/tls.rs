//! Connections behind TLS.

use core::{convert::Infallible, future::Future, time::Duration};
use std::sync::Arc;

use http::{Request, Response};
use http_body::Body;
use hyper::{body::Incoming, server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::watch,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};
use tower_service::Service;

use crate::{Place, Server, finish, server::answer};

/// What a client chooses HTTP/2 by. One that chooses nothing speaks HTTP/1.1.
pub(crate) const HTTP_2: &[u8] = b"h2";

/// How long a client may take over the handshake of TLS.
const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(10);
/// HTTP/2: the requests of a connection at a time. With all connections that is 4,096, which hold half of the budget of
/// `verify-axum` if each of them is as heavy as one may be that does not make room first.
const STREAMS: u32 = 8;
/// HTTP/2: the largest head. Compressed, it may be a hundredth of that on the wire.
const HEADER_LIST: u32 = 16 * 1024;
/// HTTP/2: what a connection may send ahead of its readers.
const WINDOW: u32 = 256 * 1024;
/// HTTP/2: how often a silent client is asked whether it is there, and how long it may take to say so.
const PING: Duration = Duration::from_secs(10);

impl Server {
    /// Serves like [`serve`](Self::serve), with TLS, in HTTP/1.1 and HTTP/2. `tls` is asked for each new
    /// connection, so you can replace the certificate. If it returns `None`, the connection is plain HTTP/1.1.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn run(
    /// #     listener: tokio::net::TcpListener, app: axum::Router,
    /// # ) -> Result<(), verify_hyper::CertificateError> {
    /// let tls = std::sync::Arc::new(verify_hyper::read_certificate("certificate.pem", "key.pem")?);
    /// let stop = async { _ = tokio::signal::ctrl_c().await };
    /// verify_hyper::Server::new().serve_tls(listener, app, move || Some(tls.clone()), stop).await;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn serve_tls<S, B>(
        self,
        listener: TcpListener,
        app: S,
        tls: impl Fn() -> Option<Arc<ServerConfig>>,
        stop: impl Future<Output = ()>,
    ) where
        S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
        S: Clone + Send + 'static,
        S::Future: Send,
        B: Body<Data: Send, Error: Into<Box<dyn core::error::Error + Send + Sync>>>,
        B: Send + 'static,
    {
        let server = self.clone();
        let converse = move |socket, place, ending| {
            converse(server.clone(), socket, tls(), app.clone(), place, ending)
        };
        self.take(listener, stop, converse).await;
    }
}

/// Serves one connection to its end.
async fn converse<S, B>(
    server: Server,
    socket: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    tls: Option<Arc<ServerConfig>>,
    app: S,
    mut place: Place,
    ending: watch::Receiver<bool>,
) where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
    B: Body<Data: Send, Error: Into<Box<dyn core::error::Error + Send + Sync>>>,
    B: Send + 'static,
{
    let (guest, stop_deadline) = (place.guest(), server.stop_deadline);
    let service = service_fn(move |request| answer(app.clone(), guest.clone(), request));
    let Some(tls) = tls else {
        let connection = server.http_1().serve_connection(TokioIo::new(socket), service);
        return finish(connection, place, ending, stop_deadline).await;
    };
    let handshake = timeout(HANDSHAKE_DEADLINE, TlsAcceptor::from(tls).accept(socket));
    let stream = tokio::select! {
        shaken = handshake => shaken,
        () = place.asked() => return,
    };
    let Ok(Ok(stream)) = stream else { return };
    let is_http_2 = stream.get_ref().1.alpn_protocol() == Some(HTTP_2);
    let stream = TokioIo::new(stream);
    if is_http_2 {
        let connection = http_2().serve_connection(stream, service);
        finish(connection, place, ending, stop_deadline).await;
    } else {
        let connection = server.http_1().serve_connection(stream, service);
        finish(connection, place, ending, stop_deadline).await;
    }
}

/// How a connection speaks HTTP/2.
fn http_2() -> http2::Builder<TokioExecutor> {
    let mut server = http2::Builder::new(TokioExecutor::new());
    server
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEADER_LIST)
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(WINDOW)
        .keep_alive_interval(PING)
        .keep_alive_timeout(PING);
    server
}

#[cfg(test)]
mod tests;
