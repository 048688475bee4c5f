//! What operators ask: on an address of its own, because the one for deliveries is open to the world.

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use bridge_common::Gauges;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::task::spawn_blocking;
use verify_outbox::{Outbox, StoreError};

#[derive(Clone)]
pub(crate) struct Admin {
    pub(crate) outbox: Outbox,
    pub(crate) prometheus: PrometheusHandle,
    pub(crate) gauges: Gauges,
}

pub(crate) fn app(admin: Admin) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(admin)
}

/// Whether a delivery could be kept.
async fn ready(State(admin): State<Admin>) -> Response {
    match admin.outbox.check().await {
        Ok(()) => "ready\n".into_response(),
        Err(error) => unavailable(&error),
    }
}

async fn metrics(State(admin): State<Admin>) -> Response {
    let gauges = admin.gauges.clone();
    let recorded = spawn_blocking(move || gauges.record()).await;
    match recorded.unwrap_or(Err(StoreError::Closed)) {
        Ok(()) => {
            let text = [(CONTENT_TYPE, "text/plain; version=0.0.4")];
            (text, admin.prometheus.render()).into_response()
        }
        Err(error) => unavailable(&error),
    }
}

fn unavailable(error: &StoreError) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response()
}
