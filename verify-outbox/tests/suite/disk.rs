//! A disk that is full: a small one, which the test has in a namespace of its own.

use core::time::Duration;
use std::fs;

use verify_outbox::{Kept, Outbox, Outcome, Policy, StoreError};

use crate::{
    common::{there, verified, wait_until},
    small_disk::{fill, small_disk},
};

#[tokio::test]
async fn what_became_of_everything_is_written_down_on_a_full_disk() {
    let Some(disk) = small_disk(
        "disk::what_became_of_everything_is_written_down_on_a_full_disk",
        32,
        &["--user", "--map-root-user"],
    ) else {
        return;
    };
    let disk = disk.as_path();
    let path = disk.join("outbox.db");
    let (outbox, mut workers) = Outbox::builder(&path).open().unwrap();
    let mut kept = 0;
    while kept < 1000 {
        outbox.keep(&verified(&format!("number {kept}")), there()).await.unwrap();
        kept += 1;
    }
    fill(disk);
    // Until there is no room in SQLite's log either.
    while outbox.keep(&verified(&format!("number {kept}")), there()).await.is_ok() {
        kept += 1;
    }
    assert_eq!(outbox.check().await, Err(StoreError::Full));

    // Each reason is larger than what it is written over.
    let refuse = |_: &verify_outbox::Delivery| Outcome::Dead { reason: "r".repeat(600) };
    workers.add("there", Policy::default(), refuse).unwrap();
    wait_until(|| outbox.waiting().unwrap()[0].dead == kept);
    assert!(!path.with_extension("db.reserve").exists(), "it was needed");
    assert_eq!(outbox.keep(&verified("one more"), there()).await, Err(StoreError::Full));
    assert_eq!(outbox.check().await, Err(StoreError::Full));

    fs::remove_file(disk.join("other")).unwrap();
    while outbox.check().await.is_err() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(outbox.keep(&verified("one more"), there()).await, Ok(Kept::New));
}

/// SQLite makes its log anew, for which there is no room but the reserve's, or what a kill left of that.
#[tokio::test]
async fn a_store_opens_on_a_full_disk() {
    let Some(disk) =
        small_disk("disk::a_store_opens_on_a_full_disk", 32, &["--user", "--map-root-user"])
    else {
        return;
    };
    let disk = disk.as_path();
    let path = disk.join("outbox.db");
    for bytes in [8 * 1024 * 1024, 5_000_000] {
        let (outbox, workers) = Outbox::builder(&path).open().unwrap();
        assert_eq!(outbox.keep(&verified(&bytes.to_string()), there()).await, Ok(Kept::New));
        drop((outbox, workers));
        let reserve = fs::File::options().write(true).open(path.with_extension("db.reserve"));
        reserve.unwrap().set_len(bytes).unwrap();
        fill(disk);
        let (outbox, mut workers) = Outbox::builder(&path).open().unwrap();
        workers
            .add("there", Policy::default(), |_: &verify_outbox::Delivery| Outcome::Done)
            .unwrap();
        wait_until(|| outbox.waiting().unwrap().is_empty());
        fs::remove_file(disk.join("other")).unwrap();
    }
}
