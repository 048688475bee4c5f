use core::sync::atomic::{AtomicBool, Ordering};

use tracing::{dispatcher, subscriber::NoSubscriber};

/// Prints one sentence to standard error, the first time that a delivery is refused and nobody hears of it.
///
/// The sentence has the code of the refusal, and nothing of the request.
pub(crate) fn notice(code: &str) {
    static TOLD: AtomicBool = AtomicBool::new(false);
    if TOLD.load(Ordering::Relaxed) || is_heard() {
        return;
    }
    // Of two at the same time, one.
    if !TOLD.swap(true, Ordering::Relaxed) {
        print(&format!(
            "verify: a delivery was refused ({code}), and this process logs no reasons: install a `tracing` \
             subscriber, such as `tracing_subscriber::fmt().with_env_filter(\"verify=debug\").init()`"
        ));
    }
}

/// Whether events reach a subscriber, or a logger of `log`: actix-web has `tracing` pass events on to it.
fn is_heard() -> bool {
    log::max_level() > log::LevelFilter::Off
        || !dispatcher::get_default(|dispatch| dispatch.is::<NoSubscriber>())
}

/// `eprintln!` is what the test harness captures, so that the tests of users stay silent. It panics if standard
/// error is a pipe that nobody reads any more.
#[cfg(panic = "unwind")]
fn print(text: &str) {
    drop(std::panic::catch_unwind(|| eprintln!("{text}")));
}

#[cfg(not(panic = "unwind"))]
fn print(text: &str) {
    use std::io::Write as _;

    drop(writeln!(std::io::stderr(), "{text}"));
}
