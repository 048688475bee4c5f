//! Serves connections under limits: plain in HTTP/1.1, and behind TLS in HTTP/1.1 and HTTP/2.

use core::cell::Cell;

use bridge_common::{Live, serve_until_stopped};
use tokio::{
    net::TcpListener,
    time::{Instant, timeout_at},
};
use verify_hyper::Server;

use crate::{
    afterwards::Afterwards,
    config::{self, Limits},
    service::App,
};

/// Serves until it is told to stop, and then finishes what is in flight. Told again, it waits for nobody.
pub(crate) async fn serve(
    listener: TcpListener,
    live: &Live<config::Live>,
    app: impl App,
    limits: &Limits,
    afterwards: &Afterwards,
) {
    let deadline = limits.stop();
    let server = Server::new().connections(limits.connections).stop_deadline(deadline);
    let tls = || live.load().tls.clone();
    let until = Cell::new(None);
    serve_until_stopped(async |stop| {
        let stop = async {
            stop.await;
            until.set(Some(Instant::now() + deadline));
        };
        server.serve_tls(listener, app, tls, stop).await;
        // What comes to nobody's connection any more.
        let until = until.get().unwrap_or_else(Instant::now);
        let _ = timeout_at(until, afterwards.ended()).await;
    })
    .await;
}
