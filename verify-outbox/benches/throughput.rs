//! How many deliveries are kept and posted in a second, beside what the disk can do at all: a file to
//! which 330 bytes are appended and synced, one after the other.
//!
//! ```text
//! cargo bench -p verify-outbox
//! cargo bench -p verify-outbox -- /a/folder/on/another/disk
//! ```
//!
//! Everything is measured in each of five rounds; printed are the median and the spread, and the ratio
//! to the bare file of the same round. `--csv` prints them as comma-separated values, for `bench/run`, and `--brief` measures
//! nothing: it shows that all of it runs.
#![expect(clippy::unwrap_used, reason = "what fails here is the machine's trouble")]

use core::time::Duration;
use std::{
    collections::BTreeMap,
    env,
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
    thread,
    time::Instant,
};

use tokio::{runtime::Runtime, task::JoinSet};
use verify_outbox::{Delivery, Outbox, Outcome, Policy};

use self::verified::verified;

#[path = "../src/verified.rs"]
mod verified;

const ROUNDS: usize = 5;
const BARE: &str = "a bare file, synced after each";

fn main() {
    let folder = env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let folder = folder.map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")), PathBuf::from);
    let has = |flag: &str| env::args().any(|argument| argument == flag);
    let (rounds, deliveries) = if has("--brief") { (1, 16) } else { (ROUNDS, 2000) };
    let mut rates: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for _ in 0..rounds {
        let mut add = |name: String, rate| rates.entry(name).or_default().push(rate);
        add(BARE.to_owned(), per_second(deliveries, || append(&folder, deliveries)));
        for at_once in [1, 16, 128] {
            let folder = tempfile::tempdir_in(&folder).unwrap();
            let (outbox, workers) =
                Outbox::builder(folder.path().join("outbox.db")).open().unwrap();
            let rate = per_second(deliveries, || keep(&outbox, deliveries, at_once));
            add(format!("kept, {at_once:3} at once"), rate);
            drop(workers);
        }
        for destinations in [1, 16] {
            let folder = tempfile::tempdir_in(&folder).unwrap();
            let name = format!("posted to {destinations:2} that take all at once");
            add(name, post(&folder.path().join("outbox.db"), deliveries, destinations));
        }
    }
    if has("--csv") {
        println!("what,per_second,least,most,of_bare");
    } else {
        println!("{:36} {:>8} {:>17}  {:>10}", "", "a second", "spread", "to the bare");
    }
    let bare = rates[BARE].clone();
    for (name, rates) in &rates {
        let ratios: Vec<_> = rates.iter().zip(&bare).map(|(rate, bare)| rate / bare).collect();
        let [least, median, most] = spread(rates);
        let ratio = spread(&ratios)[1];
        if has("--csv") {
            let name = name.split_whitespace().collect::<Vec<_>>().join(" ").replace(',', ";");
            println!("{name},{median:.0},{least:.0},{most:.0},{ratio:.2}");
        } else {
            println!("{name:36} {median:8.0} {least:8.0}-{most:8.0}  {ratio:10.2}");
        }
    }
}

/// Returns the least, the median and the most.
fn spread(values: &[f64]) -> [f64; 3] {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    [values[0], values[values.len() / 2], values[values.len() - 1]]
}

fn per_second(deliveries: usize, work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    deliveries as f64 / start.elapsed().as_secs_f64()
}

fn body(number: usize) -> String {
    format!("{number:330}")
}

fn append(folder: &Path, deliveries: usize) {
    let mut file = tempfile::tempfile_in(folder).unwrap();
    let sync = File::sync_data;
    for number in 0..deliveries {
        file.write_all(body(number).as_bytes()).unwrap();
        sync(&file).unwrap();
    }
}

/// Keeps as many as there are, so many of them waiting for the disk at a time.
fn keep(outbox: &Outbox, deliveries: usize, at_once: usize) {
    Runtime::new().unwrap().block_on(async {
        let mut tasks = JoinSet::new();
        for first in 0..at_once {
            let outbox = outbox.clone();
            tasks.spawn(async move {
                for number in (first..deliveries).step_by(at_once) {
                    let body = body(number);
                    let delivery = verified(&body);
                    outbox.keep(&delivery, vec!["0".to_owned()]).await.unwrap();
                }
            });
        }
        tasks.join_all().await;
    });
}

/// Returns how many deliveries are posted in a second, each to one of the destinations.
fn post(path: &Path, deliveries: usize, destinations: usize) -> f64 {
    let (outbox, mut workers) = Outbox::builder(path).open().unwrap();
    Runtime::new().unwrap().block_on(async {
        let mut tasks = JoinSet::new();
        for number in 0..deliveries {
            let outbox = outbox.clone();
            tasks.spawn(async move {
                let destination = (number % destinations).to_string();
                outbox.keep(&verified(&body(number)), vec![destination]).await.unwrap();
            });
        }
        tasks.join_all().await;
    });
    per_second(deliveries, || {
        for destination in 0..destinations {
            let take = |_: &Delivery| Outcome::Done;
            workers.add(&destination.to_string(), Policy::default(), take).unwrap();
        }
        while outbox.waiting().unwrap().iter().any(|waiting| waiting.pending > 0) {
            thread::sleep(Duration::from_millis(5));
        }
    })
}
