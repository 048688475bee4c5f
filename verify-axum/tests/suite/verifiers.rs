//! Which verifier judges a request: exchanged while running, or one for each tenant.

use core::{future::pending, time::Duration};
use std::{collections::HashMap, sync::Arc};

use axum::{Router, http::StatusCode, routing::post};
use http::request::Parts;
use verify_axum::{Delivery, ResolveError, Sender, Verifier, VerifierHandle, VerifyLayer};

use crate::support::{Raw, head, serve, signed, verifier_with, without_date};

async fn on_delivery(Delivery(_): Delivery) -> StatusCode {
    StatusCode::NO_CONTENT
}

fn request(path: &str, secret: &str) -> String {
    let mut headers = signed(Sender::DATABRICKS, secret, b"{}");
    headers.push(("content-length", "2".to_owned()));
    head(path, &headers) + "{}"
}

#[tokio::test]
async fn a_secret_is_exchanged_without_a_restart() {
    let handle = VerifierHandle::new(verifier_with(Sender::DATABRICKS, "old"));
    let app = Router::new().route("/", post(on_delivery)).layer(VerifyLayer::new(handle.clone()));
    let address = serve(app).await;
    let mut raw = Raw::connect(address).await;
    assert_eq!(raw.send(request("/", "old")).await.status().await, 204);

    // A delivery on its way keeps the verifier that it began with.
    let mut on_its_way = Raw::connect(address).await;
    let whole = request("/", "old");
    on_its_way.send(&whole[..whole.len() - 1]).await;
    assert_eq!(raw.send(request("/", "old")).await.status().await, 204);

    handle.swap(verifier_with(Sender::DATABRICKS, "new"));
    assert_eq!(on_its_way.send("}").await.status().await, 204);
    assert_eq!(raw.send(request("/", "new")).await.status().await, 204);
    assert_eq!(raw.send(request("/", "old")).await.status().await, 401);
}

#[tokio::test]
async fn a_resolver_picks_the_verifier_of_a_tenant() {
    let tenants: HashMap<&str, Arc<Verifier>> =
        ["one", "two"].map(|name| (name, Arc::new(verifier_with(Sender::DATABRICKS, name)))).into();
    let tenants = Arc::new(tenants);
    let layer = VerifyLayer::with_resolver(move |head: &Parts| {
        let tenant = head.uri.path().trim_start_matches('/').to_owned();
        let tenants = Arc::clone(&tenants);
        async move {
            tokio::task::yield_now().await;
            match tenant.as_str() {
                "broken" => Err(ResolveError::Unavailable),
                "stuck" => pending().await,
                known => tenants.get(known).cloned().ok_or(ResolveError::Unknown),
            }
        }
    })
    .with_deadline(Duration::from_secs(3));
    let app = Router::new().route("/{tenant}", post(on_delivery)).layer(layer);
    let address = serve(app).await;

    let answer = async |path: &str, secret: &str| {
        let mut raw = Raw::connect(address).await;
        without_date(&raw.send(request(path, secret)).await.response().await)
    };
    for (path, secret, status) in [
        ("/one", "one", "204"),
        ("/two", "two", "204"),
        ("/one", "two", "401"),
        ("/three", "three", "401"),
        ("/broken", "one", "503"),
        ("/stuck", "one", "503"),
    ] {
        let response = answer(path, secret).await;
        assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {response}");
    }
    assert_eq!(answer("/one", "two").await, answer("/three", "three").await);
}
