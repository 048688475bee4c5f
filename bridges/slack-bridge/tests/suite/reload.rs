//! Settings and secrets that are read again on SIGHUP.

use core::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};
use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::{Mutex, RwLock},
    thread,
    time::Instant,
};

use verify_core::Sender;

use crate::{
    bridge::{Bridge, Place, moved, moved_text, post, signed, wait_until},
    killed::{channels, model},
    slack::{Answer, Slack},
};

/// Rotations, each of them twice read again: with both secrets, and with the new one.
const ROTATIONS: usize = 10;

fn status(bridge: &Bridge, secret: &str, number: usize) -> u16 {
    let body = moved(&model(number), number);
    let headers = signed(Sender::DATABRICKS, secret, "", &body);
    post(&bridge.address, Sender::DATABRICKS, &headers, &body).unwrap().0
}

/// Changes the settings.
fn change(place: &Place, from: &str, to: &str) {
    let settings = fs::read_to_string(place.config()).unwrap();
    assert!(settings.contains(from), "{settings}");
    fs::write(place.config(), settings.replace(from, to)).unwrap();
}

#[test]
fn a_secret_that_is_rotated_by_sighup_under_load_loses_nothing() {
    let slack = Slack::new();
    let (channels, routes) = channels();
    let channels: Vec<_> = channels.iter().map(String::as_str).collect();
    let place = Place::new(&slack, &channels, "", &routes);
    let file = |name: &str| place.config().with_file_name(name);
    let table = "[senders.databricks]\n";
    let with_previous =
        format!("{table}previous_secret_file = \"{}\"\n", file("previous").display());
    let bridge = place.start();
    // What senders sign with. Held while one of them sends.
    let secret = RwLock::new("databricks-secret".to_owned());
    let (next, ends, accepted) =
        (AtomicUsize::new(0), AtomicBool::new(false), Mutex::new(Vec::new()));
    let send = |secret: &str| {
        let number = next.fetch_add(1, Ordering::Relaxed);
        assert_eq!(status(&bridge, secret, number), 204, "{number}");
        accepted.lock().unwrap().push(number);
    };
    let begun = Instant::now();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                // Where the test fails, too.
                while !ends.load(Ordering::Relaxed) && begun.elapsed() < Duration::from_secs(60) {
                    send(&secret.read().unwrap());
                    thread::sleep(Duration::from_millis(20));
                }
            });
        }
        for rotation in 0..ROTATIONS {
            let (old, new) = (secret.read().unwrap().clone(), format!("secret {rotation}"));
            fs::write(file("previous"), &old).unwrap();
            fs::write(file("databricks"), &new).unwrap();
            change(&place, table, &with_previous);
            bridge.reload(1);
            send(&old);
            thread::sleep(Duration::from_millis(100));
            *secret.write().unwrap() = new.clone();
            send(&new);
            change(&place, &with_previous, table);
            bridge.reload(1);
            assert_eq!(status(&bridge, &old, 0), 401, "the old secret");
        }
        ends.store(true, Ordering::Relaxed);
    });
    let text = |number: &usize| moved_text(&model(*number), *number);
    let mut expected: Vec<_> = accepted.into_inner().unwrap().iter().map(text).collect();
    expected.sort_unstable();
    println!("{} settings read again, {} accepted", 2 * ROTATIONS, expected.len());
    wait_until(|| slack.taken().len() >= expected.len());
    thread::sleep(Duration::from_millis(1500));
    let mut taken = slack.taken();
    taken.sort_unstable();
    assert_eq!(taken, expected, "each once");
}

#[test]
fn what_is_in_flight_is_finished_with_what_it_began_with() {
    let slack = Slack::new();
    slack.behave(|path| match path {
        "/services/general" => Answer::TakeAfter(Duration::from_secs(4)),
        _ => Answer::Take,
    });
    let place = Place::simple(&slack);
    let bridge = place.start();
    let old = "databricks-secret";
    assert_eq!(status(&bridge, old, 1), 204);
    wait_until(|| slack.posted().len() == 1);
    // Its head is read and its body is asked for.
    let body = moved(&model(2), 2);
    let headers = signed(Sender::DATABRICKS, old, "", &body);
    let mut half = TcpStream::connect(&bridge.address).unwrap();
    write!(
        half,
        "POST /webhooks/databricks HTTP/1.1\r\nhost: x\r\nconnection: close\r\nexpect: 100-continue\r\n\
         content-length: {}\r\n{headers}\r\n",
        body.len()
    )
    .unwrap();
    let mut interim = [0; "HTTP/1.1 100 Continue\r\n\r\n".len()];
    half.read_exact(&mut interim).unwrap();

    fs::write(place.config().with_file_name("databricks"), "another").unwrap();
    fs::write(place.config().with_file_name("general"), slack.url("elsewhere")).unwrap();
    let said = bridge.reload(1);
    assert!(said[0].ends_with("settings read again: 3 senders, 1 channel"), "{said:?}");
    assert_eq!(status(&bridge, old, 3), 401);
    half.write_all(&body).unwrap();
    let mut answer = String::new();
    half.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    wait_until(|| slack.taken().len() == 2);
    let posted = slack.posted();
    let paths: Vec<_> = posted.iter().map(|posted| posted.path.as_str()).collect();
    assert_eq!(paths, ["/services/general", "/services/elsewhere"]);
    assert_eq!(slack.taken(), [moved_text(&model(1), 1), moved_text(&model(2), 2)]);
}

