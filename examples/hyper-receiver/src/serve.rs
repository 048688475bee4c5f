//! Serves connections under limits, in HTTP/1.1 and HTTP/2, behind TLS.

use core::{pin::pin, time::Duration};
use std::sync::Arc;

use hyper::{
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::graceful::GracefulConnection,
};
use receiver_common::stopped;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::{Notify, OwnedSemaphorePermit, Semaphore, watch},
    time::{sleep, timeout},
};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};

use crate::{live::Live, service::App, tls};

/// How many connections there may be. More wait in the listener's backlog.
const CONNECTIONS: u32 = 512;
/// How long a client may take over the handshake of TLS.
const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(10);
/// How long a connection may last. HTTP/2 has no deadline for heads, and an open connection is a place
/// that somebody else does not get.
const CONNECTION_AGE: Duration = Duration::from_secs(300);
/// How long what is in flight may take once it is to stop: the deadline of a delivery, and some.
const STOP_DEADLINE: Duration = Duration::from_secs(15);
/// How long a connection may take to end that makes room for another.
const GOODBYE_DEADLINE: Duration = Duration::from_secs(1);
/// How long nobody else is asked to make room meanwhile.
const GOODBYE_ALONE: Duration = Duration::from_millis(100);

/// HTTP/1.1: how long a client may take over the head of a request, and be idle before it.
const HEAD_DEADLINE: Duration = Duration::from_secs(10);
/// HTTP/1.1: what a connection may buffer besides the body of a delivery. Also the largest head.
const READ_BUFFER: usize = 64 * 1024;
/// HTTP/2: the requests of a connection at a time.
const STREAMS: u32 = 16;
/// HTTP/2: the largest head. Compressed, it may be a hundredth of that on the wire.
const HEADER_LIST: u32 = 16 * 1024;
/// HTTP/2: what a connection may send ahead of its readers.
const WINDOW: u32 = 256 * 1024;
/// HTTP/2: how often a silent client is asked whether it is there, and how long it may take to say so.
const PING: Duration = Duration::from_secs(10);

/// Serves until Ctrl-C or SIGTERM, and then finishes what is in flight. The second one ends it at
/// once.
pub(crate) async fn serve(listener: TcpListener, live: &Live, service: impl App + Clone) {
    let places = Arc::new(Semaphore::new(CONNECTIONS as usize));
    let crowded = Arc::new(Notify::new());
    let (stop, stopping) = watch::channel(false);
    let mut signal = pin!(stopped(1));
    loop {
        let accepted = async {
            let (socket, _) = listener.accept().await.ok()?;
            Some((socket, place(&places, &crowded).await?))
        };
        let accepted = tokio::select! {
            accepted = accepted => accepted,
            () = &mut signal => break,
        };
        let Some((socket, place)) = accepted else {
            // Out of file descriptors, most likely: others will be closed.
            sleep(Duration::from_millis(100)).await;
            continue;
        };
        // The answers are smaller than a packet, and there is nothing to wait for.
        let _ = socket.set_nodelay(true);
        let around = Around { stopping: stopping.clone(), crowded: Arc::clone(&crowded) };
        let connection = converse(socket, live.tls(), service.clone(), around);
        tokio::spawn(async move {
            connection.await;
            drop(place);
        });
    }
    eprintln!("stopping; what is in flight is finished");
    drop(listener);
    stop.send_replace(true);
    tokio::select! {
        _ = timeout(STOP_DEADLINE, places.acquire_many(CONNECTIONS)) => {}
        () = stopped(2) => {}
    }
}

/// Waits for a place, and has another connection make room if there is none.
async fn place(places: &Arc<Semaphore>, crowded: &Notify) -> Option<OwnedSemaphorePermit> {
    if let Ok(place) = Arc::clone(places).try_acquire_owned() {
        return Some(place);
    }
    let place = loop {
        crowded.notify_one();
        // Whoever is asked may be silent, and then all others would wait for the deadline.
        if let Ok(place) = timeout(GOODBYE_ALONE, Arc::clone(places).acquire_owned()).await {
            break place.ok();
        }
    };
    // Nobody heard it who was idle: it must not end the next connection that is.
    pin!(crowded.notified()).enable();
    place
}

/// What a connection hears of besides its client.
struct Around {
    stopping: watch::Receiver<bool>,
    /// Whoever has waited for it the longest makes room for another connection.
    crowded: Arc<Notify>,
}

/// Serves one connection to its end.
async fn converse(
    socket: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    tls: Arc<ServerConfig>,
    service: impl App,
    around: Around,
) {
    let handshake = timeout(HANDSHAKE_DEADLINE, TlsAcceptor::from(tls).accept(socket));
    let stream = tokio::select! {
        shaken = handshake => shaken,
        () = around.crowded.notified() => return,
    };
    let Ok(Ok(stream)) = stream else { return };
    let (count, requests) = watch::channel(0_usize);
    let count = Arc::new(count);
    let service = service_fn(move |request| {
        let in_flight = InFlight::new(&count);
        let answer = service.call(request);
        async move {
            let answer = answer.await;
            drop(in_flight);
            answer
        }
    });
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
        finish(server.serve_connection(stream, service), requests, around).await;
    } else {
        let mut server = http1::Builder::new();
        server
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_DEADLINE)
            .max_buf_size(READ_BUFFER)
            // A client that has sent all it has to say still waits for the answer.
            .half_close(true);
        finish(server.serve_connection(stream, service), requests, around).await;
    }
}

/// Counts as a request that is in flight until it is dropped.
struct InFlight(Arc<watch::Sender<usize>>);

impl InFlight {
    fn new(count: &Arc<watch::Sender<usize>>) -> Self {
        count.send_modify(|count| *count = count.saturating_add(1));
        Self(Arc::clone(count))
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}

/// Lets a connection run until it ends, is too old, makes room for others, or everything is to stop.
async fn finish(
    connection: impl GracefulConnection,
    requests: watch::Receiver<usize>,
    Around { mut stopping, crowded }: Around,
) {
    let mut connection = pin!(connection);
    let deadline = tokio::select! {
        _ = connection.as_mut() => return,
        _ = stopping.wait_for(|is_stopping| *is_stopping) => STOP_DEADLINE,
        () = sleep(CONNECTION_AGE) => STOP_DEADLINE,
        () = make_room(requests.clone(), &crowded) => GOODBYE_DEADLINE,
    };
    connection.as_mut().graceful_shutdown();
    // An error is the client's, who is gone.
    let is_over = timeout(deadline, connection.as_mut()).await.is_ok();
    // A request that crossed the goodbye is answered all the same.
    if !is_over && *requests.borrow() > 0 {
        let _ = timeout(STOP_DEADLINE, connection).await;
    }
}

/// Waits until others wait for a place while nothing is in flight here.
async fn make_room(mut requests: watch::Receiver<usize>, crowded: &Notify) {
    while requests.wait_for(|count| *count == 0).await.is_ok() {
        tokio::select! {
            () = crowded.notified() => return,
            _ = requests.changed() => {}
        }
    }
}

#[cfg(test)]
mod tests;
