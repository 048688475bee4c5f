//! Receives webhooks from Databricks, MLflow, Weights & Biases and senders of Standard Webhooks, and
//! prints one JSON line for each delivery that was verified. The README beside it has the settings.

mod facts;
mod once;
mod output;
mod settings;
mod start;
mod stop;
mod try_it;

use std::process::ExitCode;

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
    routing::{MethodRouter, get, post},
};
use once::Guard;
use output::Output;
use start::Start;
use tokio::net::TcpListener;
use verify_axum::{Attempt, Delivery, HandleOnceLayer, Verifier, VerifyLayer, try_again};
use verify_hyper::{KeepPlaceLayer, Server};

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("receiver: {message}");
            ExitCode::from(2)
        }
    }
}

async fn run() -> Result<(), String> {
    let Start { listener, verifiers, guard, stop } = start::start().await?;
    listener.set_nonblocking(true).map_err(|error| error.to_string())?;
    let listener = TcpListener::from_std(listener).map_err(|error| error.to_string())?;
    let stopping = async {
        stop.told(1).await;
        eprintln!("stopping; what is in flight is finished");
    };
    tokio::select! {
        () = Server::new().serve(listener, app(verifiers, &guard), stopping) => {}
        // After a second signal, it waits for nothing.
        () = stop.told(2) => {}
    }
    Ok(())
}

/// One route for each verifier, guarded by it.
fn app(verifiers: Vec<(String, Verifier)>, guard: &Guard) -> Router {
    let ready = guard.clone();
    let mut app = Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(move || readiness(ready.clone())));
    for (path, verifier) in verifiers {
        // The later layer is the outer one.
        let once: MethodRouter<_> = post(on_delivery).layer(HandleOnceLayer::new(guard.once()));
        let guarded: MethodRouter<_> = once.layer(KeepPlaceLayer::new());
        app = app.route(&path, guarded.layer(VerifyLayer::new(verifier)));
    }
    app.with_state((Output::new(), guard.clone()))
}

/// Runs for verified deliveries only: there is no other way to a `Delivery`.
async fn on_delivery(
    State((output, guard)): State<(Output, Guard)>,
    Attempt(attempt): Attempt,
    Delivery(verified): Delivery,
) -> Response {
    if guard.is_outdated(&verified) {
        return StatusCode::NO_CONTENT.into_response();
    }
    match output.print(&format!("{}\n", facts::describe(&verified, attempt))).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        // Not accepted if it could not be handled: MLflow tries again on a 503.
        Err(_) => try_again(verified.receipt()),
    }
}

async fn readiness(guard: Guard) -> (StatusCode, &'static str) {
    match guard.is_ready().await {
        true => (StatusCode::OK, "ready\n"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "not ready\n"),
    }
}
