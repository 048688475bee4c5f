mod remembering;

use core::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::time::sleep;

use remembering::Remembering;

/// How often samples are added up. Otherwise they stay in memory until somebody asks for the metrics, which may be never.
const UPKEEP: Duration = Duration::from_secs(5);

/// From an answer at once to what waited for half a day.
const BUCKETS: [f64; 12] =
    [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 600.0, 3600.0, 43_200.0];

/// Starts the metrics, for `program` in this version. Each metric has a help text.
///
/// # Errors
///
/// A line for people: a recorder is installed already.
///
/// # Panics
///
/// Outside of a runtime of tokio.
pub fn install_prometheus(
    program: &'static str,
    version: &'static str,
) -> Result<PrometheusHandle, String> {
    let seconds = Matcher::Full("outbox_arrival_seconds".to_owned());
    let builder = PrometheusBuilder::new().set_buckets_for_metric(seconds, &BUCKETS);
    let recorder = builder.map_err(|error| error.to_string())?.build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(Remembering::new(recorder))
        .map_err(|_| "something else in this program counts already".to_owned())?;
    tokio::spawn(keep_up(handle.clone()));
    verify_outbox::describe_metrics();
    for (name, help) in [
        ("bridge_build_info", "1, with the program and its version."),
        ("bridge_oldest_pending_seconds", "How long the oldest posting waits for its destination."),
        ("bridge_postings", "Postings that wait (`pending`), or wait for a person (`dead`)."),
    ] {
        metrics::describe_gauge!(name, help);
    }
    for (name, help) in [
        ("bridge_nothing_total", "Verified deliveries of which nothing is made, by the reason."),
        ("bridge_reloads_total", "How often settings were read again, `taken` or `refused`."),
        ("verify_refused_total", "Deliveries that were refused, by the code of the reason."),
        ("verify_verified_total", "Deliveries that were verified, by the secret that fitted."),
    ] {
        metrics::describe_counter!(name, help);
    }
    // From 0 on: an increase from nothing is none to Prometheus.
    for result in ["refused", "taken"] {
        metrics::counter!("bridge_reloads_total", "result" => result).absolute(0);
    }
    metrics::gauge!("bridge_build_info", "program" => program, "version" => version).set(1.0);
    Ok(handle)
}

async fn keep_up(handle: PrometheusHandle) {
    loop {
        sleep(UPKEEP).await;
        handle.run_upkeep();
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use metrics_exporter_prometheus::PrometheusBuilder;
    use tokio::time::advance;

    use super::{UPKEEP, keep_up};

    /// Of this process, in MiB.
    fn memory() -> usize {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().split(' ').next().unwrap().parse::<usize>().unwrap() / 1024
    }

    /// With 16 bytes a sample it would be 122 MiB.
    #[tokio::test(start_paused = true)]
    async fn samples_that_nobody_asks_for_do_not_fill_the_memory() {
        let recorder = PrometheusBuilder::new().build_recorder();
        tokio::spawn(keep_up(recorder.handle()));
        tokio::task::yield_now().await;
        let before = memory();
        for _ in 0..80 {
            metrics::with_local_recorder(&recorder, || {
                let seen = metrics::histogram!("seen");
                (0..100_000).for_each(|_| seen.record(0.25));
            });
            advance(UPKEEP).await;
            tokio::task::yield_now().await;
        }
        let grown = memory().saturating_sub(before);
        assert!(grown < 30, "{grown} MiB");
    }
}
