//! Slack and the disk as they are at times.

use core::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};
use std::fs::{self, File};

use rusqlite::Connection;
use verify_core::Sender;

use crate::{
    bridge::{Bridge, Place, alias, moved, moved_text, send, wait_until},
    slack::{Answer, Slack},
};

fn accept(bridge: &Bridge, versions: core::ops::Range<usize>) {
    for version in versions {
        assert_eq!(bridge.send(Sender::DATABRICKS, &moved("m", version)).0, 204);
    }
}

fn texts(versions: core::ops::Range<usize>) -> Vec<String> {
    versions.map(|version| moved_text("m", version)).collect()
}

#[test]
fn retry_after_is_obeyed_and_nothing_else_is_posted_to_the_channel() {
    let slack = Slack::new();
    let place = Place::new(
        &slack,
        &["limited", "other"],
        "",
        "[[routes]]\nchannels = [\"limited\", \"other\"]",
    );
    let was_refused = AtomicBool::new(false);
    slack.behave(move |path| match path {
        "/services/limited" if !was_refused.swap(true, Ordering::Relaxed) => {
            Answer::Refuse(429, "retry-after: 3\r\n", "rate_limited")
        }
        _ => Answer::Take,
    });
    let bridge = place.start();
    accept(&bridge, 0..2);
    wait_until(|| slack.taken().len() == 4);
    let (limited, other): (Vec<_>, Vec<_>) =
        slack.posted().into_iter().partition(|posted| posted.path == "/services/limited");
    assert_eq!(limited.len(), 3, "once refused, and then each once");
    // The bridge counts in milliseconds.
    assert!(limited[1].at - limited[0].at >= Duration::from_millis(2990));
    assert_eq!([limited[1].text(), limited[2].text()], *texts(0..2));
    assert!(other[0].at < limited[1].at, "another channel waited as well");
}

