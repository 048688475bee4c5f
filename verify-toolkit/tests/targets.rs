//! The matrix for odd receivers: at other times, with odd secrets, bodies, tokens and limits.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

use core::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use verify_toolkit::{
    Encoding, Secret, Sender, UnixTime, Verifier,
    attack::{Answer, Attempt, Expected, Outcome, Step, Target},
};

const NOW: UnixTime = UnixTime::from_secs(1_795_290_782);

/// Answers as a verifier with this secret would.
fn answer(verifier: &Verifier, now: UnixTime, attempt: &Attempt) -> Outcome {
    let body: Vec<u8> = attempt.data().flatten().copied().collect();
    let is_complete = !attempt.body.iter().any(|step| matches!(step, Step::BreakOff | Step::Stall));
    let status = match verifier.verify(now, &attempt.headers, &body[..]) {
        Ok(_) if is_complete && attempt.method == "POST" && attempt.path.starts_with('/') => 204,
        _ => 401,
    };
    Outcome::Answered(Answer::new(status, Vec::new(), Vec::new()))
}

fn verifier(sender: Sender, secret: &str, tolerance: Option<u64>) -> Verifier {
    let builder = Verifier::builder(sender).secret(Secret::new(secret).unwrap());
    let builder = match tolerance {
        Some(seconds) => builder.tolerance(Duration::from_secs(seconds)),
        None => builder,
    };
    builder.build().unwrap()
}

/// The names of cases in which a forgery is none: the verifier accepts it.
async fn unfair(target: &Target, verifier: &Verifier, now: UnixTime) -> Vec<&'static str> {
    let report =
        target.attack_with(|attempt| core::future::ready(answer(verifier, now, &attempt))).await;
    let forgeries = report.cases.iter().filter(|r| r.case.expected == Expected::Refused);
    forgeries.filter(|report| !report.findings.is_empty()).map(|report| report.case.name).collect()
}

#[tokio::test]
async fn every_forgery_is_one_at_any_time() {
    let verifier = verifier(Sender::MLFLOW, "shared", None);
    for seconds in [1_111_111_111, 1_795_290_782, 1_800_000_000, 2_000_000_000, 10_000_000_000] {
        let now = UnixTime::from_secs(seconds);
        let target = Target::new(Sender::MLFLOW, "shared").with_now(now);
        assert_eq!(unfair(&target, &verifier, now).await, [""; 0], "{seconds}");
    }
}

#[tokio::test]
async fn every_forgery_is_one_for_odd_secrets_and_bodies() {
    let github = Sender::new("github", "x-hub-signature-256").with_prefix("sha256=");
    let hex = Sender::WANDB.with_encodings(&[Encoding::Hex]);
    for sender in [Sender::DATABRICKS, Sender::MLFLOW, Sender::WANDB, github, hex] {
        for secret in ["shared", "shared\0", &"x".repeat(100), "undefined", "not this one!"] {
            let verifier = verifier(sender, secret, None);
            for body in ["{}", "", "[]", r#"{"a": 1}"#, "not json"] {
                let target = Target::new(sender, secret).with_now(NOW).with_body(body);
                let target = target.with_body_limit(16 * 1024);
                let unfair = unfair(&target, &verifier, NOW).await;
                assert_eq!(unfair, [""; 0], "{}, {secret:?}, {body:?}", sender.name());
            }
        }
    }
}

#[test]
fn odd_targets_have_cases_too() {
    let target = || Target::new(Sender::MLFLOW, "shared");
    for odd in [
        target().with_bearer(""),
        target().with_bearer("caf\u{e9}"),
        target().with_body(""),
        target().with_now(UnixTime::from_secs(0)),
        target().with_now(UnixTime::from_secs(100)),
        target().with_now(UnixTime::from_secs(u64::MAX)),
        target().with_tolerance(Duration::ZERO),
        target().with_tolerance(Duration::MAX),
        target().with_body_limit(0),
        target().with_body_limit(usize::MAX),
        target().with_path(""),
        target().with_path("/a?b=c"),
        Target::new(Sender::MLFLOW, ""),
    ] {
        assert_eq!(odd.cases()[0].name, "genuine", "{odd:?}");
    }
}

