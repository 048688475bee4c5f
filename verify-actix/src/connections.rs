mod connection;
mod guard;
mod table;
mod unread;

use core::{
    any::Any,
    future::{Ready, ready},
    time::Duration,
};
use std::{io, net, sync::Once};

use actix_web::{
    body::{BoxBody, MessageBody},
    dev::{Extensions, Service, ServiceRequest, ServiceResponse, Transform},
    rt::net::TcpStream,
};
use verify_adapter::LOG_TARGET;

pub(crate) use self::connection::Connection;
pub use self::guard::ConnectionsMiddleware;
use self::table::{Places, Rules};

/// Limits the connections of an `HttpServer`, on every path: their number, their age, and how much is
/// read of a body that no handler reads.
///
/// actix-web limits the time for the head of a connection's first request and the time between two
/// requests. It has no deadline for a chunked body that a handler leaves unread, for a second head, or
/// for a client that does not read its answer. Each of these keeps a connection, and so a file
/// descriptor, for as long as the client likes. [`Verify`](crate::Verify) limits the deliveries that it
/// guards. `Connections` limits all other paths too.
///
/// ```
/// use actix_web::{App, HttpServer};
/// use verify_actix::Connections;
///
/// let connections = Connections::new(256);
/// let on_connect = connections.on_connect();
/// let server = HttpServer::new(move || {
///     App::new() // .service(..)
///         // The last `wrap` is the outermost middleware.
///         .wrap(connections.clone())
/// })
/// .on_connect(on_connect);
/// # drop(server);
/// ```
///
/// - **At the limit the oldest connection makes room for the newest.** A connection on which a
///   verified delivery is being handled stays. If all are such connections, the newest is closed.
/// - **A connection that reaches its age is closed**, unless a verified delivery is being handled. From half
///   of the age on, answers say `connection: close`, so a client that follows HTTP is not cut off in the
///   middle of a request.
/// - **If a handler leaves a body unread**, the answer says `connection: close`, and actix closes the
///   connection one `client_disconnect_timeout` (1 s) later.
/// - **After an answer with `connection: close` no other request is answered.** actix would answer
///   requests that the client sent ahead.
///
/// Clones share the limit, so several servers can share one. Each connection takes a second file
/// descriptor, because actix lets nobody else close its sockets: set `ulimit -n` above twice the limit.
#[derive(Clone, Debug)]
#[must_use]
pub struct Connections {
    places: Places,
    rules: Rules,
}

impl Connections {
    /// Allows `limit` connections at a time, each for 60 s.
    pub fn new(limit: usize) -> Self {
        let rules = Rules { age: Duration::from_secs(60), head: None, keeps_alive: true };
        Self { places: Places::new(limit), rules }
    }

    /// Sets how long a connection may last. Without it: 60 s. Downloads, uploads and WebSockets on the same
    /// server end with it, too.
    pub fn with_age(mut self, age: Duration) -> Self {
        self.rules.age = age;
        self
    }

    /// Closes a connection, without an answer, if the head of the first request does not arrive in this
    /// time. Set `HttpServer::client_request_timeout(Duration::ZERO)` as well: actix's own timeout (5 s)
    /// answers 408, and MLflow then gives the delivery up. After a closed connection MLflow tries again.
    pub fn with_head_timeout(mut self, timeout: Duration) -> Self {
        self.rules.head = Some(timeout);
        self
    }

    /// Makes each answer the last on its connection. `HttpServer::keep_alive(KeepAlive::Disabled)` tells
    /// the client the same, but goes on answering requests that the client sent ahead.
    pub fn without_keep_alive(mut self) -> Self {
        self.rules.keeps_alive = false;
        self
    }

    /// Makes the function for `HttpServer::on_connect`, for servers without TLS.
    pub fn on_connect(&self) -> impl Fn(&dyn Any, &mut Extensions) + Send + Sync + use<> {
        self.on_connect_with(|io| io.downcast_ref())
    }

    /// The same for another kind of stream. `socket` returns the socket of the stream: with TLS, for
    /// example `|io| Some(io.downcast_ref::<TlsStream<TcpStream>>()?.get_ref().0)`.
    pub fn on_connect_with<F>(
        &self,
        socket: F,
    ) -> impl Fn(&dyn Any, &mut Extensions) + Send + Sync + use<F>
    where
        F: Fn(&dyn Any) -> Option<&TcpStream> + Send + Sync,
    {
        let Self { places, rules } = self.clone();
        move |io, extensions| match socket(io) {
            Some(socket) => {
                let place = places.take(|| duplicate(socket));
                extensions.insert(Connection::new(place, rules));
            }
            None => tell_once(),
        }
    }
}

/// A second handle: actix owns the first one and does not give it away.
#[cfg(unix)]
fn duplicate(socket: &TcpStream) -> io::Result<net::TcpStream> {
    use std::os::fd::AsFd;

    Ok(socket.as_fd().try_clone_to_owned()?.into())
}

#[cfg(windows)]
fn duplicate(socket: &TcpStream) -> io::Result<net::TcpStream> {
    use std::os::windows::io::AsSocket;

    Ok(socket.as_socket().try_clone_to_owned()?.into())
}

fn tell_once() {
    static TOLD: Once = Once::new();
    TOLD.call_once(|| {
        tracing::error!(
            target: LOG_TARGET,
            "connections have no limit: `Connections::on_connect` knows TCP without TLS only; \
             use `on_connect_with`"
        );
    });
}

impl<S, B> Transform<S, ServiceRequest> for Connections
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>> + 'static,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = S::Error;
    type Transform = ConnectionsMiddleware<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(ConnectionsMiddleware::new(service)))
    }
}
