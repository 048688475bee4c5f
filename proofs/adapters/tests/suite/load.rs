//! Many deliveries at the same time.

use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::Arc;

use tokio::task::JoinSet;
use verify_adapter::VerifierHandle;
use verify_toolkit::{Delivery, Secret, Sender, UnixTime, Verifier, WireRequest};

use crate::{
    client::Client,
    server::{Adapter, Guard, on_both},
};

on_both!(
    of_1000_concurrent_deliveries_the_genuine_half_is_accepted,
    secrets_rotate_under_load_without_a_wrong_answer,
);

fn verifier(secrets: &[&str]) -> Verifier {
    let builder = secrets.iter().fold(Verifier::builder(Sender::MLFLOW), |builder, secret| {
        builder.secret(Secret::new(secret).unwrap())
    });
    builder.build().unwrap()
}

/// A delivery that verifies now.
fn signed(secret: &str, body: impl Into<Vec<u8>>) -> WireRequest {
    Delivery::new(Sender::MLFLOW, body).sign(secret, UnixTime::now().unwrap()).unwrap()
}

async fn of_1000_concurrent_deliveries_the_genuine_half_is_accepted(adapter: Adapter) {
    open_more_files();
    let (address, runs) = adapter.count(Guard::new(verifier(&["shared"])));
    let mut senders = JoinSet::new();
    for number in 0..1000 {
        let address = address.to_string();
        senders.spawn(async move {
            let is_genuine = number % 2 == 0;
            let mut request = signed("shared", vec![b'x'; number * 40]);
            if !is_genuine {
                // Every other way to forge one: head and body.
                match number % 4 {
                    1 => request.body.push(b' '),
                    _ => request.headers.retain(|(name, _)| name != "x-mlflow-signature"),
                }
            }
            (is_genuine, Client::new(&address).post(&request).await)
        });
    }
    for (is_genuine, status) in senders.join_all().await {
        assert_eq!(status, if is_genuine { 204 } else { 401 }, "{adapter:?}");
    }
    assert_eq!(runs.load(Ordering::SeqCst), 500, "{adapter:?}");
}

/// Both ends of each connection are a file of this process, which usually may open 1,024.
fn open_more_files() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

        let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
        let current = Some(maximum.unwrap_or(4096).min(4096));
        setrlimit(Resource::Nofile, Rlimit { current, maximum }).unwrap();
    }
}

/// As long as the receiver knows the new secret before the sender uses it, and forgets the old one
/// after the sender did, there is not one wrong answer.
async fn secrets_rotate_under_load_without_a_wrong_answer(adapter: Adapter) {
    const ROTATIONS: usize = 50;
    let secret = |number: usize| format!("secret {number}");

    let handle = VerifierHandle::new(verifier(&[&secret(0)]));
    let (address, runs) = adapter.count(Guard::new(handle.clone()));
    let is_over = Arc::new(AtomicBool::new(false));
    let sent = Arc::new(AtomicUsize::new(0));
    // Which secret the sender signs with, and under which lock a delivery is on its way.
    let current: Arc<Vec<_>> = Arc::new((0..8).map(|_| tokio::sync::Mutex::new(0)).collect());
    let mut senders = JoinSet::new();
    for place in 0..8 {
        let (current, is_over) = (Arc::clone(&current), Arc::clone(&is_over));
        let (address, sent) = (address.to_string(), Arc::clone(&sent));
        senders.spawn(async move {
            let mut client = Client::new(&address);
            while !is_over.load(Ordering::SeqCst) {
                let number = current[place].lock().await;
                let genuine = signed(&secret(*number), vec![b'x'; 2000]);
                assert_eq!(client.post(&genuine).await, 204, "{adapter:?}, {number}");
                let forged = signed("secret", vec![b'x'; 2000]);
                assert_eq!(client.post(&forged).await, 401, "{adapter:?}, {number}");
                sent.fetch_add(1, Ordering::SeqCst);
            }
        });
    }
    let mut client = Client::new(&address.to_string());
    for number in 0..ROTATIONS {
        let (old, new) = (secret(number), secret(number + 1));
        handle.swap(verifier(&[&new, &old]));
        for place in current.iter() {
            // Once the lock is had, no delivery under the old one is on its way.
            *place.lock().await = number + 1;
        }
        handle.swap(verifier(&[&new]));
        assert_eq!(client.post(&signed(&old, "{}")).await, 401);
        assert_eq!(client.post(&signed(&new, "{}")).await, 204);
    }
    is_over.store(true, Ordering::SeqCst);
    senders.join_all().await;
    let sent = sent.load(Ordering::SeqCst);
    assert_eq!(runs.load(Ordering::SeqCst), sent + ROTATIONS, "{adapter:?}");
    println!("{adapter:?}: {sent} accepted and {sent} refused over {ROTATIONS} rotations");
}
