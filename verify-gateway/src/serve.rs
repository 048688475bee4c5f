//! Serves connections under limits: plain in HTTP/1.1, and behind TLS in HTTP/1.1 and HTTP/2.

use bridge_common::{Live, serve_until_stopped};
use tokio::net::TcpListener;
use verify_hyper::Server;

use crate::{config, service::App};

/// Serves until it is told to stop, and then finishes what is in flight. Told again, it waits for nobody.
pub(crate) async fn serve(
    listener: TcpListener,
    live: &Live<config::Live>,
    app: impl App,
    connections: u32,
) {
    let server = Server::new().connections(connections);
    let tls = || live.load().tls.clone();
    serve_until_stopped(|stop| server.serve_tls(listener, app, tls, stop)).await;
}
