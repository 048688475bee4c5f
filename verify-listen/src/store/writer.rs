//! The one thread that writes.

use redb::{Database, ReadableTable as _};
use tokio::sync::{mpsc, oneshot};

use super::{
    FACTS, Facts, Handled, Keep, Kept, Place, REQUESTS, StoreError, Subject, Summary, Verdict,
    parse,
};

/// As many deliveries as are written with one wait for the disk.
pub(crate) const TOGETHER: usize = 64;

/// Something to write, and where to say that it is on the disk.
pub(crate) struct Job {
    pub(crate) task: Task,
    pub(crate) done: oneshot::Sender<Result<Option<Summary>, StoreError>>,
}

pub(crate) enum Task {
    Append {
        facts: Box<Facts>,
        /// As the text of HTTP.
        request: Vec<u8>,
    },
    Clear,
    Handled {
        id: u64,
        handled: Handled,
    },
    Judged {
        id: u64,
        verdict: Box<Verdict>,
        subject: Subject,
    },
}

/// Writes until nobody can send any more. Jobs that wait together share a commit.
pub(crate) fn run(place: &Place, keep: Keep, kept: Kept, mut queue: mpsc::Receiver<Job>) {
    let mut kept = Some(kept);
    while let Some(job) = queue.blocking_recv() {
        let mut tasks = vec![job.task];
        let mut waiting = vec![job.done];
        while tasks.len() < TOGETHER
            && let Ok(job) = queue.try_recv()
        {
            tasks.push(job.task);
            waiting.push(job.done);
        }
        let written = place.with(|database| {
            let mut stock = kept.take().map_or_else(|| Kept::open(database, keep), Ok)?;
            let summaries = write(database, &mut stock, tasks)?;
            // Unless this is reached it counts what is not there, and is not used again.
            kept = Some(stock);
            Ok(summaries)
        });
        // Whoever does not wait any more does not need to know.
        match written {
            Ok(summaries) => waiting.into_iter().zip(summaries).for_each(|(done, summary)| {
                let _ = done.send(Ok(summary));
            }),
            Err(error) => waiting.into_iter().for_each(|done| {
                let _ = done.send(Err(error.clone()));
            }),
        }
    }
}

/// Writes all or nothing. It is on the disk when this returns.
fn write(
    database: &Database,
    kept: &mut Kept,
    tasks: Vec<Task>,
) -> Result<Vec<Option<Summary>>, StoreError> {
    let transaction = database.begin_write()?;
    let mut summaries = Vec::with_capacity(tasks.len());
    {
        let mut all_facts = transaction.open_table(FACTS)?;
        let mut requests = transaction.open_table(REQUESTS)?;
        for task in tasks {
            let (summary, gone) = match task {
                Task::Append { facts, request } => {
                    let id = kept.next();
                    requests.insert(id, request.as_slice())?;
                    let bytes = to_json(&facts)?.len() + request.len();
                    let gone = kept.add(&facts, id, bytes as u64);
                    (Some(Summary { id, facts: *facts }), gone)
                }
                Task::Handled { id, handled } => match all_facts.get(id)?.as_ref() {
                    Some(stored) => {
                        let mut facts = parse(stored.value())?;
                        facts.push(handled);
                        let more = to_json(&facts)?.len().saturating_sub(stored.value().len());
                        let gone = kept.grow(&facts, id, more as u64);
                        (Some(Summary { id, facts }), gone)
                    }
                    None => (None, Vec::new()),
                },
                Task::Judged { id, verdict, subject } => match all_facts.get(id)?.as_ref() {
                    Some(stored) => {
                        let mut facts = parse(stored.value())?;
                        let was_verified = facts.is_verified();
                        facts.judge_again(*verdict, subject);
                        let gone = if was_verified { Vec::new() } else { kept.verified(id) };
                        (Some(Summary { id, facts }), gone)
                    }
                    None => (None, Vec::new()),
                },
                Task::Clear => {
                    all_facts.retain(|_, _| false)?;
                    requests.retain(|_, _| false)?;
                    // By this the next start knows which numbers were given.
                    requests.insert(kept.clear(), [].as_slice())?;
                    (None, Vec::new())
                }
            };
            if let Some(Summary { id, facts }) = &summary {
                all_facts.insert(id, to_json(facts)?.as_slice())?;
            }
            for gone in &gone {
                all_facts.remove(gone)?;
                requests.remove(gone)?;
            }
            let summary = summary.filter(|summary| !gone.contains(&summary.id));
            summaries.push(summary);
        }
    }
    transaction.commit()?;
    Ok(summaries)
}

fn to_json(facts: &Facts) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(facts)
        .map_err(|_| StoreError::Damaged("what is known of a delivery".to_owned()))
}
