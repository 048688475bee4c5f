//! Which verifier judges a request: exchanged while running, or one for each tenant.

use core::{future::pending, time::Duration};
use std::{collections::HashMap, sync::Arc};

use actix_web::{HttpResponse, dev::ServiceRequest, web};
use verify_actix::{Delivery, ResolveError, Sender, Verifier, VerifierHandle, Verify};

use crate::support::{Raw, head, root, serve, signed, verifier_with, without_date};

async fn on_delivery(Delivery(_): Delivery) -> HttpResponse {
    HttpResponse::NoContent().finish()
}

fn request(path: &str, secret: &str) -> String {
    let mut headers = signed(Sender::DATABRICKS, secret, b"{}");
    headers.push(("content-length", "2".to_owned()));
    head(path, &headers) + "{}"
}

#[tokio::test]
async fn a_secret_is_exchanged_without_a_restart() {
    let handle = VerifierHandle::new(verifier_with(Sender::DATABRICKS, "old"));
    let guard = Verify::new(handle.clone());
    let address = serve(move |app| {
        app.service(root().wrap(guard.clone()).route(web::post().to(on_delivery)));
    });
    let mut raw = Raw::connect(address).await;
    assert_eq!(raw.send(request("/", "old")).await.status().await, 204);

    // A delivery on its way keeps the verifier that it began with: the head was judged once the
    // server asks for the body.
    let mut on_its_way = Raw::connect(address).await;
    let whole = request("/", "old").replacen("\r\n", "\r\nExpect: 100-continue\r\n", 1);
    assert_eq!(on_its_way.send(&whole[..whole.len() - 1]).await.status().await, 100);
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
    let guard = Verify::with_resolver(move |request: &ServiceRequest| {
        let tenant = request.match_info().get("tenant").unwrap_or_default().to_owned();
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
    .with_deadline(Duration::from_millis(200));
    let address = serve(move |app| {
        let hook = web::resource("/{tenant}").wrap(guard.clone());
        app.service(hook.route(web::post().to(on_delivery)));
    });

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
