//! What goes on after its delivery was answered or its sender hung up.

use std::sync::Arc;

use tokio::{runtime::Handle, sync::Semaphore};
use verify_axum::LOG_TARGET;

/// Counts what had no room to go on.
pub(crate) const BROKEN_OFF: &str = "gateway_broken_off_total";

/// Room for it, in memory: `buffered_mib` once more. Clones share it.
#[derive(Clone)]
pub(crate) struct Afterwards {
    /// In KiB.
    room: Arc<Semaphore>,
    most: u32,
}

impl Afterwards {
    /// What one takes at least, in KiB: each has a connection, and with the default there are 256 of them.
    const LEAST: usize = 256;

    pub(crate) fn new(most_bytes: usize) -> Self {
        let most = u32::try_from(most_bytes / 1024).unwrap_or(u32::MAX);
        Self { room: Arc::new(Semaphore::new(most as usize)), most }
    }

    /// Goes on with work that holds so many bytes. Without room it is broken off, and that is logged.
    pub(crate) fn go_on(&self, bytes: usize, work: impl Future<Output: Send> + Send + 'static) {
        // Without a runtime, the process ends.
        let Ok(runtime) = Handle::try_current() else { return };
        let room = u32::try_from((bytes / 1024).max(Self::LEAST)).unwrap_or(u32::MAX);
        match Arc::clone(&self.room).try_acquire_many_owned(room) {
            Ok(room) => {
                runtime.spawn(async move {
                    let done = work.await;
                    drop(room);
                    done
                });
            }
            Err(_) => {
                tracing::warn!(
                    target: LOG_TARGET,
                    "connection to an upstream closed before its answer ended: too many go on after their delivery was \
                     answered or its sender hung up"
                );
                metrics::counter!(BROKEN_OFF).increment(1);
            }
        }
    }

    /// Waits until nothing goes on any more. Meanwhile, nothing more does.
    pub(crate) async fn ended(&self) {
        // Nobody closes it.
        let _ = self.room.acquire_many(self.most).await;
    }

    /// How much room is taken, in KiB.
    #[cfg(test)]
    pub(crate) fn taken(&self) -> usize {
        self.most as usize - self.room.available_permits()
    }
}

#[cfg(test)]
mod tests {
    use core::{future::pending, time::Duration};

    use tokio::{
        sync::oneshot,
        time::{sleep, timeout},
    };

    use super::Afterwards;

    #[tokio::test(start_paused = true)]
    async fn the_end_of_what_goes_on_is_waited_for() {
        let afterwards = Afterwards::new(1 << 20);
        for seconds in [5, 7] {
            afterwards.go_on(10, sleep(Duration::from_secs(seconds)));
        }
        assert!(timeout(Duration::from_secs(6), afterwards.ended()).await.is_err());
        assert!(timeout(Duration::from_secs(2), afterwards.ended()).await.is_ok());
        assert_eq!(afterwards.taken(), 0);
    }

    /// Otherwise whoever hangs up could have it hold as much as they send.
    #[tokio::test(start_paused = true)]
    async fn what_has_no_room_does_not_go_on() {
        let afterwards = Afterwards::new(1 << 20);
        afterwards.go_on(700 << 10, pending::<()>());
        let (kept, dropped) = oneshot::channel::<()>();
        afterwards.go_on(400 << 10, async move {
            let _kept = kept;
            pending::<()>().await;
        });
        let dropped = timeout(Duration::from_secs(1), dropped);
        assert!(dropped.await.is_ok_and(|sent| sent.is_err()));
        assert_eq!(afterwards.taken(), 700);
        // However little it holds.
        afterwards.go_on(1, pending::<()>());
        assert_eq!(afterwards.taken(), 700 + Afterwards::LEAST);
    }
}
