//! Serves an application under limits. HTTP/1.1, which is what the senders speak; where HTTP/2 is
//! served, its streams and header lists need limits as well, for which actix has no setting.

use core::time::Duration;
use std::{io, net::TcpListener};

use actix_web::{App, HttpServer, web::ServiceConfig};
use bridge_common::{say, stopped};
use verify_actix::Connections;

/// How many connections there may be. At the limit the oldest makes room. Each takes two files, of the 1,024
/// that a process usually may open.
const CONNECTIONS: usize = 256;
/// How long a client may take over the head of a request.
const HEAD_DEADLINE: Duration = Duration::from_secs(10);
/// How long what is in flight may take once it is to stop, in seconds: the deadline of a delivery,
/// and some.
const STOP_DEADLINE: u64 = 15;

/// Serves until Ctrl-C or SIGTERM, and then finishes what is in flight. The second one ends it at
/// once.
pub(crate) async fn serve(
    listener: TcpListener,
    configure: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
) -> io::Result<()> {
    // The deadline for heads holds for the first request of a connection only, so there is no second.
    let connections =
        Connections::new(CONNECTIONS).without_keep_alive().with_head_timeout(HEAD_DEADLINE);
    let on_connect = connections.on_connect();
    let app = move || App::new().configure(configure.clone()).wrap(connections.clone());
    let server = HttpServer::new(app)
        .on_connect(on_connect)
        // Of each worker, before `on_connect` is asked: at fewer than this, nobody would make room.
        .max_connections(CONNECTIONS + CONNECTIONS / 4)
        // actix's own would answer 408, after which MLflow gives a delivery up.
        .client_request_timeout(Duration::ZERO)
        .shutdown_timeout(STOP_DEADLINE)
        // actix's own would end what is in flight on Ctrl-C.
        .disable_signals()
        .listen(listener)?
        .run();
    let stop = server.handle();
    let mut server = tokio::spawn(server);
    tokio::select! {
        ended = &mut server => return ended?,
        () = stopped(1) => {}
    }
    say("stopping; what is in flight is finished");
    tokio::select! {
        () = stop.stop(true) => {}
        () = stopped(2) => {}
    }
    Ok(())
}