#[tokio::test]
async fn nothing_tried_is_nothing_shown() {
    let target = Target::new(Sender::MLFLOW, "shared").with_now(NOW);
    let skipped = target.attack_with(async |_| Outcome::Skipped).await;
    assert!(!skipped.is_hardened() && skipped.tried() == 0, "{skipped}");

    // A misspelt group leaves the genuine delivery, which a receiver that refuses everything fails.
    let misspelt = target.clone().only(["sigature/"]);
    let verifier = verifier(Sender::MLFLOW, "another", None);
    let report =
        misspelt.attack_with(|attempt| core::future::ready(answer(&verifier, NOW, &attempt))).await;
    assert!(!report.is_hardened() && report.tried() == 1, "{report}");
    let accepted = Outcome::Answered(Answer::new(204, Vec::new(), Vec::new()));
    let report = misspelt.attack_with(async |_| accepted.clone()).await;
    assert!(!report.is_hardened() && report.tried() == 1, "{report}");
}

#[tokio::test]
async fn what_differs_by_itself_is_no_finding() {
    let target = Target::new(Sender::MLFLOW, "shared").with_now(NOW);
    let verifier = verifier(Sender::MLFLOW, "shared", None);
    let only_once = |number: usize| {
        let headers = vec![("x-request-id".to_owned(), number.to_string().into_bytes())];
        Answer::new(401, headers, format!("request {number}").into_bytes())
    };
    let number = AtomicUsize::new(0);
    let target = target.only(["signature/"]);
    let report = target.attack_with(async |attempt| match answer(&verifier, NOW, &attempt) {
        Outcome::Answered(refusal) if refusal.status == 401 => {
            Outcome::Answered(only_once(number.fetch_add(1, Ordering::Relaxed)))
        }
        other => other,
    });
    let report = report.await;
    assert!(report.is_hardened(), "{report}");
}

#[tokio::test]
async fn a_router_may_redirect_what_is_not_its_path() {
    let target = Target::new(Sender::MLFLOW, "shared").with_now(NOW).with_path("/a/hook");
    let verifier = verifier(Sender::MLFLOW, "shared", None);
    let redirect = Outcome::Answered(Answer::new(301, Vec::new(), Vec::new()));
    for (group, is_hardened) in [("route/", true), ("signature/", false)] {
        let target = target.clone().only([group]);
        let report = target.attack_with(async |attempt| match answer(&verifier, NOW, &attempt) {
            Outcome::Answered(refusal) if refusal.status == 401 => redirect.clone(),
            other => other,
        });
        let report = report.await;
        assert_eq!(report.is_hardened(), is_hardened, "{report}");
    }
}

#[tokio::test]
async fn a_signature_that_is_shown_is_found_by_any_clock() {
    for sender in Sender::ALL {
        let target = Target::new(*sender, "shared");
        let report = target
            .attack_with(|attempt| {
                let named = |(name, _): &&(String, Vec<u8>)| name == sender.signature_header();
                let shown = attempt.headers.iter().find(named).map(|(_, value)| value.clone());
                let answer = Answer::new(204, Vec::new(), shown.unwrap_or_default());
                core::future::ready(Outcome::Answered(answer))
            })
            .await;
        let genuine = &report.cases[0];
        assert_eq!(genuine.findings, ["the answer shows the signature that it expects"]);
    }
}

#[test]
fn a_path_with_a_query_keeps_it() {
    let target = Target::new(Sender::MLFLOW, "shared").with_path("/hook?tenant=a");
    let cases = target.cases();
    let case = cases.iter().find(|case| case.name == "signature/in-the-query").unwrap();
    assert!(case.attempt.path.starts_with("/hook?tenant=a&x-mlflow-signature=v1,"));
}
