//! The way of a delivery without any framework: its steps and its bounds.

use core::{
    task::{Context, Waker},
    time::Duration,
};
use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use verify_core::{Rejection, RetryAfter, Secret, Sender, Signer, UnixTime, Verifier};

use super::{Head, Intake};
use crate::{Budget, Clock, Refusal};

const NOW: u64 = 1_795_290_782;
const LIMIT: usize = 300_000;
/// What the head is said to take.
const HEAD: usize = 500;
/// Of a delivery that is not verified, or was signed without a time.
const SPENT: Refusal = Refusal::BudgetSpent(RetryAfter::AGE_UNKNOWN);

fn verifier() -> Arc<Verifier> {
    let secret = Secret::new("shared").unwrap();
    Verifier::builder(Sender::DATABRICKS).secret(secret).body_limit(LIMIT).build().unwrap().into()
}

fn clock() -> Clock {
    Clock::new(|| UNIX_EPOCH + Duration::from_secs(NOW))
}

fn headers(body: &[u8]) -> Vec<(&'static str, String)> {
    let signer = Signer::new(Sender::DATABRICKS, Secret::new("shared").unwrap()).unwrap();
    let signed = signer.sign(UnixTime::from_secs(NOW), "", body).unwrap();
    signed.iter().map(|(name, value)| (name, value.to_owned())).collect()
}

fn begin(budget: &Budget, body: &[u8], announced: Option<u64>) -> Result<Intake, Refusal> {
    let head = Head { headers: &headers(body), memory: HEAD, announced };
    Intake::begin(verifier(), &clock(), budget, &head)
}

#[test]
fn an_announced_length_over_the_limit_comes_before_everything_else() {
    let budget = Budget::new(1_000_000);
    assert!(begin(&budget, b"", Some(LIMIT as u64)).is_ok());
    for length in [LIMIT as u64 + 1, u64::MAX] {
        let nothing: [(&str, &str); 0] = [];
        let head = Head { headers: &nothing, memory: 0, announced: Some(length) };
        let refusal = Intake::begin(verifier(), &clock(), &budget, &head);
        assert_eq!(refusal.unwrap_err(), Refusal::Rejected(Rejection::BODY_TOO_LARGE));
    }
}

#[test]
fn memory_grows_with_what_arrives_and_not_beyond_what_was_announced() {
    let budget = Budget::new(1_000_000);
    let body: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    let mut intake = begin(&budget, &body, Some(300_000)).unwrap();
    assert_eq!(budget.used(), HEAD);
    let mut arrived = 0;
    for chunk in body.chunks(1000) {
        intake.push(Bytes::copy_from_slice(chunk)).unwrap();
        intake.push(Bytes::new()).unwrap();
        arrived += chunk.len();
        let most = (2 * arrived).clamp(4096, 300_000);
        let used = budget.used() - HEAD;
        assert!((arrived..=most).contains(&used), "{arrived}: {used}");
    }
    let (verified, charge) = intake.finish().unwrap();
    assert_eq!(verified.body(), &body);
    assert_eq!(budget.used(), HEAD + 300_000);
    drop(charge);
    assert_eq!(budget.used(), 0);
}

#[test]
fn a_body_that_is_longer_than_announced_still_obeys_the_limit() {
    let budget = Budget::new(1_000_000);
    let mut intake = begin(&budget, b"", Some(10)).unwrap();
    for _ in 0..3 {
        intake.push(Bytes::from(vec![b'x'; LIMIT / 3])).unwrap();
    }
    let too_much = intake.push(Bytes::from_static(b"x"));
    assert_eq!(too_much, Err(Refusal::Rejected(Rejection::BODY_TOO_LARGE)));
    let refused = intake.refuse(Refusal::BodyBroken, Bytes::from_static(b"x"));
    assert_eq!(refused.read.chunks, [vec![b'x'; LIMIT], vec![b'x']]);
    assert!(!refused.read.is_complete);
    drop(refused);
    assert_eq!(budget.used(), 0);
}

#[test]
fn a_chunk_is_kept_as_it_came_only_where_it_may_be_the_whole_body() {
    let large = Bytes::from(vec![b'x'; 64 * 1024]);
    for (len, announced, copied) in [
        (10, Some(10), false),
        (10, Some(11), true),
        (10, None, true),
        (16 * 1024, None, false),
        (16 * 1024, Some(64 * 1024), true),
    ] {
        let budget = Budget::new(1_000_000);
        let window = large.slice(..len);
        let mut intake = begin(&budget, &window, announced).unwrap();
        intake.push(window.clone()).unwrap();
        let (verified, _charge) = intake.finish().unwrap();
        assert_eq!(verified.body(), &window);
        assert_eq!(verified.body().as_ptr() != window.as_ptr(), copied, "{len} of {announced:?}");
    }
}

#[test]
fn a_chunk_that_is_too_large_costs_others_nothing() {
    let budget = Budget::new(400_000);
    let mut honest = begin(&budget, b"", Some(200_000)).unwrap();
    honest.push(Bytes::from(vec![b'x'; 100_000])).unwrap();
    let mut greedy = begin(&budget, b"", None).unwrap();
    let refusal = greedy.push(Bytes::from(vec![b'x'; LIMIT + 1])).unwrap_err();
    assert_eq!(refusal, Refusal::Rejected(Rejection::BODY_TOO_LARGE));
    assert_eq!(honest.push(Bytes::from(vec![b'x'; 100_000])), Ok(()));
}

