//! A receiver with `ONCE_STORE`, where no server is needed. Each test is run on both: see `main.rs`.

use core::time::Duration;
use std::{
    fs,
    io::{Read as _, Write as _},
    path::Path,
    thread::sleep,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use tempfile::TempDir;
use verify_core::Sender;

use crate::process::{Program, Receiver, head, signed};

const SECRET: (&str, &str) = ("MLFLOW_WEBHOOK_SECRET", "shared");
const MLFLOW: &str = "/webhooks/mlflow";

fn sqlite(file: &Path) -> String {
    format!("sqlite:{}", file.display())
}

/// Sends a request and returns all of the answer.
fn ask(receiver: &Receiver, request: &str) -> String {
    let mut stream = receiver.connect();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.to_ascii_lowercase()
}

fn get(receiver: &Receiver, path: &str) -> String {
    ask(receiver, &format!("GET {path} HTTP/1.0\r\n\r\n"))
}

fn deliver(receiver: &Receiver, body: &str) -> String {
    let mut headers = signed(Sender::MLFLOW, "shared", body.as_bytes());
    headers.push(("connection", "close".to_owned()));
    ask(receiver, &(head(MLFLOW, &headers, body.len()) + body))
}

pub(crate) fn a_repetition_is_answered_without_a_second_line(program: &Program) {
    let folder = TempDir::new().unwrap();
    for store in ["memory", &sqlite(&folder.path().join("once.db"))] {
        let mut receiver = program.start(&[SECRET, ("ONCE_STORE", store)]);
        assert!(receiver.greeting.contains("each delivery is handled once\n"), "{store}");
        assert!(get(&receiver, "/readyz").ends_with("ready\n"));
        let (first, second) = ("{}", "{ }");
        let headers = signed(Sender::MLFLOW, "shared", first.as_bytes());
        for _ in 0..3 {
            assert_eq!(receiver.post(MLFLOW, &headers, first.as_bytes()), 204);
        }
        assert!(deliver(&receiver, second).starts_with("http/1.1 204"));
        assert_eq!(
            [receiver.line()["bytes"].as_u64(), receiver.line()["bytes"].as_u64()],
            [Some(2), Some(3)]
        );
    }
    // Without the setting all are handled, and it is always ready.
    let mut receiver = program.start(&[SECRET]);
    assert!(get(&receiver, "/readyz").ends_with("ready\n"));
    let headers = signed(Sender::MLFLOW, "shared", b"{}");
    for _ in 0..2 {
        assert_eq!(receiver.post(MLFLOW, &headers, b"{}"), 204);
        assert_eq!(receiver.line()["attempt"], serde_json::Value::Null);
    }
}

/// Older than the store remembers, by the time that Databricks signs within the body.
pub(crate) fn what_the_store_would_have_forgotten_is_not_handled(program: &Program) {
    let mut receiver =
        program.start(&[("DATABRICKS_WEBHOOK_SECRET", "shared"), ("ONCE_STORE", "memory")]);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let day = Duration::from_secs(24 * 3600);
    for (version, age) in [(1, day * 8), (2, day * 6), (3, day * 8), (4, Duration::ZERO)] {
        let time = (now - age).as_millis();
        let body = format!(
            r#"{{"event":"MODEL_VERSION_CREATED","webhook_id":"w","event_timestamp":{time},"model_name":"m","version":"{version}","text":""}}"#
        );
        let headers = signed(Sender::DATABRICKS, "shared", body.as_bytes());
        assert_eq!(receiver.post("/webhooks/databricks", &headers, body.as_bytes()), 204);
    }
    assert_eq!(["2", "4"].map(|_| receiver.line()["version"].clone()), ["2", "4"]);
}

/// What could not be printed is not handled, so it runs again, and is told to be the second attempt.
#[cfg(target_os = "linux")]
pub(crate) fn what_failed_runs_again_as_the_next_attempt(program: &Program) {
    let folder = TempDir::new().unwrap();
    let store = sqlite(&folder.path().join("once.db"));
    let settings = [SECRET, ("ONCE_STORE", store.as_str())];
    let headers = signed(Sender::MLFLOW, "shared", b"{}");
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let failing = program.start_with_output(&settings, full.into());
    assert_eq!(failing.post(MLFLOW, &headers, b"{}"), 503);
    let mut receiver = program.start(&settings);
    assert_eq!(receiver.post(MLFLOW, &headers, b"{}"), 204);
    assert_eq!(receiver.line()["attempt"], 2);
    assert_eq!(failing.post(MLFLOW, &headers, b"{}"), 204, "it is done for both");
}

pub(crate) fn a_store_that_comes_later_is_waited_for(program: &Program) {
    let folder = TempDir::new().unwrap();
    let place = folder.path().join("later");
    let store = sqlite(&place.join("once.db"));
    let mut receiver = program.start(&[SECRET, ("ONCE_STORE", &store)]);
    let said =
        "not ready, and deliveries are answered 503 until the store can be used: store of claims `";
    assert!(receiver.greeting.starts_with(said), "{}", receiver.greeting);
    assert!(get(&receiver, "/healthz").ends_with("ok\n"));
    assert!(get(&receiver, "/readyz").starts_with("http/1.0 503"));
    let answer = deliver(&receiver, "{}");
    assert!(answer.starts_with("http/1.1 503") && answer.contains("\r\nretry-after: "), "{answer}");

    fs::create_dir(&place).unwrap();
    let begun = Instant::now();
    while !get(&receiver, "/readyz").starts_with("http/1.0 200") {
        assert!(begun.elapsed() < Duration::from_secs(60));
        sleep(Duration::from_millis(50));
    }
    assert!(deliver(&receiver, "{}").starts_with("http/1.1 204"));
    assert_eq!(receiver.line()["sender"], "mlflow");
}

pub(crate) fn a_store_that_cannot_be_used_stops_it_with_a_clear_message(program: &Program) {
    const UNKNOWN: &str = "names no store that is built in: it is `memory`, `sqlite:PATH`, `postgres://...` or \
                           `redis://...`";
    const HIDDEN: &str = "address of the store cannot be read, and is not shown because it may hold a password: write it like";
    let folder = TempDir::new().unwrap();
    let [newer, other] = ["newer.db", "other.txt"].map(|name| folder.path().join(name));
    fs::write(&other, "notes of somebody").unwrap();
    {
        let receiver = program.start(&[SECRET, ("ONCE_STORE", &sqlite(&newer))]);
        assert!(deliver(&receiver, "{}").starts_with("http/1.1 204"));
    }
    // As a version to come writes it, at the place of SQLite's `user_version`.
    for log in ["newer.db-wal", "newer.db-shm"] {
        let _ = fs::remove_file(folder.path().join(log));
    }
    let mut file = fs::read(&newer).unwrap();
    file[60..64].copy_from_slice(&2_u32.to_be_bytes());
    fs::write(&newer, file).unwrap();
    let of = |file: &Path, what: &str| format!("store of claims `{}` {what}", file.display());
    let table = [
        (String::new(), UNKNOWN.to_owned()),
        ("mysql://root:hunter2@db.test/once".to_owned(), UNKNOWN.to_owned()),
        (
            "redis://:hunter2@cache.test:port".to_owned(),
            format!("{HIDDEN} `rediss://user:password@host:6379/0`"),
        ),
        (
            "postgres://once:hunter2@db.test:port/once".to_owned(),
            format!("{HIDDEN} `postgres://user:password@host:5432/database?sslmode=verify-full`"),
        ),
        (
            "postgres://once:hunter2@db.test/once".to_owned(),
            "address of the store does not say whether to encrypt: add `?sslmode=verify-full`, or \
             `?sslmode=disable` for a network that nobody else is in"
                .to_owned(),
        ),
        (
            sqlite(&newer),
            of(
                &newer,
                "was written by another version of this program: its schema is 2, and this version knows 1",
            ),
        ),
        (
            sqlite(&other),
            of(&other, "is a file of something else, and was left as it is: name another"),
        ),
    ];
    for (store, expected) in table {
        let said = program.refuse_to_start(&[SECRET, ("ONCE_STORE", &store)]);
        assert_eq!(said, format!("receiver: ONCE_STORE: {expected}\n"), "{store}");
    }
}

/// Nothing listens at these addresses, and nobody is shown the password.
pub(crate) fn a_password_of_a_store_is_not_shown(program: &Program) {
    for store in ["redis://:hunter2@127.0.0.1:1", "postgres://once:hunter2@127.0.0.1:1/once"] {
        let receiver = program.start(&[SECRET, ("ONCE_STORE", store), ("RUST_LOG", "trace")]);
        let expected = "can be used: store of claims `127.0.0.1:1` cannot be reached\n";
        assert!(receiver.greeting.contains(expected), "{}", receiver.greeting);
        assert!(deliver(&receiver, "{}").starts_with("http/1.1 503"));
        assert!(get(&receiver, "/readyz").starts_with("http/1.0 503"));
        let said = receiver.end();
        assert!(said.contains("delivery not claimed"), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}
