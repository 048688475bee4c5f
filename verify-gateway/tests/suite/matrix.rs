//! Nothing that is not verified goes on, whatever is tried, and what is genuine goes on byte for byte.

use core::time::Duration;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
    thread,
};

use tokio::runtime::Builder;
use verify_core::{Secret, Sender, UnixTime, Verifier};
use verify_toolkit::attack::{Outcome, Report, Target};

use crate::{
    gateway::{Gateway, Place, example, route, secret, wait_until},
    upstream::Upstream,
};
#[cfg(target_os = "linux")]
use crate::{nats::Server, publish};

#[test]
fn nothing_unverified_is_forwarded_by_any_mode_in_more_than_500_cases() {
    let tried: usize = ["proxy", "keep"]
        .iter()
        .map(|mode| {
            let upstream = Upstream::new();
            let more = match *mode {
                "proxy" => "",
                _ => "mode = \"keep\"",
            };
            let routes = Sender::ALL
                .iter()
                .map(|sender| route(sender, &upstream.url(&format!("/{}", sender.name())), more));
            let routes: String = routes.collect();
            let store = if *mode == "keep" { STORE } else { "" };
            let gateway = Place::new(&format!("{routes}{store}")).start();
            let reached = |sender: &Sender| -> Vec<(String, Vec<u8>)> {
                let path = format!("/{}", sender.name());
                let all = upstream.reached().into_iter();
                let of_sender = all.filter(|reached| reached.path == path);
                let of_sender = of_sender.map(|reached| {
                    let key = reached.header("verify-key").or(reached.header("ce-id")).unwrap();
                    (key.to_owned(), reached.body.clone())
                });
                of_sender.collect()
            };
            attack_all(&gateway, mode, &reached)
        })
        .sum();
    assert!(tried > 500, "{tried}");
}

const STORE: &str = "[store]\npath = \"FOLDER/kept.db\"\n";

#[cfg(target_os = "linux")]
#[test]
fn nothing_unverified_is_published_in_more_than_250_cases() {
    // Some of the genuine bodies are as large as they may be.
    let more = "max_payload: 8388608";
    let test = "nothing_unverified_is_published";
    let Some(server) = Server::start_with(test, more, serde_json::json!({})) else { return };
    server.stream("CREATE", &serde_json::json!({}));
    let routes: String = Sender::ALL.iter().map(publish::route).collect();
    let nats = format!("[nats]\naddress = \"{}\"\n", server.url());
    let gateway = Place::new(&format!("{routes}{nats}{STORE}")).start();
    // Whoever asks the server hears all answers.
    let one_asks = Mutex::new(());
    let reached = |sender: &Sender| -> Vec<(String, Vec<u8>)> {
        let subject = format!("models.{}", sender.name());
        let messages = one_asks.lock().map(|_asks| server.messages()).unwrap_or_default();
        let all = messages.into_iter();
        let of_sender = all.filter(|message| message.header("Nats-Subject") == subject);
        of_sender.map(|message| (message.header("ce-id").to_owned(), message.body)).collect()
    };
    let tried = attack_all(&gateway, "publish", &reached);
    assert!(tried > 250, "{tried}");
}

/// What went on of a sender: the key that it has there, and its body.
type ReachedOf<'r> = dyn Fn(&Sender) -> Vec<(String, Vec<u8>)> + Sync + 'r;

/// Attacks the routes of all senders at the same time: some cases wait for deadlines. Returns how many were tried.
fn attack_all(gateway: &Gateway, mode: &str, reached: &ReachedOf<'_>) -> usize {
    thread::scope(|scope| {
        let attacks = Sender::ALL.iter().map(|sender| {
            scope.spawn(move || {
                let runtime = Builder::new_current_thread().enable_all().build().unwrap();
                let report = runtime.block_on(attack(gateway, sender, mode));
                compare(&genuine(&report, sender), || reached(sender), mode);
                report.tried()
            })
        });
        let attacks: Vec<_> = attacks.collect();
        attacks.into_iter().map(|attack| attack.join().unwrap()).sum()
    })
}

async fn attack(gateway: &Gateway, sender: &Sender, mode: &str) -> Report {
    let target = Target::new(*sender, secret(sender).as_str()).with_body(example(sender));
    let url = format!("{}/webhooks/{}", gateway.url, sender.name());
    let report = target.attack_url(&url).await.unwrap();
    assert!(report.is_hardened(), "{mode}: {report}");
    report
}

/// The bodies of each key. Some senders sign a second try of a delivery anew, which may have other bytes: one of them goes
/// on.
type Genuine = BTreeMap<String, BTreeSet<Vec<u8>>>;

/// What had to go on: of the cases that were answered with success, the keys and the bodies as whoever owns the secret
/// verifies them.
fn genuine(report: &Report, sender: &Sender) -> Genuine {
    let secret = Secret::new(secret(sender)).unwrap();
    // Some cases took their time.
    let builder = Verifier::builder(*sender).secret(secret);
    let builder = match sender.timestamp_header() {
        Some(_) => builder.tolerance(Duration::from_secs(3600)),
        None => builder,
    };
    let verifier = builder.build().unwrap();
    let is_accepted = |outcome: &Outcome| matches!(outcome, Outcome::Answered(answer) if (200..300).contains(&answer.status));
    let accepted = report.cases.iter().filter(|case| is_accepted(&case.outcome));
    let mut all = Genuine::new();
    for case in accepted {
        let attempt = &case.case.attempt;
        let body: Vec<u8> = attempt.data().flatten().copied().collect();
        let now = UnixTime::now().unwrap();
        let verified = verifier.verify(now, &attempt.headers, body.as_slice());
        let verified =
            verified.unwrap_or_else(|rejection| panic!("{}: {rejection}", case.case.name));
        let key = constant(&hex(&verified.receipt().replay_key()));
        all.entry(key).or_default().insert(body);
    }
    all
}

/// What went on is what had to, each once and byte for byte.
fn compare(genuine: &Genuine, reached: impl Fn() -> Vec<(String, Vec<u8>)>, mode: &str) {
    assert!(!genuine.is_empty(), "{mode}: the genuine ones are accepted");
    wait_until(|| reached().len() >= genuine.len());
    let all = reached();
    assert_eq!(all.len(), genuine.len(), "{mode}: each once, and nothing else");
    let mut left: BTreeSet<_> = genuine.keys().cloned().collect();
    for (key, body) in all {
        let key = constant(&key);
        let is_genuine = genuine.get(&key).is_some_and(|bodies| bodies.contains(&body));
        let begin = String::from_utf8_lossy(&body[..body.len().min(200)]);
        assert!(is_genuine, "{mode}: {} bytes are not as they were signed: {begin}", body.len());
        assert!(left.remove(&key), "{mode}: this went on twice: {begin}");
    }
}

/// The part of a key that does not depend on when a delivery came: the outbox puts that in where deliveries may be alike.
fn constant(key: &str) -> String {
    key[..48].to_owned()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
