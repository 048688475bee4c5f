//! Receives webhooks from Databricks, MLflow and Weights & Biases, and prints one JSON line for
//! each delivery that was verified. The README beside it has the settings.

mod serve;

use std::process::ExitCode;

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    middleware::from_fn,
    response::{IntoResponse as _, Response},
    routing::{MethodRouter, get, post},
};
use receiver_common::{Output, stopped};
use serve::{CONNECTIONS, keep_place};
use tokio::net::TcpListener;
use verify_axum::{Delivery, Verifier, VerifyLayer, try_again};

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
    let (listener, verifiers) = receiver_common::start()?;
    listener.set_nonblocking(true).map_err(|error| error.to_string())?;
    let listener = TcpListener::from_std(listener).map_err(|error| error.to_string())?;
    serve::serve(listener, app(verifiers), CONNECTIONS, stopped(1)).await;
    Ok(())
}

/// One route for each verifier, guarded by it.
fn app(verifiers: Vec<(String, Verifier)>) -> Router {
    let mut app = Router::new().route("/healthz", get(async || "ok\n"));
    for (path, verifier) in verifiers {
        let guarded: MethodRouter<_> = post(on_delivery).layer(from_fn(keep_place));
        app = app.route(&path, guarded.layer(VerifyLayer::new(verifier)));
    }
    app.with_state(Output::new())
}

/// Runs for verified deliveries only: there is no other way to a `Delivery`.
async fn on_delivery(State(output): State<Output>, Delivery(verified): Delivery) -> Response {
    match output.print(&receiver_common::line(&verified)).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        // Not accepted if it could not be handled: MLflow sends again on a 503.
        Err(_) => try_again(verified.receipt()),
    }
}
