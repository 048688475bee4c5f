use core::time::Duration;

use super::{Fate, Gate, Policy, Tried};
use crate::Outcome;

const NOW: i64 = 1_795_290_101_000;

fn later(after: Option<u64>) -> Outcome {
    Outcome::Later { after: after.map(Duration::from_secs), reason: "down".to_owned() }
}

fn judge(policy: &Policy, gate: Gate, outcome: Outcome) -> (Fate, Gate) {
    let tried = Tried { since: NOW, failures: gate.failures };
    policy.judge(NOW, tried, gate, outcome, &mut fastrand::Rng::with_seed(1))
}

#[test]
fn the_longest_wait_doubles_up_to_a_limit() {
    let policy = Policy::default();
    let most: Vec<_> =
        [1, 2, 3, 8, 9, 10, 64, 65, u32::MAX].map(|failures| policy.most_wait(failures)).into();
    let limit = 300_000;
    assert_eq!(most, [1_000, 2_000, 4_000, 128_000, 256_000, limit, limit, limit, limit]);
}

#[test]
fn waits_are_spread_over_all_of_the_time() {
    let policy = Policy::default();
    let mut random = fastrand::Rng::with_seed(7);
    let gate = Gate { open_at: 0, failures: 6 };
    let tried = Tried { since: NOW, failures: 0 };
    let waits: Vec<_> = (0..1000)
        .map(|_| policy.judge(NOW, tried, gate, later(None), &mut random).1.open_at - NOW)
        .collect();
    assert!(waits.iter().all(|wait| (0..=64_000).contains(wait)));
    for quarter in 0..4 {
        let part = quarter * 16_000..(quarter + 1) * 16_000;
        let there = waits.iter().filter(|wait| part.contains(*wait)).count();
        assert!((200..300).contains(&there), "{there} of 1000 in {part:?}");
    }
}

#[test]
fn retry_after_is_obeyed_up_to_a_limit_and_is_the_failure_of_the_posting_alone() {
    let policy = Policy::default();
    let gate = Gate { open_at: 0, failures: 3 };
    for (asked, wait) in [(1, 1_000), (30, 30_000), (3_600, 3_600_000), (u64::MAX, 3_600_000)] {
        let (fate, gate) = judge(&policy, gate, later(Some(asked)));
        assert_eq!(fate, Fate::Pending { failures: 4, reason: "down".to_owned() });
        assert_eq!(gate, Gate { open_at: NOW + wait, failures: 3 });
    }
}

#[test]
fn a_retry_after_below_the_first_wait_shortens_no_wait() {
    let policy = Policy::default().backoff(Duration::from_secs(2), Duration::from_secs(300));
    for (asked, failures) in [(0, 3), (1, 3), (1, 0)] {
        let gate = Gate { open_at: 0, failures };
        let failed = judge(&policy, gate, later(None)).1;
        let expected = Gate { open_at: failed.open_at.max(NOW + asked * 1000), ..failed };
        let asked = later(Some(asked.unsigned_abs()));
        assert_eq!(judge(&policy, gate, asked).1, expected);
    }
}

#[test]
fn an_answer_opens_the_gate() {
    let policy = Policy::default();
    let gate = Gate { open_at: NOW, failures: 3 };
    for outcome in [Outcome::Accepted, Outcome::Done, Outcome::Repeated] {
        assert_eq!(judge(&policy, gate, outcome), (Fate::Done, Gate::default()));
    }
    let reason = || "no_service".to_owned();
    let dead = judge(&policy, gate, Outcome::Dead { reason: reason() });
    assert_eq!(dead, (Fate::Dead { failures: 4, reason: reason() }, Gate::default()));
}

#[test]
fn what_fails_beyond_its_age_is_dead() {
    let policy = Policy::default().give_up_after(Duration::from_secs(100));
    let fate = |age| {
        let tried = Tried { since: NOW - age, failures: 9 };
        policy.judge(NOW, tried, Gate::default(), later(None), &mut fastrand::Rng::with_seed(1)).0
    };
    let reason = || "down".to_owned();
    assert_eq!(fate(100_000), Fate::Pending { failures: 10, reason: reason() });
    assert_eq!(fate(100_001), Fate::Dead { failures: 10, reason: reason() });
}

#[test]
fn a_gate_that_a_wrong_clock_closed_is_open() {
    let policy = Policy::default();
    let closed = |open_at| policy.closed_for(Gate { open_at, failures: 1 }, 0, NOW);
    assert_eq!(closed(NOW - 1), 0);
    assert_eq!(closed(NOW + 3_600_000), 3_600_000);
    // It may have been set back by seconds.
    assert_eq!(closed(NOW + 3_605_000), 3_605_000);
    assert_eq!(closed(NOW + 3_605_001), 0);
    assert_eq!(closed(i64::MAX), 0);
}
