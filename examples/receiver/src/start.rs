//! The beginning of a receiver.

use std::{
    env,
    io::{self, IsTerminal},
    net::TcpListener,
};

use tracing_subscriber::EnvFilter;
use verify_core::Verifier;

use crate::{once::Guard, settings, stop::Stop, try_it};

/// What a receiver has after its start.
pub(crate) struct Start {
    pub(crate) listener: TcpListener,
    /// Each verifier with the path that it guards.
    pub(crate) verifiers: Vec<(String, Verifier)>,
    pub(crate) guard: Guard,
    pub(crate) stop: Stop,
}

/// Reads the settings, listens, and prints the address. If a setting is wrong, it says so.
pub(crate) async fn start() -> Result<Start, String> {
    let mut verifiers = settings::verifiers()?;
    let address = env::var("LISTEN_ADDR").unwrap_or_else(|_| "127.0.0.1:8080".to_owned());
    let listener = TcpListener::bind(&address).map_err(|error| {
        format!("LISTEN_ADDR: cannot listen on `{address}`, such as `127.0.0.1:8080`: {error}")
    })?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;

    let default_log = if verifiers.is_empty() {
        verifiers = try_it::verifiers(address)?;
        "info,verify=debug"
    } else {
        "info"
    };
    // actix-http logs an error for each request of a stranger that is no HTTP.
    log_to_stderr(&format!("{default_log},actix_http=off"));
    let guard = Guard::from_env().await?;

    let with_path = |verifier: Verifier| {
        let path = format!("/webhooks/{}", verifier.sender().name());
        eprintln!("POST {path} is guarded");
        (path, verifier)
    };
    let verifiers = verifiers.into_iter().map(with_path).collect();
    let stop = Stop::new().map_err(|error| error.to_string())?;
    eprintln!("listening on http://{address}; RUST_LOG=verify=debug shows why one is refused");
    Ok(Start { listener, verifiers, guard, stop })
}

/// Logs to standard error. `RUST_LOG` adds to `default`: a target that is in both is logged as in
/// `RUST_LOG`.
fn log_to_stderr(default: &str) {
    let more = env::var(EnvFilter::DEFAULT_ENV).unwrap_or_default();
    let log = EnvFilter::new(format!("{default},{more}"));
    tracing_subscriber::fmt()
        .with_env_filter(log)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        .init();
}
