//! What operators ask: on an address of its own, because the one for deliveries is open to the world.

use core::convert::Infallible;

use bridge_common::Gauges;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header::CONTENT_TYPE};
use http_body_util::Full;
use hyper::body::Incoming;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::{net::TcpListener, task::spawn_blocking};
use verify_hyper::Server;
use verify_once::Once;
use verify_outbox::{Outbox, StoreError};

/// Connections of operators: few, so that they leave files for deliveries.
const CONNECTIONS: u32 = 64;

#[derive(Clone)]
pub(crate) struct Admin {
    pub(crate) prometheus: PrometheusHandle,
    pub(crate) once: Option<Once>,
    pub(crate) outbox: Option<Outbox>,
    pub(crate) gauges: Option<Gauges>,
}

impl Admin {
    /// Answers until it is dropped.
    pub(crate) async fn serve(self, listener: TcpListener) {
        let app = tower::service_fn(move |request: Request<Incoming>| self.clone().answer(request));
        Server::new().connections(CONNECTIONS).serve(listener, app, core::future::pending()).await;
    }

    async fn answer<B>(self, request: Request<B>) -> Result<Response<Full<Bytes>>, Infallible> {
        let is_get = request.method() == Method::GET;
        Ok(match request.uri().path() {
            "/healthz" if is_get => Response::new("ok\n".into()),
            "/readyz" if is_get => self.ready().await,
            "/metrics" if is_get => self.metrics().await,
            _ => answer(StatusCode::NOT_FOUND, String::new()),
        })
    }

    /// Whether deliveries can be handled now.
    async fn ready(&self) -> Response<Full<Bytes>> {
        let once = match &self.once {
            Some(once) => once.ready().await.map_err(|error| format!("store of claims: {error}\n")),
            None => Ok(()),
        };
        let outbox = match &self.outbox {
            Some(outbox) => outbox.check().await.map_err(|error| format!("store: {error}\n")),
            None => Ok(()),
        };
        match once.and(outbox) {
            Ok(()) => Response::new("ready\n".into()),
            Err(text) => answer(StatusCode::SERVICE_UNAVAILABLE, text),
        }
    }

    async fn metrics(&self) -> Response<Full<Bytes>> {
        let recorded = match self.gauges.clone() {
            Some(gauges) => spawn_blocking(move || gauges.record()).await,
            None => Ok(Ok(())),
        };
        match recorded.unwrap_or(Err(StoreError::Closed)) {
            Ok(()) => {
                let mut text = Response::new(self.prometheus.render().into());
                let kind = HeaderValue::from_static("text/plain; version=0.0.4");
                text.headers_mut().insert(CONTENT_TYPE, kind);
                text
            }
            Err(error) => answer(StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")),
        }
    }
}

fn answer(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    let mut answer = Response::new(text.into());
    *answer.status_mut() = status;
    answer
}
