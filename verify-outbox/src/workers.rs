use core::{fmt, time::Duration};
use std::{
    io,
    sync::Arc,
    thread::{self, JoinHandle},
};

use crate::{
    Outbox, Policy, Post,
    bell::Bell,
    clock::Clock,
    worker::{Next, Worker},
};

/// The threads that post what is kept, one for each destination, so that a slow one holds up no other.
/// Dropped, it stops them as [`stop`](Self::stop) does.
pub struct Workers {
    outbox: Outbox,
    bell: Arc<Bell>,
    clock: Clock,
    threads: Vec<(String, JoinHandle<()>)>,
}

impl Workers {
    /// How often a worker looks without being told: another process may have put something back,
    /// and the clock may have been set.
    const LOOK: Duration = Duration::from_secs(2);

    pub(crate) const fn new(outbox: Outbox, bell: Arc<Bell>, clock: Clock) -> Self {
        Self { outbox, bell, clock, threads: Vec::new() }
    }

    /// Begins to post to a destination, by the name under which deliveries are kept for it.
    ///
    /// # Errors
    ///
    /// It is posted to already, or there is no thread to be had.
    pub fn add(
        &mut self,
        destination: &str,
        policy: Policy,
        post: impl Post + 'static,
    ) -> io::Result<()> {
        if self.threads.iter().any(|(name, _)| name == destination) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let worker = Worker {
            destination: destination.to_owned(),
            policy,
            post,
            outbox: self.outbox.clone(),
            clock: Arc::clone(&self.clock),
            random: fastrand::Rng::new(),
            paced_until: 0,
            unwritten: None,
        };
        let bell = Arc::clone(&self.bell);
        let thread = thread::Builder::new()
            .name("outbox-worker".to_owned())
            .spawn(move || run(worker, &bell))?;
        self.threads.push((destination.to_owned(), thread));
        Ok(())
    }

    /// Returns what tells the threads to end as [`stop`](Self::stop) does, and does not wait.
    pub fn stopper(&self) -> impl Fn() + Send + Sync + use<> {
        let bell = Arc::clone(&self.bell);
        move || bell.stop()
    }

    /// Ends the threads, each after what it is posting just now. What is still to be posted stays in
    /// the file. Blocks for as long as a posting may take.
    pub fn stop(self) {}
}

fn run<P: Post>(mut worker: Worker<P>, bell: &Bell) {
    while !bell.is_stopped() {
        let heard = bell.rings();
        match worker.step() {
            Next::GoOn => {}
            Next::Sleep(time) => bell.sleep(time.min(Workers::LOOK)),
            Next::Wait => bell.wait(heard, Workers::LOOK),
        }
    }
    if let Err(error) = worker.write() {
        // It has arrived, and will be posted again.
        tracing::error!(target: "outbox", destination = worker.destination, %error, "not written down");
    }
    worker.outbox.store().leave(&worker.destination);
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.bell.stop();
        for (_, thread) in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Workers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let destinations: Vec<_> = self.threads.iter().map(|(name, _)| name).collect();
        f.debug_struct("Workers").field("destinations", &destinations).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use crate::{Delivery, Outbox, Outcome, Policy, verified::verified};

    #[tokio::test]
    async fn stopping_ends_what_is_being_posted_and_leaves_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("outbox.db");
        let (outbox, mut workers) = Outbox::builder(path).open().unwrap();
        for body in ["a", "b"] {
            outbox.keep(&verified(body), vec!["there".to_owned()]).await.unwrap();
        }
        let (begun, begins) = mpsc::channel();
        let (go_on, goes_on) = mpsc::channel();
        let post = move |_: &Delivery| {
            begun.send(()).unwrap();
            goes_on.recv().map_or_else(
                |_| Outcome::Dead { reason: "one too many".to_owned() },
                |()| Outcome::Done,
            )
        };
        workers.add("there", Policy::default(), post).unwrap();
        begins.recv().unwrap();
        workers.stopper()();
        go_on.send(()).unwrap();
        drop(go_on);
        workers.stop();
        assert!(begins.recv().is_err(), "the second was begun");
        let waiting = outbox.waiting().unwrap();
        assert_eq!((waiting[0].pending, waiting[0].dead), (1, 0));
    }
}
