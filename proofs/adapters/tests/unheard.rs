//! What a process says of its first refusal if nobody hears of it. Each case is a process of its own, because it is said
//! once.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::{
    env,
    process::{Command, Stdio},
};

use actix_web::{App, HttpResponse, test as actix, web};
use adapters::{Log, SECRET, clock, signed_with_length, verifier};
use axum::{Router, body::Body, routing::post};
use http::Request;
use tower::ServiceExt;
use verify_adapter::LOG_TARGET;
use verify_core::Sender;

const CASE: &str = "UNHEARD_CASE";
const NOTICE: &str = "verify: a delivery was refused (signature_mismatch), and this process logs no reasons: \
                      install a `tracing` subscriber, such as \
                      `tracing_subscriber::fmt().with_env_filter(\"verify=debug\").init()`\n";

fn child(adapter: &str, listener: &str, options: &[&str]) -> Command {
    let mut child = Command::new(env::current_exe().unwrap());
    child.args(["--exact", "two_refusals_in_a_child", "--ignored"]).args(options);
    child.env(CASE, format!("{adapter} {listener}"));
    child
}

/// What the child prints to standard error, and to standard output beside what the harness prints.
fn said(adapter: &str, listener: &str, options: &[&str]) -> (String, String) {
    let child = child(adapter, listener, options).output().unwrap();
    let output = String::from_utf8(child.stdout).unwrap();
    assert!(output.contains("1 passed"), "{adapter}, {listener}: {output}");
    (String::from_utf8(child.stderr).unwrap(), output)
}

#[test]
fn the_first_refusal_that_nobody_hears_is_noticed_once() {
    for adapter in ["axum", "actix"] {
        let (error, _) = said(adapter, "nobody", &["--nocapture"]);
        assert_eq!(error, NOTICE, "{adapter}");
        let (error, _) = said(adapter, "unguarded", &["--nocapture"]);
        assert_eq!(error, NOTICE.replace("signature_mismatch", "not_guarded"), "{adapter}");
        for listener in ["subscriber", "logger", "callback"] {
            let (error, _) = said(adapter, listener, &["--nocapture"]);
            assert_eq!(error, "", "{adapter}, {listener}");
        }
    }
}

/// The child's own assertions: the deliveries are answered all the same.
#[test]
fn a_standard_error_that_nobody_reads_costs_no_answer() {
    for adapter in ["axum", "actix"] {
        let mut child = child(adapter, "nobody", &["--nocapture"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stderr.take());
        let output = child.wait_with_output().unwrap().stdout;
        let output = String::from_utf8(output).unwrap();
        assert!(output.contains("1 passed"), "{adapter}: {output}");
    }
}

#[test]
fn tests_of_users_stay_silent() {
    for adapter in ["axum", "actix"] {
        let (error, output) = said(adapter, "nobody", &[]);
        assert!(error.is_empty() && !output.contains("verify:"), "{adapter}: {error}{output}");
    }
}

#[tokio::test]
#[ignore = "is run by the other tests, with a variable set"]
async fn two_refusals_in_a_child() {
    let Ok(case) = env::var(CASE) else { return };
    let (adapter, listener) = case.split_once(' ').unwrap();
    let log = (listener == "subscriber").then(Log::new);
    if listener == "logger" {
        log::set_max_level(log::LevelFilter::Info);
    }
    for _ in 0..2 {
        match adapter {
            "axum" => axum(listener).await,
            _ => actix(listener).await,
        }
    }
    if let Some(log) = log {
        assert_eq!(log.take().matches(LOG_TARGET).count(), 2);
    }
}

/// A delivery whose body was changed on the way.
fn forged() -> Vec<(&'static str, String)> {
    signed_with_length(Sender::MLFLOW, SECRET, b"the body")
}

async fn axum(listener: &str) {
    use verify_axum::{Delivery, VerifyLayer};

    let guard = VerifyLayer::new(verifier(Sender::MLFLOW)).with_clock(clock());
    let guard = if listener == "callback" { guard.on_refusal(|_, _| {}) } else { guard };
    let route = post(async |_: Delivery| {});
    let route = if listener == "unguarded" { route } else { route.layer(guard) };
    let request = forged()
        .into_iter()
        .fold(Request::post("/"), |request, (name, value)| request.header(name, value));
    let request = request.body(Body::from("the b0dy")).unwrap();
    let answer = Router::new().route("/", route).oneshot(request).await.unwrap();
    assert!(!answer.status().is_success());
}

async fn actix(listener: &str) {
    use verify_actix::{Delivery, Verify};

    let guard = Verify::new(verifier(Sender::MLFLOW)).with_clock(clock());
    let guard = if listener == "callback" { guard.on_refusal(|_, _| {}) } else { guard };
    let handler = async |_: Delivery| HttpResponse::NoContent();
    let route = || web::resource("/").route(web::post().to(handler));
    let request = forged()
        .into_iter()
        .fold(actix::TestRequest::post(), |request, header| request.append_header(header))
        .set_payload("the b0dy")
        .to_request();
    let status = match listener {
        "unguarded" => {
            let app = actix::init_service(App::new().service(route())).await;
            actix::call_service(&app, request).await.status()
        }
        _ => {
            let app = actix::init_service(App::new().service(route().wrap(guard))).await;
            actix::call_service(&app, request).await.status()
        }
    };
    assert!(!status.is_success());
}