#[test]
fn one_that_was_evicted_but_is_complete_takes_its_room_anew() {
    let budget = Budget::new(10_000);
    for (pieces, memory) in [(1, 6000), (2, 6000)] {
        let body = vec![b'x'; 6000];
        let mut complete = begin(&budget, &body, Some(6000)).unwrap();
        for piece in body.chunks(6000 / pieces) {
            complete.push(Bytes::copy_from_slice(piece)).unwrap();
        }
        let mut newer = begin(&budget, b"", Some(6000)).unwrap();
        newer.push(Bytes::from(vec![b'x'; 6000])).unwrap();
        assert!(complete.poll_evicted(&Context::from_waker(Waker::noop())).is_ready());
        drop(newer);
        assert_eq!(budget.used(), 0);
        let (_verified, charge) = complete.finish().unwrap();
        assert_eq!(budget.used(), HEAD + memory);
        drop(charge);
    }
}

#[test]
fn a_forged_one_that_was_evicted_evicts_nobody() {
    let budget = Budget::new(10_000);
    let fill = |signed: &[u8]| {
        let mut intake = begin(&budget, signed, Some(6000)).unwrap();
        intake.push(Bytes::from(vec![b'x'; 5999])).unwrap();
        intake
    };
    let mut forged = fill(b"another body");
    let mut honest = fill(&[b'x'; 6000]);
    forged.push(Bytes::from_static(b"x")).unwrap_err();
    assert_eq!(forged.finish().unwrap_err().refusal.code(), "signature_mismatch");
    honest.push(Bytes::from_static(b"x")).unwrap();
    assert!(honest.finish().is_ok());
}

#[test]
fn a_verified_one_that_finds_no_room_comes_again() {
    let budget = Budget::new(10_000);
    let body = vec![b'x'; 6000];
    let mut evicted = begin(&budget, &body, Some(6000)).unwrap();
    evicted.push(Bytes::from(body.clone())).unwrap();
    let mut newer = begin(&budget, &body, Some(6000)).unwrap();
    newer.push(Bytes::from(body.clone())).unwrap();
    let handled = newer.finish().unwrap();
    let refused = evicted.finish().unwrap_err();
    // A sender that signs no time.
    assert_eq!(refused.refusal, SPENT);
    assert_eq!(refused.read.chunks, [body, vec![]]);
    drop(refused.charge);
    drop(handled);
    assert_eq!(budget.used(), 0);
}

/// Until then its time may be a forged one.
#[test]
fn the_wait_depends_on_the_age_once_a_delivery_is_verified() {
    let signer = Signer::new(Sender::MLFLOW, Secret::new("shared").unwrap()).unwrap();
    let signed = signer.sign(UnixTime::from_secs(NOW - 10), "an-id", b"signed").unwrap();
    let headers: Vec<_> = signed.iter().collect();
    let secret = Secret::new("shared").unwrap();
    let mlflow = Verifier::builder(Sender::MLFLOW).secret(secret).build().unwrap();

    let budget = Budget::new(10_000);
    let head = Head { headers: &headers, memory: 5000, announced: None };
    let mut evicted = Intake::begin(Arc::new(mlflow), &clock(), &budget, &head).unwrap();
    evicted.push(Bytes::from_static(b"signed")).unwrap();
    let head = Head { headers: &self::headers(b""), memory: 5000, announced: None };
    let newer = Intake::begin(verifier(), &clock(), &budget, &head).unwrap();
    let _handled = newer.finish().unwrap();
    // Another chunk, for which there is no room either.
    let refusal = evicted.push(Bytes::from_static(b"more")).unwrap_err();
    assert_eq!(refusal.answer().header, Some(("retry-after", "5")));
    let refusal = evicted.finish().unwrap_err().refusal;
    assert_eq!(refusal.answer().header, Some(("retry-after", "25")));
}

#[test]
fn heads_that_wait_count_towards_the_budget() {
    let budget = Budget::new(10 * HEAD);
    let waiting: Vec<_> = (0..20).map(|_| begin(&budget, b"", Some(10)).unwrap()).collect();
    assert_eq!(budget.used(), 10 * HEAD);
    drop(waiting);
    assert_eq!(budget.used(), 0);
}

#[test]
fn a_head_that_is_larger_than_the_budget_is_refused() {
    let budget = Budget::new(HEAD - 1);
    assert_eq!(begin(&budget, b"", None).unwrap_err(), SPENT);
    assert_eq!(budget.used(), 0);
}

#[test]
fn what_was_refused_can_be_had_back() {
    let budget = Budget::new(1_000_000);
    let mut intake = begin(&budget, b"one body", None).unwrap();
    intake.push(Bytes::from_static(b"another ")).unwrap();
    intake.push(Bytes::from_static(b"body")).unwrap();
    let refused = intake.finish().unwrap_err();
    assert_eq!(refused.refusal.code(), "signature_mismatch");
    let shown = format!("{refused:?}");
    assert!(shown.contains("SignatureMismatch") && !shown.contains("another"), "{shown}");
    assert_eq!(refused.read.chunks, [b"another body".as_slice(), b""]);
    assert!(refused.read.is_complete);
    assert!(budget.used() > 0, "what was read is still there");
    drop(refused.charge);
    assert_eq!(budget.used(), 0);
}

#[test]
fn a_clock_before_1970_is_our_own_trouble() {
    let clock = Clock::new(|| SystemTime::UNIX_EPOCH - Duration::from_secs(1));
    let head = Head { headers: &headers(b""), memory: 0, announced: None };
    let refusal = Intake::begin(verifier(), &clock, &Budget::new(1_000_000), &head).unwrap_err();
    assert_eq!((refusal, refusal.answer().status), (Refusal::ClockBroken, 503));
    assert_eq!(format!("{clock:?}"), "Clock { .. }");
}
