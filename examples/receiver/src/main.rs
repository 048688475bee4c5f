//! Receives webhooks from Databricks, MLflow and Weights & Biases, and prints one JSON line for
//! each delivery that was verified. The README beside it has the settings.

mod facts;
mod serve;
mod settings;
mod try_it;

use core::time::Duration;
use std::{
    env,
    io::{self, IsTerminal},
    process::ExitCode,
    sync::Arc,
};

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    routing::{get, post},
};
use serde_json::json;
use tokio::{
    io::{AsyncWriteExt, Stdout},
    net::TcpListener,
    sync::Mutex,
    time::timeout,
};
use tracing_subscriber::EnvFilter;
use verify_axum::{Delivery, Verifier, VerifyLayer};

/// Where the lines go, one at a time.
type Output = Arc<Mutex<Stdout>>;

/// How long a reader of the output may keep a sender waiting.
const OUTPUT_DEADLINE: Duration = Duration::from_secs(5);

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
    let mut verifiers = settings::verifiers()?;
    let address = env::var("LISTEN_ADDR").unwrap_or_else(|_| "127.0.0.1:8080".to_owned());
    let listener = TcpListener::bind(&address).await.map_err(|error| {
        format!("LISTEN_ADDR: cannot listen on `{address}`, such as `127.0.0.1:8080`: {error}")
    })?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;

    let default_log = if verifiers.is_empty() {
        verifiers = try_it::verifiers(address)?;
        "info,verify=debug"
    } else {
        "info"
    };
    let log = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default_log));
    tracing_subscriber::fmt()
        .with_env_filter(log)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        .init();

    for verifier in &verifiers {
        eprintln!("POST {} is guarded", path(verifier));
    }
    eprintln!("listening on http://{address}; RUST_LOG=verify=debug shows why one is refused");
    serve::serve(listener, app(verifiers)).await;
    Ok(())
}

/// One route for each verifier, guarded by it.
fn app(verifiers: Vec<Verifier>) -> Router {
    let mut app = Router::new().route("/healthz", get(async || "ok\n"));
    for verifier in verifiers {
        app = app.route(&path(&verifier), post(on_delivery).layer(VerifyLayer::new(verifier)));
    }
    app.with_state(Arc::new(Mutex::new(tokio::io::stdout())))
}

fn path(verifier: &Verifier) -> String {
    format!("/webhooks/{}", verifier.sender().name())
}

/// Runs for verified deliveries only: there is no other way to a `Delivery`.
async fn on_delivery(State(output): State<Output>, Delivery(verified): Delivery) -> StatusCode {
    let receipt = verified.receipt();
    let mut line = json!({
        "sender": receipt.sender(),
        "delivery_id": receipt.delivery_id(),
        "secret": receipt.secret_label(),
        "bytes": verified.body().len(),
    });
    match facts::facts(&verified) {
        Ok(facts) => facts.into_iter().for_each(|(name, fact)| line[name] = fact),
        // Verified all the same: what is not understood is not lost.
        Err(error) => line["unreadable"] = error.to_string().into(),
    }
    match timeout(OUTPUT_DEADLINE, print(&output, format!("{line}\n"))).await {
        Ok(Ok(())) => StatusCode::NO_CONTENT,
        // Not accepted if it could not be handled: MLflow sends again on a 503.
        Ok(Err(_)) | Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

async fn print(output: &Output, line: String) -> io::Result<()> {
    let mut output = output.lock().await;
    output.write_all(line.as_bytes()).await?;
    output.flush().await
}
