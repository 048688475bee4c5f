use core::{num::NonZeroU64, time::Duration};
use std::{
    io,
    sync::{Arc, Condvar, Mutex},
};

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use redb::{StorageBackend, backends::InMemoryBackend};
use tower::ServiceExt as _;
use verify_axum::{Refusal, Rejection, Secret, Verifier};
use verify_toolkit::{Sender, UnixTime, WireRequest, samples};

use super::{Facts, Keep, Store, StoreError};
use crate::{
    journal::Journal,
    receive,
    record::{Handled, Outcome, Verdict, now},
};

const KEEP: Keep = Keep { deliveries: NonZeroU64::new(3).unwrap(), bytes: 10_000 };

fn request(body: &[u8]) -> WireRequest {
    let headers = vec![
        ("content-length".to_owned(), b"9001".to_vec()),
        ("x-odd".to_owned(), b"\xff \x80".to_vec()),
        ("x-odd".to_owned(), Vec::new()),
    ];
    WireRequest { method: "POST".to_owned(), path: "/a?b".to_owned(), headers, body: body.into() }
}

fn facts(is_verified: bool) -> Facts {
    let verdict = if is_verified {
        Verdict::Verified {
            secret: None,
            encoding: None,
            delivery_id: None,
            signed_at: None,
            skew: None,
            replay_key: String::new(),
        }
    } else {
        Refusal::Rejected(Rejection::BODY_TOO_LARGE).into()
    };
    Facts {
        received_at: 0,
        sender: "mlflow".to_owned(),
        method: "POST".to_owned(),
        path: "/a?b".to_owned(),
        subject: "a subject".to_owned(),
        event: None,
        claim: None,
        verdict,
        is_judged_again: false,
        body_len: 0,
        is_cut_off: false,
        handled: Vec::new(),
    }
}

fn ids(summaries: &[super::Summary]) -> Vec<u64> {
    summaries.iter().map(|summary| summary.id).collect()
}

#[tokio::test]
async fn a_request_comes_out_as_it_went_in() {
    let store = Store::open_in(InMemoryBackend::new, KEEP).unwrap();
    for body in [&b"{}"[..], b"", b"\x00\r\n\r\n\xff", &[b'x'; 9000]] {
        let id = store.append(facts(true), &request(body)).await.unwrap().id;
        let (summary, loaded) = store.load(id).await.unwrap().unwrap();
        assert_eq!(summary.facts.subject, "a subject");
        assert_eq!(loaded, request(body));
    }
    assert!(store.load(99).await.unwrap().is_none());
}

#[tokio::test]
async fn what_is_to_be_kept_no_longer_goes_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = Store::open(&path, KEEP).unwrap();
    for _ in 0..3 {
        store.append(facts(true), &request(b"{}")).await.unwrap();
    }
    store.close();
    let store = Store::open(&path, Keep { deliveries: NonZeroU64::MIN, ..KEEP }).unwrap();
    assert_eq!(ids(&store.list().await.unwrap()), [3]);
    assert!(store.load(1).await.unwrap().is_none());
}

#[tokio::test]
async fn refused_deliveries_make_room_for_each_other_only() {
    let store = Store::open_in(InMemoryBackend::new, KEEP).unwrap();
    for _ in 0..2 {
        store.append(facts(true), &request(b"genuine")).await.unwrap();
    }
    for _ in 0..100 {
        store.append(facts(false), &request(b"forged")).await.unwrap();
    }
    assert_eq!(ids(&store.list().await.unwrap()), [102, 101, 100, 2, 1]);
    // By bytes as well; the newest stays, however large it is.
    for (len, kept) in [(6000, &[103, 102, 101][..]), (6000, &[104]), (20_000, &[105]), (1, &[106])]
    {
        store.append(facts(false), &request(&vec![b'x'; len])).await.unwrap();
        assert_eq!(ids(&store.list().await.unwrap()), [kept, &[2, 1]].concat(), "{len}");
    }
    assert!(store.load(105).await.unwrap().is_none());
}

#[tokio::test]
async fn what_is_known_of_a_delivery_counts_as_well() {
    let store = Store::open_in(InMemoryBackend::new, KEEP).unwrap();
    for _ in 0..3 {
        let facts = Facts { subject: "x".repeat(6000), ..facts(false) };
        store.append(facts, &request(b"")).await.unwrap();
    }
    assert_eq!(ids(&store.list().await.unwrap()), [3]);
}

#[tokio::test]
async fn what_became_of_a_delivery_is_bounded_and_keeps_its_beginning() {
    let store = Store::open_in(InMemoryBackend::new, KEEP).unwrap();
    let id = store.append(facts(true), &request(b"")).await.unwrap().id;
    let mut handled = Vec::new();
    for millis in 0..30 {
        let outcome = Outcome::Failed(String::new());
        let one = Handled { at: now(), is_replay: millis > 0, is_edited: false, millis, outcome };
        handled = store.handled(id, one).await.unwrap().unwrap().facts.handled;
    }
    let millis: Vec<_> = handled.iter().map(|one| one.millis).collect();
    assert_eq!((millis.len(), millis[0], millis[1], millis[19]), (20, 0, 11, 29));
    let one = handled.pop().unwrap();
    assert!(store.handled(99, one).await.unwrap().is_none());
}

