use core::{fmt, time::Duration};
use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
};

use crate::{
    Outbox, Policy, Post,
    bell::Bell,
    clock::Clock,
    worker::{Next, Worker},
};

/// The threads that post deliveries, one for each destination, so that a slow destination does not hold up others.
/// You may add, change and remove destinations while they run. Dropped, it stops them as [`stop`](Self::stop) does.
pub struct Workers {
    outbox: Outbox,
    bell: Arc<Bell>,
    clock: Clock,
    threads: BTreeMap<String, Thread>,
}

/// It is there until the end: two that post to a destination at a time would not keep its order.
struct Thread {
    handle: JoinHandle<()>,
    told: Arc<Told>,
    is_posting: bool,
}

/// What a thread does from its next step on.
#[derive(Default)]
struct Told(Mutex<Option<Task>>);

enum Task {
    Post(Policy, Box<dyn Post>),
    Rest,
}

impl Told {
    fn tell(&self, task: Task) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
    }

    fn take(&self) -> Option<Task> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Workers {
    /// How often a worker looks without being told: another process may have put something back,
    /// and the clock may have been set.
    const LOOK: Duration = Duration::from_secs(2);

    pub(crate) const fn new(outbox: Outbox, bell: Arc<Bell>, clock: Clock) -> Self {
        Self { outbox, bell, clock, threads: BTreeMap::new() }
    }

    /// Starts posting to a destination, by the name under which deliveries are kept for it.
    ///
    /// # Errors
    ///
    /// The destination has a thread already, or no thread can be started.
    pub fn add(
        &mut self,
        destination: &str,
        policy: Policy,
        post: impl Post + 'static,
    ) -> io::Result<()> {
        match self.threads.get(destination).is_some_and(|thread| thread.is_posting) {
            true => Err(io::ErrorKind::AlreadyExists.into()),
            false => self.set(destination, policy, post),
        }
    }

    /// Starts posting to a destination, or changes its policy and its post, from the next posting on. A posting in
    /// flight is finished as it was begun. What is known of the destination, such as its `Retry-After`, stays. Does
    /// not wait.
    ///
    /// # Errors
    ///
    /// No thread can be started.
    pub fn set(
        &mut self,
        destination: &str,
        policy: Policy,
        post: impl Post + 'static,
    ) -> io::Result<()> {
        let post: Box<dyn Post> = Box::new(post);
        if let Some(thread) = self.threads.get_mut(destination) {
            thread.is_posting = true;
            thread.told.tell(Task::Post(policy, post));
            self.bell.ring();
            return Ok(());
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
        let (bell, told) = (Arc::clone(&self.bell), Arc::<Told>::default());
        let tells = Arc::clone(&told);
        let handle = thread::Builder::new()
            .name("outbox-worker".to_owned())
            .spawn(move || run(worker, &bell, &tells))?;
        let thread = Thread { handle, told, is_posting: true };
        self.threads.insert(destination.to_owned(), thread);
        Ok(())
    }

    /// Stops posting to a destination, after the posting in flight. What waits for it stays in the store. Returns
    /// whether the destination had a thread. Does not wait.
    pub fn remove(&mut self, destination: &str) -> bool {
        let Some(thread) = self.threads.get_mut(destination) else { return false };
        thread.told.tell(Task::Rest);
        self.bell.ring();
        core::mem::take(&mut thread.is_posting)
    }

    /// Returns the destinations that are posted to.
    pub fn destinations(&self) -> impl Iterator<Item = &str> {
        let posting = self.threads.iter().filter(|(_, thread)| thread.is_posting);
        posting.map(|(name, _)| name.as_str())
    }

    /// Returns a value that tells the threads to end like [`stop`](Self::stop), but does not wait.
    pub fn stopper(&self) -> impl Fn() + Send + Sync + use<> {
        let bell = Arc::clone(&self.bell);
        move || bell.stop()
    }

    /// Ends the threads, each after its posting in flight. What still waits stays in the store.
    /// Blocks for as long as a posting may take.
    pub fn stop(self) {}
}

fn run(mut worker: Worker, bell: &Bell, told: &Told) {
    let mut is_resting = false;
    while !bell.is_stopped() {
        let heard = bell.rings();
        match told.take() {
            Some(Task::Post(policy, post)) => {
                (worker.policy, worker.post, is_resting) = (policy, post, false);
            }
            Some(Task::Rest) => is_resting = true,
            None => {}
        }
        let next = if is_resting { worker.rest() } else { worker.step() };
        match next {
            Next::GoOn => {}
            Next::Sleep(time) => bell.sleep(time.min(Workers::LOOK)),
            Next::Wait => bell.wait(heard, Workers::LOOK),
        }
    }
    if let Err(error) = worker.write() {
        // It has arrived, and will be posted again.
        tracing::error!(target: "outbox", destination = worker.destination, %error, "cannot record what arrived, which will be posted again");
    }
    worker.outbox.store().leave(&worker.destination);
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.bell.stop();
        for (_, thread) in core::mem::take(&mut self.threads) {
            let _ = thread.handle.join();
        }
    }
}

