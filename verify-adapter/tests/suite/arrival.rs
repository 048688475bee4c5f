//! A delivery while it arrives: what is polled, when, what becomes of it, and what is left of it.

use core::{
    future::pending,
    pin::pin,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    task::{Context, Poll, Waker},
    time::Duration,
};
use std::{
    sync::{Arc, Mutex},
    task::Wake,
};

use bytes::Bytes;
use tokio::time::Instant;
use verify_adapter::{
    Arrival, Budget, Decision, Read, Refusal, Reported, ResolveError, attempted, delivered,
    delivered_unless_reported,
};
use verify_core::{RetryAfter, Sender, Verified, Verifier};

use crate::support::{
    Answered, Handed, Headed, Incoming, Settings, arriving, decide, settings, signed, verifier,
};

/// Of a delivery that is not verified.
const SPENT: Refusal = Refusal::BudgetSpent(RetryAfter::AGE_UNKNOWN);

fn wandb(body: &[u8]) -> Headed {
    signed(Sender::WANDB, body)
}

fn report_only() -> Settings {
    let mut settings = settings();
    settings.dangerous_report_only();
    settings
}

/// The request for the inner service, and why it would have been refused.
fn called(decision: Decision<Incoming>) -> (Handed, Option<Refusal>) {
    match decision {
        Decision::Call(handed, handling) => (handed, handling.refusal()),
        Decision::Answer(answer) => panic!("answered: {answer:?}"),
    }
}

fn answered(decision: Decision<Incoming>) -> Refusal {
    match decision {
        Decision::Call(..) => panic!("the inner service is called"),
        Decision::Answer(answer) => answer.refusal.unwrap(),
    }
}

/// The body that the inner service gets: its chunks, and whether there is more.
fn handed_on(mut read: Read) -> (Vec<Bytes>, bool) {
    let remaining = read.remaining();
    let chunks: Vec<_> = core::iter::from_fn(|| read.next_chunk()).collect();
    assert_eq!((chunks.iter().map(Bytes::len).sum::<usize>(), read.remaining()), (remaining, 0));
    (chunks, read.is_complete())
}

#[tokio::test]
async fn an_accepted_one_reaches_the_service_with_its_receipt() {
    let headers = [vec![("authorization", "Bearer token".to_owned())], wandb(b"{}")].concat();
    let mut request = Incoming::new(headers, &[b"{", b"", b"}"]);
    // What a layer outside found out.
    request.extensions.push(Box::new(reported().await));
    let (handed, refusal) = called(decide(&settings(), request).await);
    assert_eq!(refusal, None);
    assert_eq!(handed_on(handed.read), (vec!["{}".into()], true));
    assert_eq!(handed.limit, 2 * 1024 * 1024);
    let request = handed.request;
    assert_eq!(request.hidden, ["authorization", "x-wandb-signature"]);
    assert!(request.get::<Reported>().is_none());
    let verified = request.get::<Verified<Bytes>>().unwrap();
    assert_eq!((verified.receipt().sender(), &verified.body()[..]), ("wandb", &b"{}"[..]));

    assert_eq!(delivered(Some(&verified), None).unwrap().body(), "{}");
    let reported = reported().await;
    assert_eq!(delivered(None, Some(&reported)).unwrap_err(), SPENT);
    assert_eq!(delivered(None, None).unwrap_err(), Refusal::NotGuarded);
    // For handlers that can do without, unless nothing would ever be verified.
    assert!(delivered_unless_reported(Some(&verified), None).unwrap().is_some());
    assert!(delivered_unless_reported(None, Some(&reported)).unwrap().is_none());
    assert_eq!(delivered_unless_reported(None, None).unwrap_err(), Refusal::NotGuarded);

    assert_eq!(attempted(Some(&3)), Ok(3));
    assert_eq!(attempted::<u32>(None), Err(Refusal::NotHandledOnce));
}

#[tokio::test]
async fn a_user_may_replace_the_answer() {
    for is_own in [false, true] {
        let mut settings = settings();
        if is_own {
            settings.refusal_response = Some(Arc::new(move |_| Answered { refusal: None, is_own }));
        }
        let decision = decide(&settings, Incoming::new(vec![], &[])).await;
        let Decision::Answer(answer) = decision else { panic!("the inner service is called") };
        assert_eq!(answer.is_own, is_own);
        assert_eq!(answer.refusal.unwrap().code(), "header_missing");
    }
}

