use core::time::Duration;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
};

use tempfile::TempDir;
use tokio::sync::oneshot;

use super::{
    super::file::{self, Place, Reserve},
    Job, Task, Writer,
};
use crate::{
    Outbox, StoreError,
    policy::{Fate, Gate, Order},
    store::Settlement,
    verified::verified,
};

/// A store in which the posting 1 is to be made.
async fn prepared() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("outbox.db");
    let (outbox, _workers) = Outbox::builder(&path).open().unwrap();
    outbox.keep(&verified("a"), vec!["there".to_owned()]).await.unwrap();
    (folder, path)
}

fn settle() -> Task {
    Task::Settle(Settlement {
        posting: 1,
        since: 0,
        destination: "there".to_owned(),
        order: Order::Default,
        epoch: 0,
        fate: Fate::Done,
        gate: Some(Gate::default()),
        paced_until: 0,
    })
}

/// Has them written together.
fn write<const N: usize>(path: &Path, tasks: [Task; N]) -> [Result<bool, StoreError>; N] {
    let connection = file::connect(path, Duration::ZERO).unwrap();
    let (jobs, queue) = mpsc::channel();
    let outcomes = tasks.map(|task| {
        let (done, outcome) = oneshot::channel();
        jobs.send(Job { task, done }).unwrap();
        outcome
    });
    drop(jobs);
    let writer = Writer {
        connection,
        place: Place::of(path).unwrap(),
        reserve: Reserve::beside(path),
        clock: Arc::new(|| 0),
        bell: Arc::default(),
        most_pages: 1024,
    };
    writer.run(&queue);
    outcomes.map(|mut outcome| outcome.try_recv().unwrap())
}

/// The reserve cannot be made again if there is a folder in its place.
#[tokio::test]
async fn what_became_of_a_posting_is_written_down_beside_what_cannot_be_kept() {
    let (_folder, path) = prepared().await;
    let reserve = path.with_extension("db.reserve");
    fs::remove_file(&reserve).unwrap();
    fs::create_dir(&reserve).unwrap();
    let [checked, settled] = write(&path, [Task::Check, settle()]);
    assert!(matches!(checked, Err(StoreError::Failed(_))), "{checked:?}");
    assert_eq!(settled, Ok(true));
}

/// SQLite has a quota that is used up for an error like any other.
#[tokio::test]
async fn the_reserve_gives_way_to_whatever_fails() {
    let (_folder, path) = prepared().await;
    let connection = file::connect(&path, Duration::ZERO).unwrap();
    let fail = "CREATE TRIGGER fail BEFORE DELETE ON posting BEGIN SELECT RAISE(FAIL, 'no'); END";
    connection.execute_batch(fail).unwrap();
    let [settled] = write(&path, [settle()]);
    let said = "the store failed: a row does not fit its table (SQLite's code 1811)";
    assert_eq!(settled.unwrap_err().to_string(), said);
    assert!(!path.with_extension("db.reserve").exists());
}

#[test]
fn a_look_that_nobody_waits_for_is_not_made() {
    let (done, outcome) = oneshot::channel();
    let job = Job { task: Task::Check, done };
    assert!(job.is_wanted());
    drop(outcome);
    assert!(!job.is_wanted());
}
