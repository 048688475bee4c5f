//! What it costs to read one Databricks event: this crate, flat structs written by hand with the same
//! fields, an internally tagged enum, and a tree of values. With the allocations of each.
//!
//! ```text
//! cargo bench -p verify-core --features events
//! ```

use std::borrow::Cow;

use divan::{AllocProfiler, Bencher, black_box};
use serde::Deserialize;
use verify_core::databricks;

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

const BODY: &[u8] = br#"{"event":"MODEL_VERSION_TRANSITIONED_STAGE","webhook_id":"c5596721253c4b429368cf6f4341b88a","event_timestamp":1589859029343,"model_name":"Airline_Delay_SparkML","version":"8","to_stage":"Production","from_stage":"None","text":"Registered model 'someModel' version 8 transitioned from None to Production."}"#;

fn main() {
    divan::Divan::from_args().sample_size(1000).main();
}

/// Fails on the first string with an escape.
#[expect(dead_code, reason = "only read into")]
#[derive(Deserialize)]
struct FlatBorrowed<'a> {
    event: &'a str,
    webhook_id: &'a str,
    event_timestamp: u64,
    model_name: &'a str,
    version: &'a str,
    to_stage: &'a str,
    from_stage: &'a str,
    text: &'a str,
}

#[expect(dead_code, reason = "only read into")]
#[derive(Deserialize)]
struct Flat<'a> {
    #[serde(borrow)]
    event: Cow<'a, str>,
    #[serde(borrow)]
    webhook_id: Cow<'a, str>,
    event_timestamp: u64,
    #[serde(borrow)]
    model_name: Cow<'a, str>,
    #[serde(borrow)]
    version: Cow<'a, str>,
    #[serde(borrow)]
    to_stage: Cow<'a, str>,
    #[serde(borrow)]
    from_stage: Cow<'a, str>,
    #[serde(borrow)]
    text: Cow<'a, str>,
}

#[expect(dead_code, reason = "only read into")]
#[derive(Deserialize)]
#[serde(tag = "event")]
enum InternallyTagged<'a> {
    #[serde(rename = "MODEL_VERSION_TRANSITIONED_STAGE")]
    Transitioned {
        #[serde(borrow)]
        webhook_id: Cow<'a, str>,
        event_timestamp: u64,
        #[serde(borrow)]
        model_name: Cow<'a, str>,
        #[serde(borrow)]
        version: Cow<'a, str>,
        #[serde(borrow)]
        to_stage: Cow<'a, str>,
        #[serde(borrow)]
        from_stage: Cow<'a, str>,
        #[serde(borrow)]
        text: Cow<'a, str>,
    },
}

#[divan::bench]
fn flat(bencher: Bencher<'_, '_>) {
    bencher.bench(|| serde_json::from_slice::<Flat<'_>>(black_box(BODY)));
}

#[divan::bench]
fn flat_borrowed(bencher: Bencher<'_, '_>) {
    bencher.bench(|| serde_json::from_slice::<FlatBorrowed<'_>>(black_box(BODY)));
}

#[divan::bench]
fn internally_tagged(bencher: Bencher<'_, '_>) {
    bencher.bench(|| serde_json::from_slice::<InternallyTagged<'_>>(black_box(BODY)));
}

#[divan::bench]
fn typed(bencher: Bencher<'_, '_>) {
    bencher.bench(|| databricks::Event::parse(black_box(BODY)));
}

#[divan::bench]
fn value(bencher: Bencher<'_, '_>) {
    bencher.bench(|| serde_json::from_slice::<serde_json::Value>(black_box(BODY)));
}
