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

/// Bounds the connections of an `HttpServer`, on every path: how many there are, how long each lasts, and
/// how much of a body is read that no handler reads.
///
/// actix-web bounds the head of a connection's first request and the time between two requests. It has no
/// deadline for what is in between: a chunked body that a handler leaves unread, a second head, a client
/// that does not read its answer. Each of these keeps a connection, and so a file of the process, for as
/// long as the client likes. [`Verify`](crate::Verify) bounds the deliveries that it guards; this bounds
/// all other paths too.
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
/// - **At the limit the oldest connection makes room for the newest**: the oldest of those on which no
///   verified delivery is being handled. If there is none, the newest is closed.
/// - **At its age a connection is closed**, once no verified delivery is being handled. From half of the age
///   on, answers say `connection: close`, so a client that keeps to HTTP is not cut off in the middle.
/// - **Where a handler leaves a body unread**, the answer says close, and actix closes the connection one
///   `client_disconnect_timeout` (1 s) later.
/// - **After an answer that says close no other request is answered.** actix would answer what the client
///   had sent ahead.
///
/// Clones share the limit: one for each server, or one for several. Each connection takes a second file
/// (`ulimit -n`), because actix lets nobody else close its sockets: leave room for twice the limit.
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

    /// Closes a connection without an answer on which the head of the first request does not come in this
    /// time. Take `HttpServer::client_request_timeout(Duration::ZERO)` with it: actix's own timeout (5 s)
    /// answers 408, after which MLflow gives a delivery up; it tries again after a closed connection.
    pub fn with_head_timeout(mut self, timeout: Duration) -> Self {
        self.rules.head = Some(timeout);
        self
    }

    /// Makes each answer the last of its connection. `HttpServer::keep_alive(KeepAlive::Disabled)` says the
    /// same to the client, but goes on answering what the client had sent ahead.
    pub fn without_keep_alive(mut self) -> Self {
        self.rules.keeps_alive = false;
        self
    }

    /// Makes the function for `HttpServer::on_connect`, for servers without TLS.
    pub fn on_connect(&self) -> impl Fn(&dyn Any, &mut Extensions) + Send + Sync + use<> {
        self.on_connect_with(|io| io.downcast_ref())
    }

    /// The same for another kind of stream, of which `socket` finds the socket: with TLS, for example
    /// `|io| Some(io.downcast_ref::<TlsStream<TcpStream>>()?.get_ref().0)`.
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
