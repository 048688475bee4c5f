use core::sync::atomic::{AtomicBool, Ordering};
use std::{
    env,
    io::{self, IsTerminal as _},
};

use clap::ValueEnum;
use tracing_subscriber::{EnvFilter, filter::LevelFilter};

/// How lines of the log look.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
#[non_exhaustive]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    #[default]
    Text,
}

/// What the bridges and their own crates log as. All else is a library's.
const OURS: [&str; 5] = ["bridge_common", "ci_trigger", "outbox", "slack_bridge", "verify"];

/// What is heard of libraries. actix-http logs an error for each request of a stranger that is no HTTP.
const LIBRARIES: &str = "warn,actix_http=off";

/// Logs to standard error at `info`, or as `RUST_LOG` says. A level without a target is for the lines of the
/// bridges. A library is logged at `warn` unless `RUST_LOG` names it.
pub fn log_to_stderr(format: LogFormat) {
    let more = env::var(EnvFilter::DEFAULT_ENV).unwrap_or_default();
    let log = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(directives(&more)))
        .with_writer(io::stderr);
    match format {
        LogFormat::Json => {
            log.json().flatten_event(true).with_current_span(false).init();
            IS_JSON.store(true, Ordering::Relaxed);
        }
        LogFormat::Text => log.with_ansi(io::stderr().is_terminal()).init(),
    }
}

static IS_JSON: AtomicBool = AtomicBool::new(false);

/// Says something about the whole program on standard error: as a line of text, or as JSON if the log is JSON.
pub fn say(line: &str) {
    match IS_JSON.load(Ordering::Relaxed) {
        true => tracing::info!("{line}"),
        false => eprintln!("{line}"),
    }
}

/// Returns what is logged, where this is asked for.
fn directives(asked: &str) -> String {
    let of_ours = |level: &str| OURS.map(|ours| format!("{ours}={level}")).join(",");
    let asked = asked.split(',').map(str::trim).filter(|directive| !directive.is_empty());
    let asked = asked.map(|directive| match directive.parse::<LevelFilter>() {
        Ok(_) => of_ours(directive),
        Err(_) => directive.to_owned(),
    });
    let all: Vec<_> = [LIBRARIES.to_owned(), of_ours("info")].into_iter().chain(asked).collect();
    all.join(",")
}

#[cfg(test)]
mod tests {
    use super::directives;

    #[test]
    fn a_level_is_for_the_bridges_and_a_library_is_heard_by_its_name() {
        let base = directives("");
        assert!(base.starts_with("warn,actix_http=off,bridge_common=info,"), "{base}");
        assert!(directives("debug").starts_with(&format!("{base},bridge_common=debug,")));
        assert!(!directives("debug").contains(",debug"), "for libraries too");
        assert_eq!(
            directives(" hyper=debug, ,verify=trace"),
            format!("{base},hyper=debug,verify=trace")
        );
    }
}
