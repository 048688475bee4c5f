//! What goes on after its delivery was answered or its sender hung up.

use core::{
    pin::pin,
    sync::atomic::{AtomicUsize, Ordering},
};
use std::sync::Arc;

use tokio::{
    runtime::Handle,
    sync::{Notify, Semaphore},
};
use verify_axum::LOG_TARGET;

/// Counts what had no room to go on.
pub(crate) const BROKEN_OFF: &str = "gateway_broken_off_total";

/// Room for it, in memory: `buffered_mib` for each kind. Clones share it.
#[derive(Clone)]
pub(crate) struct Afterwards(Arc<Shared>);

struct Shared {
    deliveries: Room,
    answers: Room,
    /// How much goes on, or may have to.
    count: AtomicUsize,
    none_left: Notify,
}

/// What goes on. Each has a room of its own: who hangs up takes none of what answers need.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum What {
    /// The rest of an answer, and of a request that was answered before it was read.
    Answer,
    /// A delivery whose sender hung up.
    Delivery,
}

struct Room {
    /// In KiB.
    free: Arc<Semaphore>,
    #[cfg(test)]
    most: usize,
}

/// Something that a stop waits for as long as this is there.
pub(crate) struct Pending(Arc<Shared>);

impl Afterwards {
    /// What one takes at least, in KiB: each has a connection, and with the default there are 256 of them.
    const LEAST: usize = 256;

    pub(crate) fn new(most_bytes: usize) -> Self {
        let room = || Room::new(most_bytes / 1024);
        Self(Arc::new(Shared {
            deliveries: room(),
            answers: room(),
            count: AtomicUsize::new(0),
            none_left: Notify::new(),
        }))
    }

    /// Has a stop wait for what may have to go on.
    pub(crate) fn expect(&self) -> Pending {
        self.0.count.fetch_add(1, Ordering::SeqCst);
        Pending(Arc::clone(&self.0))
    }

    /// Goes on with work that holds so many bytes. Without room it is broken off, and that is logged.
    pub(crate) fn go_on(
        &self,
        what: What,
        bytes: usize,
        work: impl Future<Output: Send> + Send + 'static,
    ) {
        // Without a runtime, the process ends.
        let Ok(runtime) = Handle::try_current() else { return };
        let size = u32::try_from((bytes / 1024).max(Self::LEAST)).unwrap_or(u32::MAX);
        match Arc::clone(&self.room(what).free).try_acquire_many_owned(size) {
            Ok(room) => {
                let pending = self.expect();
                runtime.spawn(async move {
                    let done = work.await;
                    drop((room, pending));
                    done
                });
            }
            Err(_) => {
                match what {
                    What::Answer => tracing::warn!(
                        target: LOG_TARGET,
                        "connection to an upstream closed before its answer ended: too many answers have not ended"
                    ),
                    What::Delivery => tracing::warn!(
                        target: LOG_TARGET,
                        "delivery given up whose sender hung up: too many of them are handled"
                    ),
                }
                metrics::counter!(BROKEN_OFF).increment(1);
            }
        }
    }

    /// Waits until nothing goes on any more.
    pub(crate) async fn ended(&self) {
        let Shared { count, none_left, .. } = &*self.0;
        loop {
            let mut left = pin!(none_left.notified());
            // From here on it is told.
            left.as_mut().enable();
            if count.load(Ordering::SeqCst) == 0 {
                return;
            }
            left.await;
        }
    }

    fn room(&self, what: What) -> &Room {
        match what {
            What::Answer => &self.0.answers,
            What::Delivery => &self.0.deliveries,
        }
    }

    /// How much room is taken, in KiB.
    #[cfg(test)]
    pub(crate) fn taken(&self, what: What) -> usize {
        self.room(what).most - self.room(what).free.available_permits()
    }
}

impl Room {
    fn new(kib: usize) -> Self {
        let kib = kib.min(Semaphore::MAX_PERMITS);
        Self {
            free: Arc::new(Semaphore::new(kib)),
            #[cfg(test)]
            most: kib,
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if self.0.count.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.none_left.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use core::{future::pending, time::Duration};

    use tokio::{
        sync::oneshot,
        time::{sleep, timeout},
    };

    use super::{Afterwards, What};

    const KINDS: [What; 2] = [What::Answer, What::Delivery];

    #[tokio::test(start_paused = true)]
    async fn the_end_of_what_goes_on_is_waited_for() {
        let afterwards = Afterwards::new(1 << 20);
        for (what, seconds) in KINDS.into_iter().zip([5, 7]) {
            afterwards.go_on(what, 10, sleep(Duration::from_secs(seconds)));
        }
        assert!(timeout(Duration::from_secs(6), afterwards.ended()).await.is_err());
        assert!(timeout(Duration::from_secs(2), afterwards.ended()).await.is_ok());
        assert_eq!(KINDS.map(|what| afterwards.taken(what)), [0, 0]);
    }

    /// A delivery that goes on gets an answer, which may have to go on as well.
    #[tokio::test(start_paused = true)]
    async fn what_goes_on_from_there_while_its_end_is_waited_for_is_not_broken_off() {
        let afterwards = Afterwards::new(1 << 20);
        let (sent, answered) = oneshot::channel();
        let more = afterwards.clone();
        afterwards.go_on(What::Delivery, 10, async move {
            sleep(Duration::from_secs(5)).await;
            more.go_on(What::Answer, 10, async {
                sleep(Duration::from_secs(3)).await;
                let _ = sent.send(());
            });
        });
        assert!(timeout(Duration::from_secs(7), afterwards.ended()).await.is_err());
        assert!(timeout(Duration::from_secs(2), afterwards.ended()).await.is_ok());
        assert!(answered.await.is_ok());
    }

    /// Otherwise whoever hangs up could have it hold as much as they send.
    #[tokio::test(start_paused = true)]
    async fn what_has_no_room_does_not_go_on() {
        let afterwards = Afterwards::new(1 << 20);
        let taken = || afterwards.taken(What::Delivery);
        afterwards.go_on(What::Delivery, 700 << 10, pending::<()>());
        let (kept, dropped) = oneshot::channel::<()>();
        afterwards.go_on(What::Delivery, 400 << 10, async move {
            let _kept = kept;
            pending::<()>().await;
        });
        let dropped = timeout(Duration::from_secs(1), dropped);
        assert!(dropped.await.is_ok_and(|sent| sent.is_err()));
        assert_eq!(taken(), 700);
        // However little it holds.
        afterwards.go_on(What::Delivery, 1, pending::<()>());
        assert_eq!(taken(), 700 + Afterwards::LEAST);
    }

    /// Otherwise one tenant who hangs up has the work of others cut off.
    #[tokio::test(start_paused = true)]
    async fn who_hangs_up_takes_no_room_of_answers() {
        let afterwards = Afterwards::new(1 << 20);
        for _ in 0..9 {
            afterwards.go_on(What::Delivery, 1, pending::<()>());
        }
        let (sent, answered) = oneshot::channel();
        afterwards.go_on(What::Answer, 1 << 20, async move { sent.send(()) });
        assert!(answered.await.is_ok());
    }
}
