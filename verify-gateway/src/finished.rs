//! Work that goes on when nobody waits for it any more.

use core::{
    pin::Pin,
    task::{Context, Poll},
};

use crate::afterwards::{Afterwards, Pending, What};

/// Work that is polled by whoever waits for it, and that goes on if it is dropped before it is done. For what must not be
/// broken off, without the cost of a task each time.
pub(crate) struct Finished<W: Future<Output: Send> + Send + 'static> {
    /// `None`: it is done, or has panicked.
    work: Option<Pin<Box<W>>>,
    afterwards: Afterwards,
    /// How much memory it holds.
    bytes: usize,
    // The connection may end before it is dropped.
    _pending: Pending,
}

impl<W: Future<Output: Send> + Send + 'static> Finished<W> {
    pub(crate) fn new(work: W, afterwards: Afterwards, bytes: usize) -> Self {
        let _pending = afterwards.expect();
        Self { work: Some(Box::pin(work)), afterwards, bytes, _pending }
    }
}

impl<W: Future<Output: Send> + Send + 'static> Future for Finished<W> {
    type Output = W::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<W::Output> {
        // Taken out, so that nothing that panicked is polled again.
        let Some(mut work) = self.work.take() else { return Poll::Pending };
        let polled = work.as_mut().poll(context);
        if polled.is_pending() {
            self.work = Some(work);
        }
        polled
    }
}

impl<W: Future<Output: Send> + Send + 'static> Drop for Finished<W> {
    fn drop(&mut self) {
        if let Some(work) = self.work.take() {
            self.afterwards.go_on(What::Delivery, self.bytes, work);
        }
    }
}

#[cfg(test)]
mod tests {
    use core::{
        future::poll_fn,
        panic::AssertUnwindSafe,
        pin::Pin,
        sync::atomic::{AtomicU32, Ordering},
        task::{Context, Poll, Waker},
        time::Duration,
    };
    use std::{panic::catch_unwind, sync::Arc};

    use tokio::{
        sync::oneshot,
        time::{Instant, sleep},
    };

    use super::{Afterwards, Finished};

    fn finished<W: Future<Output: Send> + Send + 'static>(work: W) -> Finished<W> {
        Finished::new(work, Afterwards::new(1 << 20), 0)
    }

    #[tokio::test]
    async fn work_that_is_dropped_goes_on_to_its_end() {
        for polls in [0, 1] {
            let (go, gone) = oneshot::channel::<()>();
            let (done, is_done) = oneshot::channel();
            let mut work = finished(async move {
                let _ = gone.await;
                let _ = done.send(());
            });
            for _ in 0..polls {
                tokio::select! {
                    biased;
                    () = &mut work => panic!("it waits"),
                    () = core::future::ready(()) => {}
                }
            }
            drop(work);
            let _ = go.send(());
            assert!(is_done.await.is_ok(), "{polls}");
        }
    }

    #[tokio::test]
    async fn work_that_is_done_is_not_begun_again() {
        let count = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&count);
        finished(poll_fn(move |_| Poll::Ready(counted.fetch_add(1, Ordering::SeqCst)))).await;
        tokio::task::yield_now().await;
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }

    /// As soon as there is any: the connection that it came over may be gone when it is dropped.
    #[tokio::test(start_paused = true)]
    async fn a_stop_waits_for_work_that_is_not_dropped_yet() {
        let afterwards = Afterwards::new(1 << 20);
        let work = Finished::new(sleep(Duration::from_secs(3)), afterwards.clone(), 0);
        let ended = afterwards.ended();
        let dropped = async move {
            sleep(Duration::from_secs(2)).await;
            drop(work);
        };
        let begun = Instant::now();
        tokio::join!(ended, dropped);
        assert_eq!(begun.elapsed(), Duration::from_secs(3));
    }

    #[tokio::test]
    async fn work_that_panicked_is_left() {
        let mut work = finished(async { panic!("as a test of it") });
        let polling = AssertUnwindSafe(|| {
            let mut context = Context::from_waker(Waker::noop());
            Pin::new(&mut work).poll(&mut context).is_ready()
        });
        assert!(catch_unwind(polling).is_err());
        assert!(work.work.is_none());
    }
}
