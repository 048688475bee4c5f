//! How long it takes to keep a delivery, and to post one, while others wait: 100 to a million postings for a destination that
//! nobody posts to. Prints comma-separated values, which `bench/run` draws. `--brief` stops at a thousand.
//!
//! ```text
//! cargo bench -p verify-outbox --bench waiting
//! ```
#![expect(clippy::unwrap_used, reason = "what fails here is the machine's trouble")]

use core::{ops::Range, time::Duration};
use std::{env, sync::mpsc, time::Instant};

use tokio::{runtime::Runtime, task::JoinSet};
use verify_outbox::{Delivery, Outbox, Outcome, Policy};

use self::verified::verified;

#[path = "../src/verified.rs"]
mod verified;

/// Deliveries that are kept and posted while the others wait.
const PROBES: usize = 1000;
/// Rounds, of which the median is printed.
const ROUNDS: usize = 5;
/// Deliveries that are kept at the same time: probes, and those that only have to be there.
const AT_ONCE: [usize; 2] = [128, 1024];

fn main() {
    let is_brief = env::args().any(|argument| argument == "--brief");
    let (most, probes) = if is_brief { (1000, 50) } else { (1_000_000, PROBES) };
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let builder = Outbox::builder(folder.path().join("outbox.db")).most_bytes(8 << 30);
    let (outbox, mut workers) = builder.open().unwrap();
    let runtime = Runtime::new().unwrap();
    let mut next = 0;
    let mut keep = |count: usize, destination: &str, at_once: usize| {
        let numbers = next..next + count;
        next += count;
        let begun = Instant::now();
        runtime.block_on(keep_all(&outbox, numbers, destination, at_once));
        begun.elapsed()
    };
    let (told, heard) = mpsc::channel();
    println!("waiting,kept_us,posted_us");
    let mut waiting = 0;
    for to_wait in [100, 1_000, 10_000, 100_000, 1_000_000] {
        if to_wait > most {
            break;
        }
        keep(to_wait - waiting, "nobody", AT_ONCE[1]);
        waiting = to_wait;
        let [mut kept, mut posted] = [Vec::new(), Vec::new()];
        for _ in 0..ROUNDS {
            kept.push(keep(probes, "probe", AT_ONCE[0]));
            let told = told.clone();
            let take = move |_: &Delivery| {
                told.send(()).unwrap();
                Outcome::Done
            };
            let begun = Instant::now();
            workers.add("probe", Policy::default(), take).unwrap();
            for _ in 0..probes {
                heard.recv_timeout(Duration::from_secs(60)).unwrap();
            }
            posted.push(begun.elapsed());
            workers.remove("probe");
        }
        let [kept, posted] = [kept, posted].map(|mut times| {
            times.sort();
            times[ROUNDS / 2].as_secs_f64() * 1e6 / probes as f64
        });
        println!("{waiting},{kept:.1},{posted:.1}");
    }
    workers.stop();
}

async fn keep_all(outbox: &Outbox, numbers: Range<usize>, destination: &str, at_once: usize) {
    let mut tasks = JoinSet::new();
    for first in 0..at_once {
        let (outbox, destination) = (outbox.clone(), destination.to_owned());
        let numbers = numbers.clone().skip(first).step_by(at_once);
        tasks.spawn(async move {
            for number in numbers {
                let body = format!("{number:330}");
                outbox.keep(&verified(&body), vec![destination.clone()]).await.unwrap();
            }
        });
    }
    tasks.join_all().await;
}
