use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// From an answer at once to what waited for half a day.
const BUCKETS: [f64; 12] =
    [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 600.0, 3600.0, 43_200.0];

/// Starts the metrics, for `program` in this version. Each metric has a help text.
///
/// # Errors
///
/// A line for people: a recorder is installed already.
pub fn install_prometheus(
    program: &'static str,
    version: &'static str,
) -> Result<PrometheusHandle, String> {
    let seconds = Matcher::Full("outbox_arrival_seconds".to_owned());
    let builder = PrometheusBuilder::new().set_buckets_for_metric(seconds, &BUCKETS);
    let handle = builder.and_then(PrometheusBuilder::install_recorder);
    let handle = handle.map_err(|_| "something else in this program counts already".to_owned())?;
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
