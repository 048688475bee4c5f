//! How long MLflow goes on trying, by what `Retry-After` says.

use core::time::Duration;

use proptest::prelude::*;
use verify_core::{Receipt, RetryAfter, Secret, Sender, UnixTime, Verifier};

use crate::common::{base64, hmac};

const NOW: i64 = 1_795_290_782;

/// The receipt of a delivery that was signed this many seconds before it came.
fn receipt_at(age: i64, tolerance: u64) -> Receipt {
    let signed_at = NOW - age;
    let head = [
        ("x-mlflow-delivery-id", "an-id".to_owned()),
        ("x-mlflow-timestamp", signed_at.to_string()),
        (
            "x-mlflow-signature",
            format!(
                "v1,{}",
                base64(&hmac(b"shared", format!("an-id.{signed_at}.{{}}").as_bytes()))
            ),
        ),
    ];
    let verifier = Verifier::builder(Sender::MLFLOW)
        .secret(Secret::new("shared").unwrap())
        .tolerance(Duration::from_secs(tolerance))
        .build()
        .unwrap();
    let now = UnixTime::from_secs(NOW.cast_unsigned());
    *verifier.verify(now, head.as_slice(), b"{}").unwrap().receipt()
}

fn wait_at(age: i64, tolerance: u64) -> i64 {
    receipt_at(age, tolerance).retry_after().as_secs().into()
}

/// When MLflow makes its tries, in seconds after the first, if each of them is answered 503 with the
/// header that belongs to its moment: urllib3 2.8.0 as MLflow 3.17.2 sets it up.
fn tries<'h>(header_at: impl Fn(i64) -> Option<&'h str>) -> Vec<f64> {
    let mut tries = vec![0.0];
    // Without its jitter of up to a second.
    for own_wait in [0.0, 2.0, 4.0] {
        let at: f64 = tries[tries.len() - 1];
        #[expect(clippy::cast_possible_truncation, reason = "below an hour")]
        let header = header_at(at as i64);
        let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        tries.push(match header {
            // It raises an error: this was the last try.
            Some(text) if !is_digits(text) => break,
            Some(text) if text.parse() != Ok(0.0) => {
                at + text.parse::<f64>().unwrap().min(21_600.0)
            }
            _ => at + own_wait,
        });
    }
    tries
}

#[test]
fn mlflow_tries_for_50_seconds() {
    let ours = |ahead: i64| tries(|at| Some(receipt_at(at - ahead, 300).retry_after().as_str()));
    assert_eq!(ours(0), [0.0, 5.0, 20.0, 50.0]);
    // A sender whose clock is ahead by a minute, and one that is behind.
    assert_eq!(ours(60), [0.0, 30.0, 60.0, 65.0]);
    assert_eq!(ours(-60), [0.0, 30.0, 60.0, 90.0]);
    // Before it is verified, and what was answered instead.
    let constant = |text| tries(|_| text);
    assert_eq!(constant(Some(RetryAfter::AGE_UNKNOWN.as_str())), [0.0, 5.0, 10.0, 15.0]);
    assert_eq!(constant(Some("1")), [0.0, 1.0, 2.0, 3.0]);
    assert_eq!(constant(None), [0.0, 0.0, 2.0, 6.0]);
    assert_eq!(constant(Some("0")), [0.0, 0.0, 2.0, 6.0]);
    assert_eq!(constant(Some("soon")), [0.0]);
}

#[test]
fn without_a_signed_time_the_wait_is_constant() {
    let now = UnixTime::from_secs(NOW.cast_unsigned());
    let signature = crate::common::hex(&hmac(b"shared", b"{}"));
    let secret = Secret::new("shared").unwrap();
    let signed = Verifier::builder(Sender::WANDB).secret(secret).build().unwrap();
    let head = [("x-wandb-signature", signature.as_str())];
    let receipt = *signed.verify(now, &head, b"{}").unwrap().receipt();
    assert_eq!(receipt.retry_after(), RetryAfter::AGE_UNKNOWN);
    assert_eq!(receipt.tolerance(), None);

    let token = Verifier::builder(Sender::MLFLOW).bearer("token").without_signature();
    let head = [("authorization", "Bearer token")];
    let receipt = *token.build().unwrap().verify(now, &head, b"{}").unwrap().receipt();
    assert_eq!(receipt.retry_after(), RetryAfter::AGE_UNKNOWN);
    assert_eq!(receipt.retry_after().to_string(), "5");
    assert_eq!(receipt.tolerance(), None);
    assert_eq!(receipt_at(0, 240).tolerance(), Some(Duration::from_secs(240)));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// A retry comes with half of the time left, unless only seconds are left.
    #[test]
    fn no_retry_is_sent_past_the_tolerance(tolerance in 0..=86_400_u64, left in 0..=70_i64) {
        let bound = i64::try_from(tolerance).unwrap();
        let left = left.min(2 * bound);
        let wait = wait_at(bound - left, tolerance);
        prop_assert!(wait == 1 || wait <= left / 2, "{wait} s, and {left} s are left");
        prop_assert!((1..=30).contains(&wait), "{wait} s");
    }

    /// However far apart the clocks are, the last try comes after 50 s and is still fresh.
    #[test]
    fn the_tries_last_50_seconds_whatever_the_clocks_say(ahead in -120..=300_i64) {
        let last = (0..3).fold(0, |at, _| at + wait_at(at - ahead, 300));
        prop_assert!((50..=90).contains(&last), "{last} s");
        prop_assert!(last - ahead <= 300);
    }

    #[test]
    fn the_wait_grows_with_the_age_while_there_is_time(age in 0..=239_i64) {
        prop_assert!(wait_at(age, 300) <= wait_at(age + 1, 300));
    }

    #[test]
    fn a_longer_tolerance_shortens_no_wait(age in 0..=300_i64, tolerance in 300..=86_399_u64) {
        prop_assert!(wait_at(age, tolerance) <= wait_at(age, tolerance + 1));
    }
}
