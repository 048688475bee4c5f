//! Which verifier judges a request: exchanged while running, or one for each tenant.

use core::{future::pending, time::Duration};
use std::{collections::HashMap, sync::Arc};

use adapters::{Raw, ask, head, signed_with_length, verifier_with, without_date};
use verify_adapter::{ResolveError, VerifierHandle};
use verify_core::{Sender, Verifier};

use crate::server::{Adapter, Guard, Handler, on_both};

on_both!(a_secret_is_exchanged_without_a_restart, a_resolver_picks_the_verifier_of_a_tenant);

fn request(path: &str, secret: &str) -> String {
    head(path, &signed_with_length(Sender::DATABRICKS, secret, b"{}")) + "{}"
}

async fn a_secret_is_exchanged_without_a_restart(adapter: Adapter) {
    let handle = VerifierHandle::new(verifier_with(Sender::DATABRICKS, "old"));
    let (address, _) = adapter.count(Guard::new(handle.clone()));
    let mut raw = Raw::connect(address).await;
    assert_eq!(raw.send(request("/", "old")).await.status().await, 204);

    // A delivery on its way keeps the verifier that it began with: its head was judged once the server
    // asks for the body.
    let mut on_its_way = Raw::connect(address).await;
    let whole = request("/", "old").replacen("\r\n", "\r\nExpect: 100-continue\r\n", 1);
    assert_eq!(on_its_way.send(&whole[..whole.len() - 1]).await.status().await, 100);
    assert_eq!(raw.send(request("/", "old")).await.status().await, 204);

    handle.swap(verifier_with(Sender::DATABRICKS, "new"));
    assert_eq!(on_its_way.send("}").await.status().await, 204);
    assert_eq!(raw.send(request("/", "new")).await.status().await, 204);
    assert_eq!(raw.send(request("/", "old")).await.status().await, 401);
}

async fn a_resolver_picks_the_verifier_of_a_tenant(adapter: Adapter) {
    let tenants: HashMap<&str, Arc<Verifier>> =
        ["one", "two"].map(|name| (name, Arc::new(verifier_with(Sender::DATABRICKS, name)))).into();
    let guard = Guard::by_path(move |path| {
        let found = tenants.get(path.trim_start_matches('/')).cloned();
        let path = path.to_owned();
        Box::pin(async move {
            tokio::task::yield_now().await;
            match path.as_str() {
                "/broken" => Err(ResolveError::Unavailable),
                "/stuck" => pending().await,
                _ => found.ok_or(ResolveError::Unknown),
            }
        })
    });
    let paths = ["/one", "/two", "/three", "/broken", "/stuck"];
    let routes = paths.map(|path| (path, Handler::Deliver));
    let address = adapter.serve(&[guard.deadline(Duration::from_secs(3))], &routes);

    let answer = async |path: &str, secret: &str| {
        without_date(&ask(address, request(path, secret), "").await)
    };
    for (path, secret, status) in [
        ("/one", "one", "200"),
        ("/two", "two", "200"),
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
