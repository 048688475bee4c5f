//! A server on a socket of its own, and deliveries without a server.

use core::{convert::Infallible, net::SocketAddr};

use adapters::{SECRET, signed_with_length};
use axum::body::Body;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::net::TcpListener;
use tower::Service;
use verify_axum::Sender;

/// Builds a request that a verifier with [`SECRET`] accepts.
pub(crate) fn delivery(sender: Sender, body: impl Into<Vec<u8>>) -> Request<Body> {
    let body = body.into();
    let mut request = Request::post("/");
    for (name, value) in signed_with_length(sender, SECRET, &body) {
        request = request.header(name, value);
    }
    request.body(body.into()).unwrap()
}

/// Serves HTTP/1.1 and HTTP/2 with bare hyper until the test ends.
pub(crate) async fn serve<S, B>(service: S) -> SocketAddr
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn core::error::Error + Send + Sync>>,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let service = TowerToHyperService::new(service.clone());
            tokio::spawn(async move {
                let server = auto::Builder::new(TokioExecutor::new());
                // An error is a client that went away, which some tests do.
                let _ = server.serve_connection(TokioIo::new(socket), service).await;
            });
        }
    });
    address
}
