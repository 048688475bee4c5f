//! Report-only mode: requests go through as they came, and typed handlers stay out of reach.

use core::net::SocketAddr;

use actix_web::{
    App, HttpMessage, HttpRequest, HttpResponse,
    web::{self, Bytes},
};
use verify_actix::{Delivery, Receipt, Refusal, Reported, Secret, Sender, Verifier, Verify};

use crate::support::{Raw, SECRET, head, root, serve, serve_app, signed};

async fn typed(Delivery(_): Delivery) -> HttpResponse {
    HttpResponse::NoContent().finish()
}

/// Tells what it sees: whether there is a receipt, the reason of a refusal, and the body.
async fn untyped(request: HttpRequest, body: Bytes) -> String {
    let extensions = request.extensions();
    let reason = extensions.get::<Reported>().map(|reported| reported.refusal.code());
    let body = String::from_utf8_lossy(&body).into_owned();
    let receipt = extensions.get::<Receipt>().is_some();
    format!("{receipt} {} {body}", reason.unwrap_or("none"))
}

fn report_only() -> SocketAddr {
    let verifier = Verifier::builder(Sender::DATABRICKS)
        .secret(Secret::new(SECRET).unwrap())
        .body_limit(10)
        .build()
        .unwrap();
    let guard = Verify::new(verifier).dangerous_report_only();
    serve(move |app| {
        app.service(web::resource("/untyped").wrap(guard.clone()).route(web::post().to(untyped)));
        app.service(web::resource("/typed").wrap(guard.clone()).route(web::post().to(typed)));
    })
}

#[tokio::test]
async fn refused_requests_reach_a_handler_whole_and_marked() {
    let address = report_only();
    let ask = async |headers: &[(&str, String)], body: &str| {
        let mut raw = Raw::connect(address).await;
        let (_, body) = raw.send(head("/untyped", headers)).await.send(body).await.read().await;
        String::from_utf8(body).unwrap()
    };
    let length = |body: &str| ("content-length", body.len().to_string());
    let signature = |body: &str| signed(Sender::DATABRICKS, SECRET, body.as_bytes()).remove(0);

    assert_eq!(ask(&[signature("{}"), length("{}")], "{}").await, "true none {}");
    assert_eq!(ask(&[length("{}")], "{}").await, "false header_missing {}");
    assert_eq!(ask(&[signature("[]"), length("{}")], "{}").await, "false signature_mismatch {}");

    // Too large: announced, and found out in the middle of several chunks.
    let large = "0123456789 and more";
    assert_eq!(
        ask(&[signature(large), length(large)], large).await,
        format!("false body_too_large {large}")
    );
    // Never less than `web::Json` would take without the middleware.
    let larger = "x".repeat(2 * 1024 * 1024);
    let expected = format!("false body_too_large {larger}");
    assert!(ask(&[signature(&larger), length(&larger)], &larger).await == expected);
    let chunked = ("transfer-encoding", "chunked".to_owned());
    let chunks = "8\r\n01234567\r\n8\r\n89 and m\r\n3\r\nore\r\n0\r\n\r\n";
    assert_eq!(
        ask(&[signature(large), chunked], chunks).await,
        format!("false body_too_large {large}")
    );
}

#[tokio::test]
async fn a_handler_of_verified_deliveries_is_not_reached() {
    let address = report_only();
    let ask = async |signed_body: &[u8]| {
        let mut headers = signed(Sender::DATABRICKS, SECRET, signed_body);
        headers.push(("content-length", "2".to_owned()));
        Raw::connect(address).await.send(head("/typed", &headers) + "{}").await.status().await
    };
    assert_eq!(ask(b"{}").await, 204);
    assert_eq!(ask(b"[]").await, 401);
}

#[tokio::test]
async fn a_large_one_reaches_the_usual_extractors_too() {
    let guard = Verify::new(crate::support::verifier(Sender::MLFLOW)).dangerous_report_only();
    let address = serve(move |app| {
        let handler = async |body: Bytes| body.len().to_string();
        app.service(root().wrap(guard.clone()).route(web::post().to(handler)));
    });
    let body = vec![b'x'; 2_400_255];
    let mut headers = signed(Sender::MLFLOW, "another secret", &body);
    headers.push(("content-length", body.len().to_string()));
    let mut raw = Raw::connect(address).await;
    let response = raw.send(head("/", &headers)).await.send(&body).await.response().await;
    assert!(response.starts_with("HTTP/1.1 200 ") && response.ends_with("2400255"), "{response}");
}

#[tokio::test]
async fn what_a_middleware_outside_found_is_not_taken_for_the_finding_of_the_one_inside() {
    let by_token = Verifier::builder(Sender::WANDB).bearer("token").without_signature();
    let by_token = Verify::new(by_token.build().unwrap());
    let by_signature =
        Verify::new(crate::support::verifier(Sender::DATABRICKS)).dangerous_report_only();
    for (inside, outside, status, seen) in [
        (by_signature.clone(), by_token.clone(), 401, "false header_missing {}"),
        (by_token, by_signature, 204, "true none {}"),
    ] {
        let address = serve_app(move || {
            let hook = root().wrap(inside.clone()).route(web::post().to(typed));
            let seen = web::resource("/untyped").wrap(inside.clone());
            let seen = seen.route(web::post().to(untyped));
            App::new().wrap(outside.clone()).service(hook).service(seen)
        });
        let headers =
            [("authorization", "Bearer token".to_owned()), ("content-length", "2".to_owned())];
        let mut raw = Raw::connect(address).await;
        assert_eq!(raw.send(head("/", &headers) + "{}").await.status().await, status);
        let mut raw = Raw::connect(address).await;
        let response = raw.send(head("/untyped", &headers) + "{}").await.response().await;
        assert!(response.ends_with(seen), "{response}");
    }
}

#[tokio::test]
async fn a_broken_body_is_refused_all_the_same() {
    let mut headers = signed(Sender::DATABRICKS, SECRET, b"{}");
    headers.push(("content-length", "2".to_owned()));
    let mut raw = Raw::connect(report_only()).await;
    assert_eq!(raw.send(head("/untyped", &headers) + "{").await.end().await.status().await, 400);
}

#[tokio::test]
async fn an_unguarded_route_is_a_500() {
    let address = serve(|app| {
        app.service(root().route(web::post().to(typed)));
    });
    let mut raw = Raw::connect(address).await;
    let response =
        raw.send(head("/", &[("content-length", "0".to_owned())])).await.response().await;
    assert!(response.starts_with("HTTP/1.1 500 "), "{response}");
    assert!(response.contains("content-length: 0"), "{response}");
    assert_eq!(Refusal::NotGuarded.to_string(), "this route has no verifier");
}
