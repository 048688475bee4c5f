use std::sync::Arc;

use bytes::Bytes;
use http::{Request, StatusCode, header::RETRY_AFTER};
use http_body_util::Full;
use tower::{Layer as _, ServiceExt as _};
use verify_axum::{RequestBody, VerifyLayer};
use verify_core::{Secret, Sender, Signer, UnixTime, Verifier};
use verify_once::{Claimed, Claims, Key, Once, Pending, Settled, Terms, Token};

use super::{Afterwards, Deliverer, Goal, Matched, Proxy, Route, deliver};
use crate::{
    config::{Keys, Pattern},
    upstream::Upstream,
};

/// A store with a fault.
#[derive(Debug)]
struct Panics;

impl Claims for Panics {
    fn claim<'a>(&'a self, _: &'a Key, _: &'a Token, _: Terms) -> Pending<'a, Claimed> {
        panic!("as a test of it")
    }

    fn complete<'a>(&'a self, _: &'a Key, _: &'a Token, _: u16) -> Pending<'a, Settled> {
        Box::pin(async { Ok(Settled::Lost) })
    }

    fn release<'a>(&'a self, _: &'a Key, _: &'a Token) -> Pending<'a, Settled> {
        Box::pin(async { Ok(Settled::Lost) })
    }

    fn forget<'a>(&'a self, _: &'a Key) -> Pending<'a, bool> {
        Box::pin(async { Ok(false) })
    }

    fn check(&self) -> Pending<'_, ()> {
        Box::pin(async { Ok(()) })
    }
}

/// A wait is part of the answer: without one, some senders give a delivery up.
#[tokio::test]
async fn a_panic_has_the_delivery_come_again() {
    let secret = || Secret::new("whsec_shared").unwrap();
    let verifier = Arc::new(Verifier::builder(Sender::MLFLOW).secret(secret()).build().unwrap());
    let signer = Signer::new(Sender::MLFLOW, secret()).unwrap();
    let (now, body) = (UnixTime::now().unwrap(), Bytes::from_static(b"{}"));
    let mut request = Request::post("/hook");
    for (name, value) in signer.sign(now, "id", &body).unwrap().iter() {
        request = request.header(name, value);
    }
    let upstream = Upstream::new("http://127.0.0.1:9/".parse().unwrap(), None);
    let proxy = Proxy { upstream, forwarded: Vec::new(), signer: None };
    let route = Arc::new(Route {
        path: Pattern::new("/hook").unwrap(),
        keys: Keys::One(Arc::clone(&verifier)),
        goal: Goal::Proxy(Box::new(proxy)),
        is_report_only: false,
    });
    let deliverer = Arc::new(Deliverer {
        once: Some(Once::builder(Panics).build().unwrap()),
        outbox: None,
        afterwards: Afterwards::new(1 << 20),
        takes_outdated: false,
    });
    let verified = VerifyLayer::new(Arc::clone(&verifier)).layer(tower::service_fn(
        move |request: Request<RequestBody<Full<Bytes>>>| deliver(Arc::clone(&deliverer), request),
    ));
    let mut request = request.body(Full::new(body)).unwrap();
    request.extensions_mut().insert(Matched { route, verifier, tenant: None });
    let Ok(answer) = verified.oneshot(request).await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers().contains_key(RETRY_AFTER));
}
