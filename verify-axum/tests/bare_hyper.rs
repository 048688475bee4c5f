//! The layer on bare hyper, without the feature `axum`: a service that takes the verified body from
//! the extensions.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

use core::{convert::Infallible, net::SocketAddr};
use std::{
    io::{Read, Write},
    net::TcpStream,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::net::TcpListener;
use tower::{Layer, service_fn};
use verify_axum::{RequestBody, Secret, Sender, Verified, Verifier, VerifyLayer};

/// Says how large the verified body is.
async fn on_delivery(
    request: Request<RequestBody<Incoming>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let verified = request.extensions().get::<Verified<Bytes>>().unwrap();
    let receipt = verified.receipt();
    let answer = format!("{} bytes from {}", verified.body().len(), receipt.sender());
    Ok(Response::new(answer.into()))
}

async fn serve() -> SocketAddr {
    let secret = Secret::new("your_api_secret").unwrap();
    let verifier = Verifier::builder(Sender::WANDB).secret(secret).build().unwrap();
    let service = VerifyLayer::new(verifier).layer(service_fn(on_delivery));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let service = TowerToHyperService::new(service.clone());
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(socket), service));
        }
    });
    address
}

#[tokio::test]
async fn one_is_accepted_and_one_refused() {
    let address = serve().await;
    let post = async |body: &'static str| {
        let length = body.len();
        let request = format!(
            "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\
             x-wandb-signature: 4tKqnWHayH0Vdy0mtiM/LbZ7bOGK7h+UrHO5F40Uk8U=\r\n\r\n{body}"
        );
        let exchange = move || {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(request.as_bytes()).unwrap();
            let mut response = String::new();
            stream.read_to_string(&mut response).unwrap();
            response
        };
        tokio::task::spawn_blocking(exchange).await.unwrap()
    };
    let accepted = post(r#"{"key1": "value1", "key2": "value2"}"#).await;
    assert!(accepted.starts_with("HTTP/1.1 200 "), "{accepted}");
    assert!(accepted.ends_with("\r\n\r\n36 bytes from wandb"), "{accepted}");
    let refused = post(r#"{"key1": "value1", "key2": "value3"}"#).await;
    assert!(refused.starts_with("HTTP/1.1 401 "), "{refused}");
}
