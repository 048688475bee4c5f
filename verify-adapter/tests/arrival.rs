//! A delivery while it arrives: what is polled, when, and what is left of it.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

use core::{
    convert::Infallible,
    future::{pending, poll_fn},
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};
use std::sync::Arc;

use bytes::Bytes;
use verify_adapter::{
    Arrival, Budget, Clock, Head, Outcome, Policy, Refusal, Reported, ResolveError, delivered,
};
use verify_core::{RetryAfter, Secret, Sender, Signer, UnixTime, Verifier};

/// Of a delivery that is not verified.
const SPENT: Refusal = Refusal::BudgetSpent(RetryAfter::AGE_UNKNOWN);

fn verifier() -> Arc<Verifier> {
    let secret = Secret::new("shared").unwrap();
    Verifier::builder(Sender::WANDB).secret(secret).body_limit(1000).build().unwrap().into()
}

fn policy() -> Policy {
    let mut policy = Policy::default();
    policy.budget = Budget::new(1_000_000);
    policy.clock = Clock::default();
    policy
}

/// One whose head was found good.
fn begun(policy: Policy, signed: &[u8]) -> Arrival {
    let signer = Signer::new(Sender::WANDB, Secret::new("shared").unwrap()).unwrap();
    let signed = signer.sign(UnixTime::from_secs(0), "", signed).unwrap();
    let headers: Vec<_> = signed.iter().collect();
    let mut arrival = Arrival::new(policy);
    arrival.begin(verifier(), Head { headers: &headers, memory: 0, announced: None }).unwrap();
    assert_eq!(arrival.body_limit(), 1000);
    arrival
}

