use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};

/// A recorder that asks another one for each metric only once. Each delivery asks for five metrics, and each answer of the
/// exporter costs it a few allocations.
pub(super) struct Remembering<R> {
    recorder: R,
    counters: Known<Counter>,
    gauges: Known<Gauge>,
    histograms: Known<Histogram>,
}

/// Metrics by name and labels. The recorder forgets none of them either.
struct Known<M>(RwLock<HashMap<Key, M>>);

impl<R> Remembering<R> {
    pub(super) fn new(recorder: R) -> Self {
        Self {
            recorder,
            counters: Known(RwLock::default()),
            gauges: Known(RwLock::default()),
            histograms: Known(RwLock::default()),
        }
    }
}

impl<M: Clone> Known<M> {
    fn get(&self, key: &Key, ask: impl FnOnce() -> M) -> M {
        // Nothing in here leaves half of a change behind, so a poisoned one is still whole.
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        known.unwrap_or_else(|| {
            let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
            all.entry(key.clone()).or_insert_with(ask).clone()
        })
    }
}

impl<R: Recorder> Recorder for Remembering<R> {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.recorder.describe_counter(key, unit, description);
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.recorder.describe_gauge(key, unit, description);
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.recorder.describe_histogram(key, unit, description);
    }

    fn register_counter(&self, key: &Key, metadata: &Metadata<'_>) -> Counter {
        self.counters.get(key, || self.recorder.register_counter(key, metadata))
    }

    fn register_gauge(&self, key: &Key, metadata: &Metadata<'_>) -> Gauge {
        self.gauges.get(key, || self.recorder.register_gauge(key, metadata))
    }

    fn register_histogram(&self, key: &Key, metadata: &Metadata<'_>) -> Histogram {
        self.histograms.get(key, || self.recorder.register_histogram(key, metadata))
    }
}

#[cfg(test)]
mod tests {
    use metrics_exporter_prometheus::PrometheusBuilder;

    use super::Remembering;

    #[test]
    fn each_metric_counts_by_itself_and_goes_on() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        metrics::with_local_recorder(&Remembering::new(recorder), || {
            for turn in 1..=3_u32 {
                for label in ["a", "b"] {
                    metrics::counter!("counted", "label" => label).increment(1);
                    metrics::gauge!("set", "label" => label).set(turn);
                    metrics::histogram!("seen", "label" => label).record(turn);
                }
            }
            metrics::counter!("counted", "label" => "b").increment(4);
        });
        let text = handle.render();
        for line in [
            "counted{label=\"a\"} 3",
            "counted{label=\"b\"} 7",
            "set{label=\"a\"} 3",
            "seen_sum{label=\"b\"} 6",
            "seen_count{label=\"b\"} 3",
        ] {
            assert!(text.lines().any(|said| said == line), "{line} in {text}");
        }
    }
}