#[test]
fn a_broken_file_is_refused_as_a_whole_with_a_line_for_each_mistake() {
    let slack = Slack::new();
    let place = Place::simple(&slack);
    let bridge = place.start();
    let good = fs::read_to_string(place.config()).unwrap();
    let secret = place.config().with_file_name("databricks");
    fs::write(&secret, "another").unwrap();
    let lines = good.lines().count();
    let broken = format!(
        "{good}\n[[routes]]\nchannels = [\"nowhere\"]\n[[routes]]\nsender = \"gitlab\"\nchannels = []\n\
         [channels.new]\nurl_file = \"/not/there\"\n"
    );
    let mistakes = [
        (lines + 2, "no channel is called `nowhere`; there is general, new"),
        (lines + 4, "there is no `[senders.gitlab]`"),
    ];
    let no_files = format!(
        "{}\n[channels.new]\nurl_file = \"/not/there\"\n",
        good.replace("mlflow\"\n", "mlflow-that-is-not-there\"\n")
    );
    let not_there = "the file cannot be read: No such file or directory (os error 2)";
    let of_files = [(9, not_there), (lines + 2, not_there)];
    for (settings, mistakes) in [(broken, mistakes), (no_files, of_files)] {
        fs::write(place.config(), settings).unwrap();
        let said = bridge.reload(mistakes.len());
        assert_eq!(said.len(), mistakes.len(), "{said:?}");
        for (said, (line, mistake)) in said.iter().zip(mistakes) {
            let expected = format!("bridge.toml:{line}: {mistake}");
            assert!(
                said.contains(" ERROR ")
                    && said.contains("settings not reloaded, everything stays as it was: ")
                    && said.ends_with(&expected),
                "{said}\n{expected}"
            );
        }
        assert_eq!(status(&bridge, "databricks-secret", 1), 204);
        assert_eq!(status(&bridge, "another", 1), 401);
    }
    fs::write(place.config(), good).unwrap();
    bridge.reload(1);
    assert_eq!(status(&bridge, "another", 2), 204);
    wait_until(|| slack.taken() == [moved_text(&model(1), 1), moved_text(&model(2), 2)]);
}

#[test]
fn channels_come_and_go_and_what_cannot_change_is_said() {
    let slack = Slack::new();
    let place = Place::simple(&slack);
    let bridge = place.start();
    assert_eq!(status(&bridge, "databricks-secret", 1), 204);
    wait_until(|| slack.taken().len() == 1);
    slack.behave(|_| Answer::Refuse(500, "", "rollup_error"));
    assert_eq!(status(&bridge, "databricks-secret", 2), 204);
    wait_until(|| slack.posted().len() > 1);

    let store = place.store().display().to_string();
    for (from, to) in [
        ("general", "releases"),
        ("listen = \"127.0.0.1:0\"", "listen = \"127.0.0.1:1\""),
        ("admin = \"127.0.0.1:0\"", "admin = \"127.0.0.1:2\""),
        (&store, &store.replace("store.db", "other.db")),
        (
            "[senders.databricks]",
            "retention_days = 2\ngive_up_after_days = 5\n[senders.databricks]",
        ),
    ] {
        change(&place, from, to);
    }
    fs::write(place.config().with_file_name("releases"), slack.url("releases")).unwrap();
    let said = bridge.reload(1);
    assert!(said[0].ends_with("settings read again: 3 senders, 1 channel"), "{said:?}");
    slack.behave(|path| match path {
        "/services/general" => Answer::Refuse(500, "", "rollup_error"),
        _ => Answer::Take,
    });
    let log = bridge.log();
    for stays in [
        "bridge.toml: `listen` stays as it was until a restart\n",
        "bridge.toml:2: `admin` stays as it was until a restart\n",
        "bridge.toml:3: `store` stays as it was until a restart\n",
        "bridge.toml:6: `retention_days` stays as it was until a restart\n",
        "not configured any more: what waits for it stays, see `dead list` destination=\"general\"\n",
    ] {
        assert!(log.contains(stays), "{stays}{log}");
    }
    assert_eq!(log.matches("stays as it was").count(), 4, "{log}");
    assert_eq!(status(&bridge, "databricks-secret", 3), 204);
    wait_until(|| slack.taken().contains(&moved_text(&model(3), 3)));
    assert_eq!(slack.posted().last().unwrap().path, "/services/releases");
    for (channel, pending) in [("general", 1), ("releases", 0)] {
        let waits =
            format!("bridge_postings{{destination=\"{channel}\",state=\"pending\"}} {pending}\n");
        wait_until(|| bridge.get("/metrics").1.contains(&waits));
    }
    // What waited for it is posted once it is back.
    assert!(!place.store().with_file_name("other.db").exists());
    slack.behave(|_| Answer::Take);
    change(&place, "releases", "general");
    bridge.reload(1);
    wait_until(|| slack.taken().contains(&moved_text(&model(2), 2)));
    assert_eq!(slack.taken().len(), 3, "each once");
}
