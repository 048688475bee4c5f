//! The table of answers, and the verifier that is exchanged.

use std::sync::Arc;

use verify_adapter::{Refusal, ResolveError, Settings, VerifierHandle};
use verify_core::{Rejection, RetryAfter, Sender, UnixTime};

use crate::support::verifier;

#[test]
fn the_table_of_answers() {
    const AGAIN: RetryAfter = RetryAfter::AGE_UNKNOWN;
    let nothing: [(&str, &str); 0] = [];
    let missing = verifier(Sender::DATABRICKS).verify(UnixTime::from_secs(0), &nothing, b"");
    let missing = Refusal::from(missing.unwrap_err());
    let table = [
        (Refusal::BodyBroken, 400, "body_broken", "body ended before it was complete"),
        (
            Refusal::BudgetSpent(AGAIN),
            503,
            "budget_spent",
            "no memory is left in the budget for deliveries",
        ),
        (Refusal::ClockBroken, 503, "clock_broken", "clock of this machine is set before 1970"),
        (
            Refusal::DeadlinePassed,
            503,
            "deadline_passed",
            "delivery was not complete before the deadline",
        ),
        (Refusal::NotGuarded, 500, "not_guarded", "this route has no verifier"),
        (
            Refusal::NotHandledOnce,
            500,
            "not_handled_once",
            "this route does not handle deliveries once",
        ),
        (Rejection::BODY_TOO_LARGE.into(), 413, "body_too_large", "body is larger than the limit"),
        (
            Refusal::PayloadUnreadable(AGAIN),
            503,
            "payload_unreadable",
            "verified body cannot be read as an event",
        ),
        (missing, 401, "header_missing", "header is missing: `x-databricks-signature`"),
        (
            ResolveError::Unavailable.into(),
            503,
            "verifier_unavailable",
            "the resolver could not load the verifier",
        ),
        (
            ResolveError::Unknown.into(),
            401,
            "verifier_unknown",
            "the resolver knows no verifier for this request",
        ),
    ];
    for (refusal, status, code, text) in table {
        let header = match status {
            401 => Some(("www-authenticate", "HMAC-SHA256, Bearer")),
            503 => Some(("retry-after", "5")),
            _ => None,
        };
        let answer = refusal.answer();
        assert_eq!((answer.status, answer.header), (status, header), "{refusal:?}");
        assert_eq!((refusal.code(), refusal.to_string().as_str()), (code, text));
    }
}

#[test]
fn a_handle_gives_back_the_verifier_it_replaces() {
    let [first, second] = [(); 2].map(|()| Arc::new(verifier(Sender::WANDB)));
    let handle = VerifierHandle::from(Arc::clone(&first));
    let clone = handle.clone();
    assert!(Arc::ptr_eq(&handle.swap(Arc::clone(&second)), &first));
    assert!(Arc::ptr_eq(&clone.load(), &second));
    assert_eq!(VerifierHandle::from(verifier(Sender::WANDB)).load().sender().name(), "wandb");
}

#[test]
fn settings_show_what_they_are() {
    let settings = Settings::<(), String>::default();
    let shown = format!("{settings:?}");
    assert!(shown.starts_with("Settings { deadline: 10s, "), "{shown}");
    assert!(shown.contains("report_only: false"), "{shown}");
}
