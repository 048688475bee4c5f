//! What the operator reads. By itself, because tracing decides once for each place in the code whether
//! anyone listens, and may ask the thread of a test that does not.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

use actix_web::{
    HttpResponse,
    dev::{Service, ServiceRequest, Transform, fn_service},
    test::TestRequest,
};
use adapters::{ID, Log, SECRET, clock, signed_with_length, verifier};
use axum::body::Body;
use bytes::Bytes;
use core::convert::Infallible;
use http::{Request, Response};
use http_body_util::Full;
use tower::{Layer, ServiceExt, service_fn};
use verify_actix::Verify;
use verify_axum::{RequestBody, Sender, VerifyLayer};

type Headers = Vec<(&'static str, String)>;

async fn axum(headers: Headers) {
    let layer = VerifyLayer::new(verifier(Sender::MLFLOW)).with_clock(clock());
    let service = layer.layer(service_fn(|_: Request<RequestBody<Body>>| async {
        Ok::<_, Infallible>(Response::<Full<Bytes>>::default())
    }));
    let request = headers
        .into_iter()
        .fold(Request::post("/"), |request, (name, value)| request.header(name, value));
    service.oneshot(request.body("the body".into()).unwrap()).await.unwrap();
}

async fn actix(headers: Headers) {
    let guard = Verify::new(verifier(Sender::MLFLOW)).with_clock(clock());
    let handler = async |request: ServiceRequest| {
        Ok::<_, actix_web::Error>(request.into_response(HttpResponse::Ok()))
    };
    let service = guard.new_transform(fn_service(handler)).await.unwrap();
    let request = headers
        .into_iter()
        .fold(TestRequest::post(), |request, header| request.append_header(header));
    service.call(request.set_payload("the body").to_srv_request()).await.unwrap();
}

#[tokio::test]
async fn the_log_has_the_reason_at_debug_and_nothing_of_the_request() {
    let log = Log::new();

    let genuine = || signed_with_length(Sender::MLFLOW, SECRET, b"the body");
    let forged = || {
        let mut headers = genuine();
        headers.retain(|(name, _)| *name != "x-mlflow-delivery-id");
        headers.push(("x-mlflow-delivery-id", "forged-id".to_owned()));
        headers
    };
    for adapter in ["axum", "actix"] {
        for headers in [forged(), genuine()] {
            match adapter {
                "axum" => axum(headers).await,
                _ => actix(headers).await,
            }
        }
        let text = log.take();
        let lines: Vec<_> = text.lines().filter(|line| line.contains(" verify: ")).collect();
        assert_eq!(lines.len(), 2, "{adapter}: {text}");
        assert!(lines.iter().all(|line| line.contains(" DEBUG ")), "{text}");
        for part in ["delivery refused", "sender=\"mlflow\"", "code=\"signature_mismatch\""] {
            assert!(lines[0].contains(part), "{adapter}: {text}");
        }
        for part in ["delivery verified", ID, "secret=\"1\"", "skew=0"] {
            assert!(lines[1].contains(part), "{adapter}: {text}");
        }
        for hidden in [SECRET, "the body", "forged-id", "v1,"] {
            assert!(!text.contains(hidden), "{adapter} shows {hidden}: {text}");
        }
    }

    let _ = VerifyLayer::new(verifier(Sender::MLFLOW)).dangerous_report_only();
    let _ = Verify::new(verifier(Sender::MLFLOW)).dangerous_report_only();
    let text = log.take();
    assert_eq!(text.matches(" WARN verify: report-only mode").count(), 2, "{text}");
}
