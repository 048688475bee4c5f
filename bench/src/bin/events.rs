//! What it costs to read one event of Databricks: this crate's type and the one over all senders, a flat
//! struct written by hand with the same fields, an internally tagged enum, and a tree of values.

use std::{borrow::Cow, error::Error, hint::black_box, time::Duration};

use serde::Deserialize;
use verify_bench::{
    interleaved::Race,
    report::{self, Table},
};
use verify_core::{AnyEvent, databricks};

const BODY: &[u8] = br#"{"event":"MODEL_VERSION_TRANSITIONED_STAGE","webhook_id":"c5596721253c4b429368cf6f4341b88a","event_timestamp":1589859029343,"model_name":"Airline_Delay_SparkML","version":"8","to_stage":"Production","from_stage":"None","text":"Registered model 'someModel' version 8 transitioned from None to Production."}"#;

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

fn main() -> Result<(), Box<dyn Error>> {
    let mut race = Race::default();
    race.add("flat struct", || serde_json::from_slice::<Flat<'_>>(black_box(BODY)));
    race.add("verify-core", || databricks::Event::parse(black_box(BODY)));
    race.add("verify-core of any sender", || AnyEvent::parse("databricks", black_box(BODY)));
    race.add("internally tagged enum", || {
        serde_json::from_slice::<InternallyTagged<'_>>(black_box(BODY))
    });
    race.add("tree of values", || serde_json::from_slice::<serde_json::Value>(black_box(BODY)));
    let outcomes = race.run(Duration::from_millis(if report::is_brief() { 2 } else { 3000 }));

    let mut raw = Table::new(&["what", "ns", "ratio_q1", "ratio_median", "ratio_q3"]);
    let mut shown = Table::new(&["305 bytes", "ns", "times the flat struct"]);
    for outcome in outcomes {
        let (name, ns, ratio) = (outcome.name, outcome.nanoseconds, outcome.ratio);
        let [low, median, high] = [ratio.low, ratio.median, ratio.high];
        raw.row([
            name.clone(),
            format!("{ns:.1}"),
            format!("{low:.4}"),
            format!("{median:.4}"),
            format!("{high:.4}"),
        ]);
        shown.row([name, format!("{ns:.0}"), format!("{median:.2} ({low:.2} to {high:.2})")]);
    }
    report::publish("events", &raw, &shown.to_markdown())?;
    Ok(())
}