#[test]
fn errors_and_broken_connections_delay_messages_and_lose_none() {
    let slack = Slack::new();
    let place = Place::simple(&slack);
    let tries = AtomicUsize::new(0);
    slack.behave(move |_| match tries.fetch_add(1, Ordering::Relaxed) {
        0 => Answer::Refuse(500, "", "rollup_error"),
        1 => Answer::Refuse(503, "retry-after: 1\r\n", ""),
        2 => Answer::TakeAfter(Duration::from_secs(2)),
        _ => Answer::Take,
    });
    let bridge = place.start();
    accept(&bridge, 0..3);
    wait_until(|| slack.taken() == texts(0..3));
    let (_, metrics) = bridge.get("/metrics");
    for line in [
        "outbox_posted_total{destination=\"general\",outcome=\"later\"} 2\n",
        "verify_verified_total{sender=\"databricks\",secret=\"current\"} 3\n",
        "outbox_kept_total{sender=\"databricks\",result=\"new\"} 3\n",
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
}

#[test]
fn what_was_taken_without_an_answer_comes_twice() {
    let slack = Slack::new();
    let place = Place::simple(&slack);
    let tries = AtomicUsize::new(0);
    slack.behave(move |_| match tries.fetch_add(1, Ordering::Relaxed) {
        0 => Answer::TakeAndDrop,
        _ => Answer::Take,
    });
    let bridge = place.start();
    accept(&bridge, 0..1);
    wait_until(|| slack.taken() == [texts(0..1), texts(0..1)].concat());
}

#[test]
fn what_slack_will_never_take_waits_for_a_person() {
    let slack = Slack::new();
    let place = Place::simple(&slack);
    slack.behave(|_| Answer::Refuse(404, "", "no_service"));
    let bridge = place.start();
    accept(&bridge, 0..2);
    let dead = |count: usize| {
        let line = format!("bridge_postings{{destination=\"general\",state=\"dead\"}} {count}\n");
        wait_until(|| bridge.get("/metrics").1.contains(&line));
    };
    dead(2);
    let list = place.run(&["dead", "list"]);
    assert_eq!(list.lines().count(), 2);
    let size = moved("m", 0).len();
    assert!(
        list.starts_with(&format!(
            "1  general  databricks MODEL_VERSION_TRANSITIONED_STAGE m, {size} bytes, "
        )),
        "{list}"
    );
    assert!(list.trim_end().ends_with("failures: 1  HTTP 404: no_service"), "{list}");

    slack.behave(|_| Answer::Take);
    assert_eq!(place.run(&["dead", "retry", "2"]), "1 of 1 will be tried again\n");
    wait_until(|| slack.taken() == texts(1..2));
    assert_eq!(place.run(&["dead", "drop", "--all"]), "1 of 1 dropped\n");
    dead(0);
    assert_eq!(place.run(&["dead", "list"]), "");
}

#[test]
fn a_full_store_is_a_503_and_what_it_holds_arrives() {
    let slack = Slack::new();
    slack.behave(|_| Answer::Refuse(429, "retry-after: 2\r\n", "rate_limited"));
    let place =
        Place::new(&slack, &["general"], "max_mib = 1", "[[routes]]\nchannels = [\"general\"]");
    let bridge = place.start();
    // Until there is no room for a large one, and then for one of 10 KB.
    let mut kept = 0;
    for size in [100_000, 10_000] {
        let before = kept;
        let refused = loop {
            let model = format!("{kept}-{}", "x".repeat(size));
            match bridge.send(Sender::DATABRICKS, &moved(&model, 0)) {
                (204, _) => kept += 1,
                refused => break refused,
            }
        };
        assert!(refused.0 == 503 && refused.1.contains("\r\nretry-after: 5\r\n"), "{refused:?}");
        assert!((1..11).contains(&(kept - before)), "{kept} in 1 MiB");
    }
    assert_eq!(bridge.get("/readyz").0, 503);
    assert_eq!(bridge.get("/healthz").0, 200);

    slack.behave(|_| Answer::Take);
    wait_until(|| bridge.get("/readyz").0 == 200);
    assert_eq!(bridge.send(Sender::DATABRICKS, &moved("after", 0)).0, 204);
    wait_until(|| slack.taken().len() == kept + 1);
}

#[test]
fn a_locked_store_is_a_503_until_it_is_let_go() {
    let slack = Slack::new();
    let place = Place::simple(&slack);
    let bridge = place.start();
    accept(&bridge, 0..1);
    let other = Connection::open(place.store()).unwrap();
    other.busy_timeout(Duration::from_secs(60)).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let refused = bridge.send(Sender::DATABRICKS, &moved("m", 1));
    assert!(refused.0 == 503 && refused.1.contains("\r\nretry-after: 5\r\n"), "{refused:?}");
    assert_eq!(bridge.get("/readyz").0, 503);
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(bridge.get("/readyz").0, 200);
    accept(&bridge, 1..2);
    wait_until(|| slack.taken() == texts(0..2));
}

/// Each try is signed as long ago as MLflow would have waited by then.
#[test]
fn mlflow_tries_for_50_seconds_while_the_store_is_locked() {
    let slack = Slack::new();
    let place = Place::simple(&slack);
    let bridge = place.start();
    let other = Connection::open(place.store()).unwrap();
    other.busy_timeout(Duration::from_secs(60)).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let mut tries = vec![0];
    for _ in 0..3 {
        let at = tries[tries.len() - 1];
        let refused = bridge.send_signed_ago(at, Sender::MLFLOW, &alias("m", 1));
        let (_, wait) = refused.1.split_once("\r\nretry-after: ").unwrap();
        let wait: u64 = wait.lines().next().unwrap().parse().unwrap();
        tries.push(at + wait);
    }
    // 0, 5, 20 and 50, and later on a machine that is busy.
    assert!((5..20).contains(&tries[1]) && (20..55).contains(&tries[2]), "{tries:?}");
    assert!((50..90).contains(&tries[3]), "{tries:?}");
    other.execute_batch("COMMIT").unwrap();
    let taken = bridge.send_signed_ago(tries[3], Sender::MLFLOW, &alias("m", 1));
    assert_eq!(taken.0, 204, "{}", taken.1);
}

#[test]
fn slack_may_be_down_while_the_bridge_is_restarted() {
    let slack = Slack::new();
    slack.behave(|_| Answer::Refuse(500, "", "rollup_error"));
    let place = Place::simple(&slack);
    {
        let bridge = place.start();
        accept(&bridge, 0..3);
        wait_until(|| slack.posted().len() > 1);
    }
    slack.settle();
    slack.behave(|_| Answer::Take);
    let _bridge = place.start();
    wait_until(|| slack.taken() == texts(0..3));
}

#[cfg(unix)]
#[test]
fn a_signal_is_heeded_as_soon_as_it_says_that_it_listens() {
    let place = Place::simple(&Slack::new());
    for _ in 0..50 {
        let mut bridge = place.start();
        bridge.signal("TERM");
        assert!(bridge.process.wait().unwrap().success());
    }
}

#[cfg(unix)]
#[test]
fn sigterm_finishes_what_is_being_posted() {
    let slack = Slack::new();
    slack.behave(|_| Answer::TakeAfter(Duration::from_secs(10)));
    let place = Place::simple(&slack);
    let mut bridge = place.start();
    accept(&bridge, 0..2);
    wait_until(|| slack.posted().len() == 1);
    bridge.signal("TERM");
    assert!(bridge.process.wait().unwrap().success());
    assert_eq!(slack.taken(), texts(0..1));
    slack.behave(|_| Answer::Take);
    let _bridge = place.start();
    wait_until(|| slack.taken() == texts(0..2));
}

/// The client of HTTP would log the URL, which is a secret, and all bytes that it sends.
#[test]
fn no_secret_is_in_the_log_whatever_is_logged() {
    let slack = Slack::new();
    let place = Place::simple(&slack);
    let path = place.config().with_file_name("log");
    let mut command = place.command(&["serve"]);
    command
        .env(
            "RUST_LOG",
            "trace,ureq=trace,ureq_proto=trace,ureq::util=trace,rustls=trace,hyper=trace",
        )
        .stderr(File::create(&path).unwrap());
    let mut process = command.spawn().unwrap();
    let log = || fs::read_to_string(&path).unwrap();
    let address =
        || Some(log().split_once("listening on http://")?.1.split_once('\n')?.0.to_owned());
    wait_until(|| address().is_some());
    let sent = send(&address().unwrap(), Sender::DATABRICKS, "", &moved("m", 0));
    wait_until(|| slack.taken().len() == 1);
    process.kill().unwrap();
    process.wait().unwrap();
    assert_eq!(sent.unwrap().0, 204);
    let log = log();
    assert!(log.contains("DEBUG ureq"), "it was asked for: {log}");
    // In rows of 16 bytes, what is sent has no whole word.
    for secret in ["services/general", "databricks-secret", "POST./services"] {
        assert!(!log.contains(secret), "{log}");
    }
}
