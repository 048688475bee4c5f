use std::{
    env,
    io::{self, IsTerminal as _},
};

use tracing_subscriber::EnvFilter;

/// Logs to standard error what `default` says, and what `RUST_LOG` says besides or instead: a target that
/// is in both is logged as in `RUST_LOG`.
pub fn log_to_stderr(default: &str) {
    let more = env::var(EnvFilter::DEFAULT_ENV).unwrap_or_default();
    let log = EnvFilter::new(format!("{default},{more}"));
    tracing_subscriber::fmt()
        .with_env_filter(log)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        .init();
}