impl fmt::Debug for Workers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let destinations: Vec<_> = self.destinations().collect();
        f.debug_struct("Workers").field("destinations", &destinations).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;
    use std::{sync::mpsc, thread::sleep};

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

    /// A post that is told when to go on, and whose deliveries come out at the other end.
    fn slow(
        arrived: &mpsc::Sender<(&'static str, String)>,
        name: &'static str,
        goes_on: mpsc::Receiver<()>,
    ) -> impl FnMut(&Delivery) -> Outcome + Send + use<> {
        let arrived = arrived.clone();
        move |delivery: &Delivery| {
            arrived.send((name, String::from_utf8(delivery.body.clone()).unwrap())).unwrap();
            let _ = goes_on.recv();
            Outcome::Done
        }
    }

    #[tokio::test]
    async fn another_post_takes_over_after_what_is_being_posted() {
        let folder = tempfile::tempdir().unwrap();
        let (outbox, mut workers) = Outbox::builder(folder.path().join("x")).open().unwrap();
        let (arrived, arrivals) = mpsc::channel();
        let next = || arrivals.recv_timeout(Duration::from_secs(60)).unwrap();
        let (go_on, goes_on) = mpsc::channel();
        let there = || vec!["there".to_owned()];
        outbox.keep(&verified("a"), there()).await.unwrap();
        outbox.keep(&verified("b"), there()).await.unwrap();
        workers.set("there", Policy::default(), slow(&arrived, "old", goes_on)).unwrap();
        assert_eq!(next(), ("old", "a".to_owned()));
        // It does not wait for the old one, which is at it still.
        let (ended, end) = mpsc::channel();
        drop(ended);
        workers.set("there", Policy::default(), slow(&arrived, "new", end)).unwrap();
        assert!(workers.add("there", Policy::default(), |_: &Delivery| Outcome::Done).is_err());
        assert!(arrivals.recv_timeout(Duration::from_millis(300)).is_err(), "two at a time");
        go_on.send(()).unwrap();
        assert_eq!(next(), ("new", "b".to_owned()));
        while !outbox.waiting().unwrap().is_empty() {
            sleep(Duration::from_millis(5));
        }

        // A destination that is removed keeps what waits for it, and may come back.
        assert!(workers.remove("there") && !workers.remove("there"));
        assert!(!workers.remove("elsewhere"));
        assert_eq!(workers.destinations().count(), 0);
        outbox.keep(&verified("c"), there()).await.unwrap();
        assert!(arrivals.recv_timeout(Duration::from_millis(300)).is_err(), "it was removed");
        assert_eq!(outbox.waiting().unwrap()[0].pending, 1);
        let (ended, end) = mpsc::channel();
        drop(ended);
        workers.add("there", Policy::default(), slow(&arrived, "again", end)).unwrap();
        assert_eq!(next(), ("again", "c".to_owned()));
    }
}
