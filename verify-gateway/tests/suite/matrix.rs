//! Nothing that is not verified is forwarded, whatever is tried.

use std::{collections::BTreeSet, thread};

use tokio::runtime::Builder;
use verify_core::{Secret, Sender, UnixTime, Verifier};
use verify_toolkit::attack::{Outcome, Report, Target};

use crate::{
    gateway::{Gateway, Place, example, route, secret},
    upstream::{Reached, Upstream},
};

#[test]
fn nothing_unverified_is_forwarded_by_any_mode_in_more_than_500_cases() {
    let tried: usize = ["proxy", "keep"].iter().map(|mode| attack_all(mode)).sum();
    assert!(tried > 500, "{tried}");
}

/// Attacks the routes of all senders at the same time: some cases wait for deadlines.
fn attack_all(mode: &str) -> usize {
    let upstream = Upstream::new();
    let gateway = gateway(&upstream, mode);
    thread::scope(|scope| {
        let attacks = Sender::ALL.iter().map(|sender| {
            let (gateway, upstream) = (&gateway, &upstream);
            scope.spawn(move || {
                let runtime = Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(attack(gateway, upstream, sender, mode))
            })
        });
        let attacks: Vec<_> = attacks.collect();
        attacks.into_iter().map(|attack| attack.join().unwrap()).sum()
    })
}

/// With the headers that were signed on the list of those that go along, so that what arrives can be verified again.
fn gateway(upstream: &Upstream, mode: &str) -> Gateway {
    let routes: String = Sender::ALL
        .iter()
        .map(|sender| {
            let signed = [
                Some(sender.signature_header()),
                sender.timestamp_header(),
                sender.delivery_id_header(),
            ];
            let signed: Vec<_> =
                signed.into_iter().flatten().map(|name| format!("{name:?}")).collect();
            let more = match mode {
                "proxy" => format!("forward_headers = [{}]", signed.join(", ")),
                _ => "mode = \"keep\"".to_owned(),
            };
            route(sender, &upstream.url(&format!("/{}", sender.name())), &more)
        })
        .collect();
    let store = if mode == "keep" { "[store]\npath = \"FOLDER/kept.db\"\n" } else { "" };
    Place::new(&format!("{routes}{store}")).start()
}

/// Returns how many cases were tried.
async fn attack(gateway: &Gateway, upstream: &Upstream, sender: &Sender, mode: &str) -> usize {
    let secret = secret(sender);
    let target = Target::new(*sender, secret.as_str()).with_body(example(sender));
    let url = format!("{}/webhooks/{}", gateway.url, sender.name());
    let report = target.attack_url(&url).await.unwrap();
    assert!(report.is_hardened(), "{mode}: {report}");

    let accepted = accepted(&report);
    let path = format!("/{}", sender.name());
    let reached: Vec<_> =
        upstream.reached().into_iter().filter(|reached| reached.path == path).collect();
    assert!(!reached.is_empty() && accepted > 0, "the genuine ones arrive");
    assert!(reached.len() <= accepted, "{} arrived, and {accepted} were accepted", reached.len());
    if mode == "proxy" {
        let verifier =
            Verifier::builder(*sender).secret(Secret::new(&secret).unwrap()).build().unwrap();
        let keys: BTreeSet<_> = reached.iter().map(|reached| key(&verifier, reached)).collect();
        assert_eq!(keys.len(), reached.len(), "one of them arrived twice");
    }
    report.tried()
}

/// How many cases were answered with success.
fn accepted(report: &Report) -> usize {
    let is_accepted = |outcome: &Outcome| matches!(outcome, Outcome::Answered(answer) if (200..300).contains(&answer.status));
    report.cases.iter().filter(|case| is_accepted(&case.outcome)).count()
}

/// Verifies what arrived as whoever owns the secret would, and returns the key of the delivery.
fn key(verifier: &Verifier, reached: &Reached) -> [u8; 32] {
    let headers: Vec<_> =
        reached.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let verified = verifier.verify(UnixTime::now().unwrap(), &headers, reached.body.as_slice());
    let verified = verified.unwrap_or_else(|rejection| panic!("{rejection}: {reached:?}"));
    verified.receipt().replay_key()
}
