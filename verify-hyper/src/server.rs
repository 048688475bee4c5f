use core::{convert::Infallible, future::Future, pin::pin, time::Duration};

use http::{HeaderValue, Request, Response, StatusCode, header::CONNECTION};
use http_body::Body;
use http_body_util::{Either, Empty};
use hyper::{
    body::Incoming,
    server::conn::http1::Builder,
    service::{Service as _, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    time::timeout,
};
use tower_service::Service;

use crate::{Crowd, Guest, Place, finish, is_host_sound};

/// Serves a service under the limits of the crate's page.
///
/// # Examples
///
/// ```no_run
/// # async fn run(listener: tokio::net::TcpListener, app: axum::Router) {
/// // For operators, on an address of their own.
/// verify_hyper::Server::new().connections(64).serve(listener, app, core::future::pending()).await;
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Server {
    connections: u32,
    head_deadline: Duration,
    read_buffer: usize,
    pub(crate) stop_deadline: Duration,
}

impl Server {
    /// Makes a server with the default limits.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            connections: 512,
            head_deadline: Duration::from_secs(10),
            read_buffer: 16 * 1024,
            // A handler under `verify-once` may take 20 s.
            stop_deadline: Duration::from_secs(25),
        }
    }

    /// Serves this many connections at a time. For each further connection, a connection without verified
    /// deliveries makes room.
    #[must_use]
    pub const fn connections(mut self, most: u32) -> Self {
        self.connections = most;
        self
    }

    /// Sets how long a client may take for the head of a request, and how long it may be idle
    /// before that.
    #[must_use]
    pub const fn head_deadline(mut self, deadline: Duration) -> Self {
        self.head_deadline = deadline;
        self
    }

    /// Sets how much a connection may buffer besides the body of a delivery, in bytes: 8 KiB at least. It is also
    /// the largest head.
    #[must_use]
    pub const fn read_buffer(mut self, most: usize) -> Self {
        self.read_buffer = most;
        self
    }

    /// Sets how long what is in flight may take once it is to stop, or once a connection is to end. It should be a little
    /// more than a body may take to arrive and your handler then.
    #[must_use]
    pub const fn stop_deadline(mut self, deadline: Duration) -> Self {
        self.stop_deadline = deadline;
        self
    }

    /// Serves plain HTTP/1.1, which the senders speak, until `stop` is ready. Then it takes no more connections and
    /// finishes what is in flight, for as long as the [stop deadline](Self::stop_deadline) says.
    ///
    /// Each request has the [`Guest`] of its connection in its extensions, where [`KeepPlaceLayer`] finds it.
    ///
    /// [`KeepPlaceLayer`]: crate::KeepPlaceLayer
    pub async fn serve<S, B>(self, listener: TcpListener, app: S, stop: impl Future<Output = ()>)
    where
        S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
        S: Clone + Send + 'static,
        S::Future: Send,
        B: Body<Data: Send, Error: Into<Box<dyn core::error::Error + Send + Sync>>>,
        B: Send + 'static,
    {
        let (server, stop_deadline) = (self.http_1(), self.stop_deadline);
        let converse = move |socket: TcpStream, place: Place, ending| {
            let (app, guest) = (app.clone(), place.guest());
            let service = service_fn(move |request| answer(app.clone(), guest.clone(), request));
            let connection = server.serve_connection(TokioIo::new(socket), service);
            finish(connection, place, ending, stop_deadline)
        };
        self.take(listener, stop, converse).await;
    }

    /// How a connection speaks HTTP/1.1.
    pub(crate) fn http_1(&self) -> Builder {
        let mut server = Builder::new();
        server
            .timer(TokioTimer::new())
            .header_read_timeout(self.head_deadline)
            // hyper needs so much.
            .max_buf_size(self.read_buffer.max(8 * 1024))
            // A client that has sent all it has to say still waits for the answer.
            .half_close(true)
            // Answers are small. To copy one costs less than the call of the kernel that takes it in pieces.
            .writev(false);
        server
    }

    /// Takes connections until it is to stop.
    pub(crate) async fn take<F: Future<Output = ()> + Send + 'static>(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()>,
        converse: impl Fn(TcpStream, Place, watch::Receiver<bool>) -> F,
    ) {
        let crowd = Crowd::new(self.connections);
        let (end, ending) = watch::channel(false);
        let mut stop = pin!(stop);
        loop {
            let (socket, place) = tokio::select! {
                accepted = crowd.accept(&listener) => accepted,
                () = &mut stop => break,
            };
            // The answers are smaller than a packet, and there is nothing to wait for.
            let _ = socket.set_nodelay(true);
            tokio::spawn(converse(socket, place, ending.clone()));
        }
        drop(listener);
        end.send_replace(true);
        let _ = timeout(self.stop_deadline, crowd.emptied()).await;
    }
}

impl Default for Server {
    fn default() -> Self {
        Self::new()
    }
}

/// Hands a request on with whose connection it came over.
pub(crate) async fn answer<S, B>(
    app: S,
    guest: Guest,
    mut request: Request<Incoming>,
) -> Result<Response<Either<Empty<B::Data>, B>>, Infallible>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone,
    B: Body,
{
    if !is_host_sound(request.version(), request.headers()) {
        // Who sends that may mean several servers, so the connection ends.
        let mut refused = Response::new(Either::Left(Empty::new()));
        *refused.status_mut() = StatusCode::BAD_REQUEST;
        refused.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        return Ok(refused);
    }
    request.extensions_mut().insert(guest);
    Ok(TowerToHyperService::new(app).call(request).await?.map(Either::Right))
}
