//! What operators ask: on an address of its own, because the one for deliveries is open to the world.

use std::{io, net::TcpListener};

use actix_web::{
    App, HttpResponse, HttpServer,
    dev::ServerHandle,
    web::{self, Data},
};
use bridge_common::Gauges;
use metrics_exporter_prometheus::PrometheusHandle;
use verify_actix::Connections;
use verify_outbox::{Outbox, StoreError};

/// How many connections there may be. At the limit the oldest makes room.
const CONNECTIONS: usize = 64;

#[derive(Clone)]
pub(crate) struct Admin {
    pub(crate) outbox: Outbox,
    pub(crate) prometheus: PrometheusHandle,
    pub(crate) gauges: Gauges,
}

/// Begins to answer.
pub(crate) fn serve(listener: TcpListener, admin: Admin) -> io::Result<ServerHandle> {
    let connections = Connections::new(CONNECTIONS);
    let on_connect = connections.on_connect();
    let app = move || {
        App::new()
            .wrap(connections.clone())
            .app_data(Data::new(admin.clone()))
            .route("/healthz", web::get().to(async || "ok\n"))
            .route("/readyz", web::get().to(ready))
            .route("/metrics", web::get().to(metrics))
    };
    let server = HttpServer::new(app)
        .workers(1)
        .on_connect(on_connect)
        .max_connections(CONNECTIONS * 2)
        .disable_signals()
        .listen(listener)?
        .run();
    let handle = server.handle();
    tokio::spawn(server);
    Ok(handle)
}

/// Whether a delivery could be kept.
async fn ready(admin: Data<Admin>) -> HttpResponse {
    match admin.outbox.check().await {
        Ok(()) => HttpResponse::Ok().body("ready\n"),
        Err(error) => unavailable(&error),
    }
}

async fn metrics(admin: Data<Admin>) -> HttpResponse {
    let gauges = admin.gauges.clone();
    let recorded = web::block(move || gauges.record()).await;
    match recorded.unwrap_or(Err(StoreError::Closed)) {
        Ok(()) => {
            let text = admin.prometheus.render();
            HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(text)
        }
        Err(error) => unavailable(&error),
    }
}

fn unavailable(error: &StoreError) -> HttpResponse {
    HttpResponse::ServiceUnavailable().body(format!("{error}\n"))
}
