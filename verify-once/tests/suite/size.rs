//! What a key takes in each store, once it was claimed and completed. `ONCE_KEYS` says how many there are; with
//! 200,000 the figures are those of the README.

use core::time::Duration;
use std::{env, fs, sync::Arc};

use tokio::{task::JoinSet, time::Instant};
use verify_once::{Claimed, Claims, Key, Settled, Sqlite, Terms, Token};

use crate::servers::each;

const TERMS: Terms = Terms::new(Duration::from_secs(30), Duration::from_secs(3600));
const LANES: u32 = 32;

fn keys() -> u32 {
    env::var("ONCE_KEYS").map_or(10_000, |keys| keys.parse().unwrap())
}

async fn fill(store: &Arc<dyn Claims>) {
    let mut lanes = JoinSet::new();
    for lane in 0..LANES {
        let store = Arc::clone(store);
        lanes.spawn(async move {
            for number in (lane..keys()).step_by(LANES as usize) {
                // As a hash: in no order.
                let mut bytes = [7; 32];
                bytes[..4].copy_from_slice(&number.wrapping_mul(2_654_435_761).to_be_bytes());
                let (key, token) = (Key::new(bytes), Token::new([1; 16]));
                let claimed = store.claim(&key, &token, TERMS).await;
                assert_eq!(claimed, Ok(Claimed::Acquired { attempt: 1 }));
                assert_eq!(store.complete(&key, &token, 204).await, Ok(Settled::Yes));
            }
        });
    }
    while let Some(lane) = lanes.join_next().await {
        lane.unwrap();
    }
}

async fn measure(name: &str, store: Arc<dyn Claims>, size: impl Fn() -> u64, most: u64) {
    store.check().await.unwrap();
    let (before, begun) = (size(), Instant::now());
    fill(&store).await;
    let (taken, time) = (size().saturating_sub(before), begun.elapsed().as_secs_f64());
    let each = taken / u64::from(keys());
    eprintln!(
        "| {} keys take | {name} | {} KiB | {each} B each | {time:.1} s |",
        keys(),
        taken >> 10
    );
    assert!(each <= most, "{name}: {each} B");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_takes_little() {
    let folder = tempfile::tempdir().unwrap();
    let files =
        || fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().metadata().unwrap().len());
    let store = Arc::new(Sqlite::new(folder.path().join("once.db")));
    measure("SQLite", store, || files().sum(), 1000).await;
    for server in each("what a key takes") {
        let most = if server.name() == "PostgreSQL" { 600 } else { 200 };
        measure(server.name(), server.open(), || server.size(), most).await;
    }
}
