//! Receives webhooks from Databricks, MLflow and Weights & Biases, and prints one JSON line for
//! each delivery that was verified. The README beside it has the settings.

mod serve;
mod try_it;

use std::{
    env,
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use axum::{
    Router,
    http::StatusCode,
    routing::{get, post},
};
use serde_json::json;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;
use verify_axum::{ConfigError, Delivery, Secret, Sender, Verifier, VerifyLayer};

/// What each sender's settings are called, and whether it can send a bearer token.
const SENDERS: [(Sender, &str, bool); 3] = [
    (Sender::DATABRICKS, "DATABRICKS_WEBHOOK", true),
    (Sender::MLFLOW, "MLFLOW_WEBHOOK", false),
    (Sender::WANDB, "WANDB_WEBHOOK", true),
];

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
    let mut verifiers = Vec::new();
    for (sender, settings, has_token) in SENDERS {
        verifiers.extend(verifier_from_env(sender, settings, has_token)?);
    }
    let address = env::var("LISTEN_ADDR").unwrap_or_else(|_| "127.0.0.1:8080".to_owned());
    let listener = TcpListener::bind(&address)
        .await
        .map_err(|error| format!("LISTEN_ADDR: cannot listen on `{address}`: {error}"))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;

    let default_log = if verifiers.is_empty() {
        verifiers = try_it::verifiers(address)?;
        "info,verify_adapter=debug"
    } else {
        "info"
    };
    let log = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default_log));
    tracing_subscriber::fmt()
        .with_env_filter(log)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        .init();

    eprintln!("listening on http://{address}");
    serve::serve(listener, app(verifiers)).await;
    Ok(())
}

/// One route for each verifier, guarded by it.
fn app(verifiers: Vec<Verifier>) -> Router {
    let mut app = Router::new().route("/healthz", get(async || "ok\n"));
    for verifier in verifiers {
        let path = format!("/webhooks/{}", verifier.sender().name());
        app = app.route(&path, post(on_delivery).layer(VerifyLayer::new(verifier)));
    }
    app
}

/// Runs for verified deliveries only: there is no other way to a `Delivery`.
async fn on_delivery(Delivery(verified): Delivery) -> StatusCode {
    let receipt = verified.receipt();
    let line = json!({
        "sender": receipt.sender(),
        "delivery_id": receipt.delivery_id(),
        "secret": receipt.secret_label(),
        "bytes": verified.body().len(),
    });
    match writeln!(io::stdout(), "{line}") {
        Ok(()) => StatusCode::NO_CONTENT,
        // Not accepted if it could not be handled: MLflow sends again on a 503.
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// Reads `<settings>_SECRET`, `_SECRET_PREVIOUS`, `_TOKEN` and `_TOKEN_PREVIOUS`.
fn verifier_from_env(
    sender: Sender,
    settings: &str,
    has_token: bool,
) -> Result<Option<Verifier>, String> {
    let [secret, token] = ["SECRET", "TOKEN"].map(|kind| format!("{settings}_{kind}"));
    let previous = |variable: &str| format!("{variable}_PREVIOUS");

    let mut builder = Verifier::builder(sender);
    for (label, variable) in [("current", &secret), ("previous", &previous(&secret))] {
        match Secret::from_env(variable) {
            Ok(secret) => builder = builder.secret_named(label, secret),
            Err(ConfigError::EnvironmentUnset { .. }) => {}
            Err(error) => return Err(format!("{variable}: {error}")),
        }
    }
    for variable in [&token, &previous(&token)] {
        match env::var(variable) {
            Ok(value) if has_token => builder = builder.bearer(value),
            Ok(_) => return Err(format!("{variable}: {} sends no bearer token", sender.name())),
            Err(env::VarError::NotPresent) => {}
            Err(error) => return Err(format!("{variable}: {error}")),
        }
    }
    let others = [&previous(&secret), &token, &previous(&token)];
    match (env::var_os(&secret), others.into_iter().find(|other| env::var_os(other).is_some())) {
        (None, None) => Ok(None),
        (None, Some(other)) => Err(format!("{other} is set, but {secret} is not")),
        (Some(_), _) => builder.build().map(Some).map_err(|error| format!("{settings}: {error}")),
    }
}
