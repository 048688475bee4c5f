//! Receives webhooks for many tenants, each with secrets of its own, and prints one JSON line for each
//! delivery that was verified. Bare hyper, no axum. The README beside it has the settings.

mod live;
mod serve;
mod service;
mod settings;
mod tenants;
mod tls;

use std::{net::TcpListener, process::ExitCode};

use live::Live;
use receiver_common::{Output, heed_signals, log_to_stderr};
use settings::Settings;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("hyper-receiver: {message}");
            ExitCode::from(2)
        }
    }
}

async fn run() -> Result<(), String> {
    let settings = Settings::from_env()?;
    let live = Live::new(settings.files)?;
    let address = &settings.listen;
    let listener = TcpListener::bind(address)
        .map_err(|error| format!("LISTEN_ADDR: cannot listen on `{address}`: {error}"))?;
    listener.set_nonblocking(true).map_err(|error| error.to_string())?;
    let listener =
        tokio::net::TcpListener::from_std(listener).map_err(|error| error.to_string())?;
    // A client can have h2 warn as often as it likes.
    log_to_stderr("info,h2=error");

    // Before it says that it listens: an early signal would end it.
    heed_signals();
    live::reload_on_hangup(live.clone())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    eprintln!("{}", live.greeting());
    eprintln!("listening on https://{address}; RUST_LOG=verify=debug shows why one is refused");
    serve::serve(listener, &live, service::service(live.clone(), Output::new())).await;
    Ok(())
}
