/// Gives the metrics their help texts, for a recorder that is installed already.
pub fn describe_metrics() {
    metrics::describe_counter!(
        "outbox_kept_total",
        "Deliveries that were to be kept, by what came of it."
    );
    metrics::describe_counter!(
        "outbox_posted_total",
        "Tries to post a delivery, by what came of each."
    );
    metrics::describe_histogram!(
        "outbox_arrival_seconds",
        metrics::Unit::Seconds,
        "Time from the receipt of a delivery to its arrival at a destination."
    );
}