/// So that it is the same number before a restart and after it.
#[tokio::test]
async fn what_became_of_a_delivery_counts_at_once() {
    let store = Store::open_in(InMemoryBackend::new, KEEP).unwrap();
    for _ in 0..3 {
        store.append(facts(true), &request(&[b'x'; 2000])).await.unwrap();
    }
    let answered = async |id: u64| {
        let outcome = Outcome::Answered { status: 200, body: "x".repeat(2000) };
        let one = Handled { at: now(), is_replay: true, is_edited: false, millis: 1, outcome };
        store.handled(id, one).await.unwrap().map(|summary| summary.id)
    };
    assert_eq!(answered(2).await, Some(2));
    assert_eq!(ids(&store.list().await.unwrap()), [3, 2, 1]);
    assert_eq!(answered(3).await, Some(3));
    assert_eq!(ids(&store.list().await.unwrap()), [3, 2]);
    // The oldest goes, even if it is the one that grew.
    assert_eq!(answered(2).await, None);
    assert_eq!(ids(&store.list().await.unwrap()), [3]);
    assert!(store.load(2).await.unwrap().is_none());
}

#[tokio::test]
async fn a_closed_store_is_closed_for_good() {
    let store = Store::open_in(InMemoryBackend::new, KEEP).unwrap();
    store.append(facts(true), &request(b"")).await.unwrap();
    store.close();
    let appended = store.append(facts(true), &request(b"")).await;
    assert!(matches!(appended, Err(StoreError::Closed)));
    assert!(matches!(store.list().await, Err(StoreError::Closed)));
}

#[tokio::test]
async fn search_finds_text_in_requests_and_facts() {
    let store = Store::open_in(InMemoryBackend::new, KEEP).unwrap();
    store.append(facts(true), &request(b"Needle")).await.unwrap();
    store.append(facts(false), &request(b"hay")).await.unwrap();
    for (text, found) in
        [("nEEdle", &[1][..]), ("subJECT", &[2, 1]), ("x-odd", &[2, 1]), ("no", &[])]
    {
        assert_eq!(store.search(text.to_owned()).await.unwrap(), found, "{text}");
    }
}

/// A disk that is not written to before it is told to be.
#[derive(Debug)]
struct Disk {
    memory: Arc<InMemoryBackend>,
    gate: Arc<Gate>,
}

#[derive(Debug, Default)]
struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum State {
    #[default]
    Open,
    Closed,
    Broken,
}

impl Gate {
    fn set(&self, state: State) {
        *self.state.lock().unwrap() = state;
        self.changed.notify_all();
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        self.memory.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.memory.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.memory.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        let state = self.gate.state.lock().unwrap();
        let state = self.gate.changed.wait_while(state, |state| *state == State::Closed).unwrap();
        match *state {
            State::Broken => Err(io::ErrorKind::StorageFull.into()),
            _ => self.memory.sync_data(),
        }
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.memory.write(offset, data)
    }
}

fn delivery() -> Request<Body> {
    let sample = samples::find("databricks", "MODEL_VERSION_CREATED").unwrap();
    let delivery = sample.delivery().with_path("/webhooks/databricks");
    delivery.sign("shared", UnixTime::from_secs(0)).unwrap().try_into().unwrap()
}

fn receiver_on(gate: &Arc<Gate>) -> (axum::Router, Journal) {
    let (memory, gate) = (Arc::<InMemoryBackend>::default(), Arc::clone(gate));
    let disk = move || Disk { memory: Arc::clone(&memory), gate: Arc::clone(&gate) };
    let journal = Journal::new(Store::open_in(disk, KEEP).unwrap());
    let secret = Secret::new("shared").unwrap();
    let verifier = Verifier::builder(Sender::DATABRICKS).secret(secret).build().unwrap();
    (receive::router(&journal, None, vec![verifier]), journal)
}

#[tokio::test]
async fn nothing_is_accepted_before_it_is_on_the_disk() {
    let gate = Arc::new(Gate::default());
    let (app, journal) = receiver_on(&gate);
    gate.set(State::Closed);
    let mut answer = tokio::spawn(app.oneshot(delivery()));
    // However long it takes: there is no answer.
    assert!(tokio::time::timeout(Duration::from_millis(300), &mut answer).await.is_err());
    gate.set(State::Open);
    assert_eq!(answer.await.unwrap().unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(ids(&journal.store().list().await.unwrap()), [1]);
}

#[tokio::test]
async fn what_cannot_be_kept_is_to_come_again() {
    let gate = Arc::new(Gate::default());
    let (app, journal) = receiver_on(&gate);
    let mut news = journal.watch();
    gate.set(State::Broken);
    let answer = app.oneshot(delivery()).await.unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers()["retry-after"], "5");
    let trouble = news.recv().await.unwrap();
    assert!(
        matches!(trouble, crate::News::Trouble(text) if text.starts_with("the store failed: "))
    );
}

#[tokio::test]
async fn a_disk_that_has_room_again_is_used_again() {
    let gate = Arc::new(Gate::default());
    let (app, journal) = receiver_on(&gate);
    let status = async || app.clone().oneshot(delivery()).await.unwrap().status();
    assert_eq!(status().await, StatusCode::NO_CONTENT);
    gate.set(State::Broken);
    for _ in 0..3 {
        assert_eq!(status().await, StatusCode::SERVICE_UNAVAILABLE);
    }
    gate.set(State::Open);
    assert_eq!(status().await, StatusCode::NO_CONTENT);
    let ids = ids(&journal.store().list().await.unwrap());
    assert!(ids.len() > 1 && ids.ends_with(&[1]), "{ids:?}");
}

#[tokio::test]
async fn those_that_wait_together_get_numbers_of_their_own() {
    let gate = Arc::new(Gate::default());
    let (app, journal) = receiver_on(&gate);
    gate.set(State::Closed);
    let answers: Vec<_> = (0..200).map(|_| tokio::spawn(app.clone().oneshot(delivery()))).collect();
    gate.set(State::Open);
    for answer in answers {
        assert_eq!(answer.await.unwrap().unwrap().status(), StatusCode::NO_CONTENT);
    }
    assert_eq!(ids(&journal.store().list().await.unwrap()), [200, 199, 198]);
}
