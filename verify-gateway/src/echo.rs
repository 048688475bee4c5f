//! The service behind a try-out: it prints what it is sent.

use core::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use tokio::net::TcpListener;
use verify_hyper::Server;

/// Answers 204 to all that it is sent, until it is dropped.
pub(crate) async fn serve(listener: TcpListener) {
    let app = tower::service_fn(echo);
    Server::new().serve(listener, app, core::future::pending()).await;
}

async fn echo(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    println!("\nyour service is sent: {} {}", head.method, head.uri.path());
    for (name, value) in &head.headers {
        println!("  {name}: {}", value.to_str().unwrap_or_default().escape_debug());
    }
    println!("  {}", String::from_utf8_lossy(&body).escape_debug());
    let mut answer = Response::default();
    *answer.status_mut() = StatusCode::NO_CONTENT;
    Ok(answer)
}
