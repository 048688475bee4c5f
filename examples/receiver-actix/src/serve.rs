//! Serves an application under limits, in HTTP/1.1, which the senders speak. HTTP/2 would need
//! limits on streams and header lists, for which actix has no setting.

use core::time::Duration;
use std::{io, net::TcpListener};

use actix_web::{App, HttpServer, web::ServiceConfig};
use verify_actix::Connections;

use crate::stop::Stop;

/// The most connections. At the limit the oldest makes room. Each takes two of the 1,024 file descriptors
/// that a process usually may open.
const CONNECTIONS: usize = 256;
/// How long a client may take for the head of a request.
const HEAD_DEADLINE: Duration = Duration::from_secs(10);
/// How long requests in flight may take after the signal to stop, in seconds: a bit more than the 20 s that a handler may
/// take under `ONCE_STORE`.
const STOP_DEADLINE: u64 = 25;

/// Serves until Ctrl-C or SIGTERM, and then finishes what is in flight. A second signal ends it at
/// once.
pub(crate) async fn serve(
    listener: TcpListener,
    configure: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
    stopped: &Stop,
) -> io::Result<()> {
    // The deadline for heads is only for the first request of a connection, so there is no second
    // request.
    let connections =
        Connections::new(CONNECTIONS).without_keep_alive().with_head_timeout(HEAD_DEADLINE);
    let on_connect = connections.on_connect();
    let app = move || App::new().configure(configure.clone()).wrap(connections.clone());
    let server = HttpServer::new(app)
        .on_connect(on_connect)
        // For each worker, before `on_connect` is called. With fewer, no connection would make
        // room.
        .max_connections(CONNECTIONS + CONNECTIONS / 4)
        // actix's own timeout would answer 408, and MLflow would give the delivery up.
        .client_request_timeout(Duration::ZERO)
        .shutdown_timeout(STOP_DEADLINE)
        // actix's own handler would end what is in flight on Ctrl-C.
        .disable_signals()
        .listen(listener)?
        .run();
    let stop = server.handle();
    let mut server = tokio::spawn(server);
    tokio::select! {
        ended = &mut server => return ended?,
        () = stopped.told(1) => {}
    }
    eprintln!("stopping; what is in flight is finished");
    tokio::select! {
        () = stop.stop(true) => {}
        () = stopped.told(2) => {}
    }
    Ok(())
}
