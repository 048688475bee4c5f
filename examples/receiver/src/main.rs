//! Receives webhooks from Databricks, MLflow, Weights & Biases and senders of Standard Webhooks, and
//! prints one JSON line for each delivery that was verified. The README beside it has the settings.

mod facts;
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
use output::Output;
use start::Start;
use tokio::net::TcpListener;
use verify_axum::{Delivery, Verifier, VerifyLayer, try_again};
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
    let Start { listener, verifiers, stop } = start::start()?;
    listener.set_nonblocking(true).map_err(|error| error.to_string())?;
    let listener = TcpListener::from_std(listener).map_err(|error| error.to_string())?;
    let stopping = async {
        stop.told(1).await;
        eprintln!("stopping; what is in flight is finished");
    };
    tokio::select! {
        () = Server::new().serve(listener, app(verifiers), stopping) => {}
        // Told a second time, it waits for nobody.
        () = stop.told(2) => {}
    }
    Ok(())
}

/// One route for each verifier, guarded by it.
fn app(verifiers: Vec<(String, Verifier)>) -> Router {
    let mut app = Router::new().route("/healthz", get(async || "ok\n"));
    for (path, verifier) in verifiers {
        let guarded: MethodRouter<_> = post(on_delivery).layer(KeepPlaceLayer::new());
        app = app.route(&path, guarded.layer(VerifyLayer::new(verifier)));
    }
    app.with_state(Output::new())
}

/// Runs for verified deliveries only: there is no other way to a `Delivery`.
async fn on_delivery(State(output): State<Output>, Delivery(verified): Delivery) -> Response {
    match output.print(&format!("{}\n", facts::describe(&verified))).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        // Not accepted if it could not be handled: MLflow sends again on a 503.
        Err(_) => try_again(verified.receipt()),
    }
}
