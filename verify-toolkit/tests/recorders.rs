//! What `verify recorder` prints for frameworks in Rust, compiled and called. Those in other languages are tried by
//! `.ci/recorders`.

#![cfg(feature = "explain")]
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod of_axum {
    include!("../src/remedy/recorders/axum.rs");

    #[tokio::test]
    async fn writes_what_is_read() {
        use tower::ServiceExt as _;

        let _alone = super::in_a_folder().await;
        let app = axum::Router::new()
            .route("/hook", axum::routing::post(async |body: axum::body::Bytes| body))
            .layer(axum::middleware::from_fn(record));
        let mut request = axum::http::Request::post("/hook?a=1").header("x-wandb-signature", "00");
        request = request.header("x-beyond", &b"\xe9"[..]);
        let answer =
            app.oneshot(request.body(axum::body::Body::from("{}")).unwrap()).await.unwrap();
        assert_eq!(answer.status(), 200);
        // It goes on to the handler.
        assert_eq!(axum::body::to_bytes(answer.into_body(), 9).await.unwrap(), "{}");
        super::check("axum");
    }
}

mod of_actix {
    include!("../src/remedy/recorders/actix-web.rs");

    #[actix_web::test]
    async fn writes_what_is_read() {
        use actix_web::{App, test, web};

        let _alone = super::in_a_folder().await;
        let app = test::init_service(App::new().route("/hook", web::post().to(record))).await;
        let request =
            test::TestRequest::post().uri("/hook?a=1").insert_header(("x-wandb-signature", "00"));
        let value = actix_web::http::header::HeaderValue::from_bytes(b"\xe9").unwrap();
        let request = request.insert_header(("x-beyond", value)).set_payload("{}");
        assert_eq!(test::call_service(&app, request.to_request()).await.status(), 204);
        super::check("actix-web");
    }
}

/// The folder that recorders write to is that of the process, so one runs at a time.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

async fn in_a_folder() -> tokio::sync::MutexGuard<'static, ()> {
    let alone = ALONE.lock().await;
    std::env::set_current_dir(env!("CARGO_TARGET_TMPDIR")).unwrap();
    alone
}

fn check(origin: &str) {
    let written = std::fs::read("delivery.json").unwrap();
    let capture = verify_toolkit::Capture::read(&written).unwrap();
    assert_eq!((capture.origin.as_str(), capture.sender.as_str()), (origin, "wandb"));
    assert_eq!(
        (capture.request.method.as_str(), capture.request.path.as_str()),
        ("POST", "/hook?a=1")
    );
    assert_eq!(capture.request.header("x-beyond").collect::<Vec<_>>(), [b"\xe9"]);
    assert_eq!(capture.request.body, b"{}");
    std::fs::remove_file("delivery.json").unwrap();
}
