//! Receives webhooks for many tenants, each with secrets of its own, and prints one JSON line for each
//! delivery that was verified. Bare hyper, no axum. The README beside it has the settings.

mod facts;
mod live;
mod once;
mod output;
mod service;
mod settings;
mod stop;
mod tenants;
mod tls;

use std::{
    env,
    io::{self, IsTerminal},
    net::TcpListener,
    process::ExitCode,
};

use live::Live;
use once::Guard;
use output::Output;
use settings::Settings;
use stop::Stop;
use tracing_subscriber::EnvFilter;
use verify_hyper::Server;

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
    let guard = Guard::from_env().await?;

    // Before it says that it listens, because an early signal would end it.
    let stop = Stop::new().map_err(|error| error.to_string())?;
    live::reload_on_hangup(live.clone())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    eprintln!("{}", live.greeting());
    eprintln!("listening on https://{address}; RUST_LOG=verify=debug shows why one is refused");
    let service = service::service(live.clone(), guard, Output::new());
    // Half of the files that a process may usually have open. Further connections wait in the
    // listener's backlog.
    let server = Server::new().connections(512);
    let tls = move || Some(live.tls());
    let serving = server.serve_tls(listener, service, tls, async {
        stop.told(1).await;
        eprintln!("stopping; what is in flight is finished");
    });
    tokio::select! {
        () = serving => {}
        () = stop.told(2) => {}
    }
    Ok(())
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
