//! `kill -9` at random moments under load: what was answered 2xx arrives.

use core::{
    fmt::Write as _,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    thread,
    time::{Instant, SystemTime},
};

use verify_core::Sender;

use crate::{
    bridge::{Place, moved, moved_text, send, wait_at_most, wait_until},
    slack::{Answer, Slack},
};

/// Each takes one message a second, so there are many of them.
const CHANNELS: usize = 40;
const SENDERS: usize = 4;
/// Deliveries of each sender, for each time that the bridge is killed.
const DELIVERIES: usize = 8;

#[test]
fn killed_10_times_it_loses_nothing() {
    lose_nothing(10);
}

#[test]
#[ignore = "as the README says: -- --ignored --nocapture killed_100"]
fn killed_100_times_it_loses_nothing() {
    lose_nothing(100);
}

/// What senders know: what was answered 2xx, and what was never answered, which they send again.
#[derive(Default)]
struct Sent {
    accepted: BTreeSet<usize>,
    unanswered: Vec<usize>,
    repeated: usize,
    refused: usize,
}

fn lose_nothing(kills: usize) {
    let slack = Slack::new();
    let pauses = Mutex::new(Random::new());
    let pause = move || Duration::from_millis(pauses.lock().unwrap().below(40));
    slack.behave(move |_| Answer::TakeAfter(pause()));
    let (channels, routes) = channels();
    let channels: Vec<_> = channels.iter().map(String::as_str).collect();
    let place = Place::new(&slack, &channels, "", &routes);
    let sent = Arc::new(Mutex::new(Sent::default()));
    let next = Arc::new(AtomicUsize::new(0));
    let mut random = Random::new();
    let mut killed_at = Vec::new();

    for life in 0..kills {
        let mut bridge = place.start();
        let before = sent.lock().unwrap().accepted.len();
        let senders: Vec<_> = (0..SENDERS)
            .map(|_| {
                let (address, sent, next) =
                    (bridge.address.clone(), Arc::clone(&sent), Arc::clone(&next));
                thread::spawn(move || load(&address, &sent, &next))
            })
            .collect();
        // However slow the machine is, every other one does something.
        if life % 2 == 1 {
            wait_until(|| sent.lock().unwrap().accepted.len() > before + 2 * SENDERS);
        }
        thread::sleep(Duration::from_millis(random.below(400)));
        bridge.process.kill().unwrap();
        bridge.process.wait().unwrap();
        slack.settle();
        killed_at.push(Instant::now());
        senders.into_iter().for_each(|sender| sender.join().unwrap());
    }

    let _bridge = place.start();
    let sent = sent.lock().unwrap();
    let texts = |number: &usize| moved_text(&model(*number), *number);
    let is_there = || {
        let taken: BTreeSet<_> = slack.taken().into_iter().collect();
        sent.accepted.iter().all(|number| taken.contains(&texts(number)))
    };
    // A message takes a second at most, and waits for those before it.
    let all = next.load(Ordering::Relaxed);
    wait_at_most(Duration::from_secs(120 + 4 * (all / CHANNELS) as u64), is_there);

    let mut times: BTreeMap<String, Vec<Instant>> = BTreeMap::new();
    for posted in slack.posted() {
        times.entry(posted.text().to_owned()).or_default().push(posted.at);
    }
    let accepted: BTreeSet<_> = sent.accepted.iter().map(texts).collect();
    let lost = accepted.iter().filter(|text| !times.contains_key(*text)).count();
    let unanswered = times.keys().filter(|text| !accepted.contains(*text)).count();
    let doubles: Vec<_> = times.values().filter(|times| times.len() > 1).collect();
    println!(
        "{kills} kills; {} accepted, {} sent again after no answer, {} refused; lost {lost}, posted \
         twice {}, posted without an answer to the sender {unanswered}",
        sent.accepted.len(),
        sent.repeated,
        sent.refused,
        doubles.len(),
    );
    assert_eq!(lost, 0);
    assert!(sent.accepted.len() > kills * SENDERS, "there was no load");
    // The one reason: it was killed after Slack took the message, and before that was on the disk.
    // So there is a kill between the two, and it followed the first within what one posting takes.
    for times in doubles {
        for pair in times.windows(2) {
            let kill = killed_at.iter().find(|kill| (pair[0]..pair[1]).contains(kill));
            let kill = kill.expect("posted twice by one process");
            assert!(*kill - pair[0] < Duration::from_secs(16), "the answer was long there");
        }
    }
}

/// What one sender does while the bridge lives.
fn load(address: &str, sent: &Mutex<Sent>, next: &AtomicUsize) {
    for _ in 0..DELIVERIES {
        let again = sent.lock().unwrap().unanswered.pop();
        let number = again.unwrap_or_else(|| next.fetch_add(1, Ordering::Relaxed));
        // Of Databricks nothing but the body is signed, so one that is sent again is the same.
        let answer = send(address, Sender::DATABRICKS, "", &moved(&model(number), number));
        let mut sent = sent.lock().unwrap();
        sent.repeated += usize::from(again.is_some());
        match answer {
            Some((204, _)) => {
                sent.accepted.insert(number);
            }
            Some(_) => {
                sent.refused += 1;
                sent.unanswered.push(number);
            }
            None => {
                sent.unanswered.push(number);
                return;
            }
        }
    }
}

pub(crate) fn model(number: usize) -> String {
    format!("model-{}", number % CHANNELS)
}

/// A channel for each model.
pub(crate) fn channels() -> (Vec<String>, String) {
    let channels: Vec<_> = (0..CHANNELS).map(|number| format!("channel-{number}")).collect();
    let mut routes = String::new();
    for (number, channel) in channels.iter().enumerate() {
        let model = model(number);
        writeln!(routes, "[[routes]]\nmodels = [\"{model}\"]\nchannels = [\"{channel}\"]").unwrap();
    }
    (channels, routes)
}

/// Moments need to differ from run to run, and nothing else: SplitMix64.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new() -> Self {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        Self(now.as_nanos() as u64)
    }

    pub(crate) fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % most
    }
}
