//! How long a delivery keeps its share of the budget.

use core::{future::pending, time::Duration};

use actix_web::{
    Error, HttpResponse,
    dev::{Service, ServiceRequest, ServiceResponse},
    web,
};
use adapters::{Raw, SECRET, eventually, signed_head, verifier};
use verify_actix::{Budget, Delivery, Sender, Verify};

use crate::support::{channel, delivery, guarded, ok, poll_once, root, serve};

/// Where what happens is no matter of the deadline.
fn patient() -> Verify {
    Verify::new(verifier(Sender::DATABRICKS)).with_deadline(Duration::from_secs(3600))
}

#[tokio::test]
async fn the_budget_is_held_while_a_delivery_is_handled_and_not_longer() {
    let budget = Budget::new(1_000_000);
    let guard = || patient().with_budget(budget.clone());
    let request = || delivery(Sender::DATABRICKS, [b'x'; 1000]).to_srv_request();

    // Cancelled in the middle of handling.
    let stuck = |_: ServiceRequest| pending::<Result<ServiceResponse, Error>>();
    let mut call = Box::pin(guarded(guard(), stuck).await.call(request()));
    assert!(!poll_once(&mut call).await);
    assert!((1000..2000).contains(&budget.used()), "{}", budget.used());
    drop(call);
    assert_eq!(budget.used(), 0);

    // Cancelled while the body arrives.
    let (sender, payload) = channel();
    let mut arriving = request();
    arriving.set_payload(payload);
    sender.send(vec![b'x'; 500].into()).await.unwrap();
    let mut call = Box::pin(guarded(guard(), ok).await.call(arriving));
    assert!(!poll_once(&mut call).await);
    assert!(budget.used() > 0);
    drop(call);
    assert_eq!(budget.used(), 0);

    // Handled.
    assert_eq!(guarded(guard(), ok).await.call(request()).await.unwrap().status(), 200);
    assert_eq!(budget.used(), 0);
}

#[tokio::test]
async fn a_panic_in_a_handler_costs_its_own_connection_only() {
    let budget = Budget::new(1_000_000);
    let guard = patient().with_budget(budget.clone());
    let address = serve(move |app| {
        let handler = async |Delivery(verified): Delivery| -> HttpResponse {
            assert_ne!(verified.body(), "panic", "on purpose");
            HttpResponse::NoContent().finish()
        };
        app.service(root().wrap(guard.clone()).route(web::post().to(handler)));
    });
    for (body, answer) in [("panic", ""), ("{}", "HTTP/1.1 204 No Content")] {
        let mut raw = Raw::connect(address).await;
        let head = signed_head(Sender::DATABRICKS, SECRET, body.as_bytes());
        raw.send(head + body).await;
        assert_eq!(raw.response().await.lines().next().unwrap_or_default(), answer);
        eventually(|| budget.used() == 0).await;
    }
}