/// The mark of a request that was refused for [`SPENT`].
async fn reported() -> Reported {
    let mut settings = report_only();
    settings.budget = Budget::new(1);
    let (handed, refusal) = called(decide(&settings, Incoming::new(wandb(b""), &[])).await);
    assert_eq!(refusal, Some(SPENT));
    handed.request.get::<Reported>().unwrap()
}

#[tokio::test]
async fn a_refused_one_is_answered_and_where_refusals_are_only_reported_reaches_the_service() {
    let told = Arc::new(Mutex::new(Vec::new()));
    for (mut settings, is_called) in [(settings(), false), (report_only(), true)] {
        let tell = Arc::clone(&told);
        settings.on_refusal = Some(Arc::new(move |refusal, headers: &Headed| {
            tell.lock().unwrap().push((refusal.code(), headers.len()));
        }));
        let large: &[&'static [u8]] = &[&[b'x'; 600], &[b'y'; 600]];
        for (headers, chunks, read, is_complete, code) in [
            (
                wandb(b"[]"),
                &[&b"{"[..], b"}"][..],
                vec!["{}".to_owned()],
                true,
                "signature_mismatch",
            ),
            (wandb(b""), large, vec!["x".repeat(600), "y".repeat(600)], false, "body_too_large"),
            (vec![], large, vec![], false, "header_missing"),
        ] {
            let decision = decide(&settings, Incoming::new(headers.clone(), chunks)).await;
            if is_called {
                let (Handed { request, read: handed, .. }, refusal) = called(decision);
                assert_eq!(refusal.unwrap().code(), code);
                let read: Vec<_> = read.into_iter().map(Bytes::from).collect();
                assert_eq!(handed_on(handed), (read, is_complete));
                assert_eq!(request.get::<Reported>().unwrap().refusal.code(), code);
                let signature = headers.iter().map(|(name, _)| *name);
                assert_eq!(request.hidden, signature.collect::<Vec<_>>());
                assert!(request.get::<Verified<Bytes>>().is_none());
            } else {
                assert_eq!(answered(decision).code(), code);
            }
            assert_eq!(told.lock().unwrap().pop(), Some((code, headers.len())));
        }
    }
    assert_eq!(told.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn a_broken_body_is_answered_even_where_refusals_are_only_reported() {
    let broken = || Incoming::polling(wandb(b"{}"), |_| Poll::Ready(Some(Err(()))));
    for settings in [settings(), report_only()] {
        assert_eq!(answered(decide(&settings, broken()).await), Refusal::BodyBroken);
    }
}

#[tokio::test]
async fn the_larger_of_both_lengths_counts_before_any_of_the_body_is_read() {
    for (header, known, code) in [
        (Some("1000"), None, "signature_mismatch"),
        (Some("1001"), None, "body_too_large"),
        (Some("1001"), Some(0), "body_too_large"),
        (Some("18446744073709551615"), None, "body_too_large"),
        (None, Some(1001), "body_too_large"),
        (Some("0"), Some(1001), "body_too_large"),
    ] {
        let mut headers = wandb(b"another");
        headers.extend(header.map(|length| ("content-length", length.to_owned())));
        let length = header.and_then(|length| length.parse().ok());
        assert_eq!(verify_adapter::content_length(&headers), length);
        // The first one counts, and servers let no second through.
        headers.extend(header.map(|_| ("content-length", "0".to_owned())));
        let is_late = code == "body_too_large";
        let mut request = Incoming::polling(headers, move |_| {
            assert!(!is_late, "the body was polled");
            Poll::Ready(None)
        });
        request.known_length = known;
        let refusal = answered(decide(&settings(), request).await);
        assert_eq!(refusal.code(), code, "{header:?} {known:?}");
    }
}

#[tokio::test]
async fn a_head_is_charged_for_its_texts_and_their_places_while_it_waits() {
    let settings = settings();
    let headers = wandb(b"{}");
    let texts: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    let expected = texts + 128 * headers.len();
    let waits = Incoming::polling(headers, |_| Poll::Pending);
    let mut arrival = Box::pin(arriving(&settings, Sender::WANDB, waits));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(arrival.as_mut().poll(&mut cx).is_pending());
    assert_eq!(settings.budget.used(), expected);
    drop(arrival);
    assert_eq!(settings.budget.used(), 0);
}

#[tokio::test]
#[cfg_attr(debug_assertions, should_panic(expected = "polled after its end"))]
async fn after_its_end_it_panics_or_is_pending() {
    let mut arrival = pin!(arriving(&settings(), Sender::WANDB, Incoming::new(vec![], &[])));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(arrival.as_mut().poll(&mut cx).is_ready());
    assert!(arrival.as_mut().poll(&mut cx).is_pending());
}

#[tokio::test]
async fn a_body_that_is_always_ready_lets_others_run() {
    let polled = Arc::new(Mutex::new(0));
    let count = Arc::clone(&polled);
    let endless = Incoming::polling(wandb(b""), move |_| {
        let mut polled = count.lock().unwrap();
        *polled += 1;
        Poll::Ready((*polled < 100_000).then(|| Ok(Bytes::new())))
    });
    let mut arrival = pin!(arriving(&settings(), Sender::WANDB, endless));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(arrival.as_mut().poll(&mut cx).is_pending());
    assert_eq!(*polled.lock().unwrap(), 256);
}

#[tokio::test]
async fn the_first_wait_only_lets_the_task_run_once_more() {
    struct Woken(AtomicUsize);
    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Relaxed);
        }
    }
    let waits = Incoming::polling(wandb(b""), |_| Poll::Pending);
    let mut arrival = Box::pin(arriving(&settings(), Sender::WANDB, waits));
    let woken = Arc::new(Woken(AtomicUsize::new(0)));
    let waker = Waker::from(Arc::clone(&woken));
    for expected in [1, 1, 1] {
        assert!(arrival.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        assert_eq!(woken.0.load(Relaxed), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_waits_is_refused_once_newer_ones_need_its_room() {
    let mut settings = settings();
    settings.budget = Budget::new(1300);
    settings.deadline = Duration::from_secs(3600);
    let mut first = Some(Ok(Bytes::from_static(&[b'y'; 900])));
    let stalls = Incoming::polling(wandb(b""), move |_| {
        first.take().map_or(Poll::Pending, |chunk| Poll::Ready(Some(chunk)))
    });
    let mut waiting = Box::pin(decide(&settings, stalls));
    // Only from the second wait on it can be woken.
    assert!(waiting.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let newer = Incoming::new(wandb(&[b'x'; 900]), &[&[b'x'; 900]]);
    let accepted = tokio::select! {
        biased;
        _ = &mut waiting => panic!("nobody needs its room yet"),
        accepted = decide(&settings, newer) => accepted,
    };
    let started = Instant::now();
    assert_eq!(answered(waiting.await), SPENT);
    assert_eq!(started.elapsed(), Duration::ZERO);
    // Its room is kept until it is handled.
    assert!(settings.budget.used() > 900);
    drop(accepted);
    assert_eq!(settings.budget.used(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_is_one_for_verifier_and_body() {
    let stalls = || Incoming::polling(wandb(b""), |_| Poll::Pending);
    let never = |_: &Headed| pending::<Result<Arc<Verifier>, ResolveError>>();
    let slow = |_: &Headed| async {
        tokio::time::sleep(Duration::from_secs(9)).await;
        Ok(Arc::new(verifier(Sender::WANDB)))
    };
    let settings = Arc::new(settings());
    let started = Instant::now();
    let refusal = answered(Arrival::new(Arc::clone(&settings), stalls(), &never).await);
    assert_eq!((refusal, started.elapsed().as_secs()), (Refusal::DeadlinePassed, 10));
    let refusal = answered(Arrival::new(settings, stalls(), &slow).await);
    assert_eq!((refusal, started.elapsed().as_secs()), (Refusal::DeadlinePassed, 20));
}

#[tokio::test]
async fn the_error_of_a_resolver_is_the_reason() {
    for error in [ResolveError::Unavailable, ResolveError::Unknown] {
        let resolver = move |_: &Headed| async move { Err::<Arc<Verifier>, _>(error) };
        let request = Incoming::new(wandb(b""), &[]);
        let refusal = answered(Arrival::new(Arc::new(settings()), request, &resolver).await);
        assert_eq!(refusal, error.into());
    }
}