/// Polls with these chunks and then the end, which must be polled once at most.
async fn take(arrival: &mut Arrival, chunks: &[&'static [u8]]) -> Outcome {
    let mut chunks = chunks.iter();
    let mut is_over = false;
    poll_fn(|cx| {
        arrival.poll_body(cx, |_| {
            assert!(!is_over, "polled after its end");
            let chunk = chunks.next().map(|chunk| Ok::<_, Infallible>(Bytes::from_static(chunk)));
            is_over = chunk.is_none();
            Poll::Ready(chunk)
        })
    })
    .await
}

#[tokio::test]
async fn a_refused_chunk_and_what_was_before_it_can_be_had_back() {
    let body: &[&'static [u8]] = &[b"{", b"}"];
    let mut arrival = begun(policy(), b"{}");
    assert_eq!(take(&mut arrival, body).await.unwrap().0.body(), "{}");

    let mut arrival = begun(policy(), b"[]");
    let unverified = take(&mut arrival, body).await.unwrap_err().dangerous_into_unverified();
    assert_eq!((unverified.read, unverified.refused), ("{}".into(), None));
    assert!(unverified.is_complete);

    let mut arrival = begun(policy(), b"");
    let unaccepted = take(&mut arrival, &[&[b'x'; 600], &[b'y'; 600]]).await.unwrap_err();
    assert_eq!(unaccepted.refusal().code(), "body_too_large");
    assert!(!format!("{unaccepted:?}").contains("yy"), "{unaccepted:?}");
    let unverified = unaccepted.dangerous_into_unverified();
    assert_eq!((unverified.read.len(), unverified.refused.unwrap().len()), (600, 600));
    assert!(!unverified.is_complete);
}

#[tokio::test]
async fn one_without_a_good_head_or_after_its_end_has_no_body() {
    let mut cx = Context::from_waker(Waker::noop());
    let mut polled = |arrival: &mut Arrival| {
        let chunk = |_: &mut Context<'_>| Poll::Ready(None::<Result<Bytes, Infallible>>);
        arrival.poll_body(&mut cx, chunk).is_ready()
    };
    let nothing: [(&str, &str); 0] = [];
    let mut refused = Arrival::new(policy());
    let head = Head { headers: &nothing, memory: 0, announced: None };
    let refusal = refused.begin(verifier(), head).unwrap_err();
    assert_eq!(refusal.code(), "header_missing");
    assert!(!polled(&mut refused));

    let mut over = begun(policy(), b"");
    assert!(polled(&mut over));
    assert!(!polled(&mut over));
}

#[tokio::test]
async fn a_body_that_is_always_ready_lets_others_run() {
    let mut arrival = begun(policy(), b"");
    let mut polled = 0;
    let mut endless = |_: &mut Context<'_>| {
        polled += 1;
        Poll::Ready((polled < 100_000).then(|| Ok::<_, Infallible>(Bytes::new())))
    };
    let mut cx = Context::from_waker(Waker::noop());
    assert!(arrival.poll_body(&mut cx, &mut endless).is_pending());
    assert_eq!(polled, 256);
}

#[tokio::test(start_paused = true)]
async fn one_that_waits_is_refused_once_newer_ones_need_its_room() {
    let mut policy = policy();
    policy.budget = Budget::new(1000);
    policy.deadline = Duration::from_secs(3600);
    let mut oldest = begun(policy.clone(), b"");
    let mut newest = begun(policy, &[b'x'; 900]);
    let mut first = Some(Ok::<_, Infallible>(Bytes::from(vec![b'y'; 900])));
    let mut waiting = Box::pin(poll_fn(|cx| {
        oldest
            .poll_body(cx, |_| first.take().map_or(Poll::Pending, |chunk| Poll::Ready(Some(chunk))))
    }));
    let _accepted = tokio::select! {
        biased;
        _ = &mut waiting => panic!("nobody needs its room yet"),
        accepted = take(&mut newest, &[&[b'x'; 900]]) => accepted.unwrap(),
    };
    let started = tokio::time::Instant::now();
    assert_eq!(waiting.await.unwrap_err().refusal(), SPENT);
    assert_eq!(started.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_is_one_for_verifier_and_body() {
    let mut arrival = Arrival::new(policy());
    let mut never = pin!(pending::<Result<Arc<Verifier>, ResolveError>>());
    let waited = tokio::time::Instant::now();
    let refusal = poll_fn(|cx| arrival.poll_resolved(never.as_mut(), cx)).await.unwrap_err();
    assert_eq!((refusal, waited.elapsed().as_secs()), (Refusal::DeadlinePassed, 10));

    let mut arrival = begun(policy(), b"");
    let mut slow = pin!(async {
        tokio::time::sleep(Duration::from_secs(9)).await;
        Ok(verifier())
    });
    let waited = tokio::time::Instant::now();
    poll_fn(|cx| arrival.poll_resolved(slow.as_mut(), cx)).await.unwrap();
    let body =
        poll_fn(|cx| arrival.poll_body(cx, |_| Poll::<Option<Result<Bytes, Infallible>>>::Pending));
    assert_eq!(body.await.unwrap_err().refusal(), Refusal::DeadlinePassed);
    assert_eq!(waited.elapsed().as_secs(), 10);
}

#[tokio::test]
async fn a_broken_body_is_not_handed_on_even_where_refusals_are_only_reported() {
    let mut reporting = policy();
    reporting.dangerous_report_only();
    for (policy, handed_on) in [(reporting, true), (policy(), false)] {
        let mut arrival = begun(policy, b"{}");
        let broken = poll_fn(|cx| arrival.poll_body(cx, |_| Poll::Ready(Some(Err(())))));
        assert_eq!(broken.await.unwrap_err().refusal(), Refusal::BodyBroken);
        assert!(!arrival.tell(Refusal::BodyBroken));
        assert_eq!(arrival.tell(Refusal::DeadlinePassed), handed_on);
    }
}

#[tokio::test]
async fn an_extractor_gets_what_was_verified_or_the_reason() {
    let mut arrival = begun(policy(), b"{}");
    let (verified, _charge) = take(&mut arrival, &[b"{}"]).await.unwrap();
    let reported = Reported::new(SPENT);
    assert_eq!(delivered(Some(&verified), None).unwrap().body(), "{}");
    assert_eq!(delivered(None, Some(&reported)).unwrap_err(), SPENT);
    assert_eq!(delivered(None, None).unwrap_err(), Refusal::NotGuarded);
}
