//! Work that goes on when nobody waits for it any more.

use core::{
    panic::AssertUnwindSafe,
    pin::Pin,
    task::{Context, Poll},
};
use std::panic::catch_unwind;

use tokio::runtime::Handle;

/// Work that is polled by whoever waits for it, and that a task of its own takes over if it is dropped before it is done.
/// For what must not be broken off, without the cost of a task each time.
///
/// `None`: it panicked. That ends nothing else, such as the connection with its other deliveries.
pub(crate) struct Finished<W: Future<Output: Send> + Send + 'static> {
    /// `None`: it has ended.
    work: Option<Pin<Box<W>>>,
}

impl<W: Future<Output: Send> + Send + 'static> Finished<W> {
    pub(crate) fn new(work: W) -> Self {
        Self { work: Some(Box::pin(work)) }
    }
}

impl<W: Future<Output: Send> + Send + 'static> Future for Finished<W> {
    type Output = Option<W::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(mut work) = self.work.take() else { return Poll::Pending };
        // What panicked is not polled again, so nobody sees what it left half done.
        match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
            Ok(Poll::Ready(output)) => Poll::Ready(Some(output)),
            Ok(Poll::Pending) => {
                self.work = Some(work);
                Poll::Pending
            }
            Err(_) => Poll::Ready(None),
        }
    }
}

impl<W: Future<Output: Send> + Send + 'static> Drop for Finished<W> {
    fn drop(&mut self) {
        // Without a runtime, the process ends.
        if let (Some(work), Ok(runtime)) = (self.work.take(), Handle::try_current()) {
            runtime.spawn(work);
        }
    }
}

#[cfg(test)]
mod tests {
    use core::{
        future::poll_fn,
        sync::atomic::{AtomicU32, Ordering},
        task::Poll,
    };
    use std::sync::Arc;

    use tokio::sync::oneshot;

    use super::Finished;

    #[tokio::test]
    async fn work_that_is_dropped_goes_on_to_its_end() {
        for polls in [0, 1] {
            let (go, gone) = oneshot::channel::<()>();
            let (done, is_done) = oneshot::channel();
            let mut work = Finished::new(async move {
                let _ = gone.await;
                let _ = done.send(());
            });
            for _ in 0..polls {
                tokio::select! {
                    biased;
                    _ = &mut work => panic!("it waits"),
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
        Finished::new(poll_fn(move |_| Poll::Ready(counted.fetch_add(1, Ordering::SeqCst)))).await;
        tokio::task::yield_now().await;
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn work_that_panicked_is_left() {
        let mut work = Finished::new(async { panic!("as a test of it") });
        assert_eq!((&mut work).await, None::<()>);
        assert!(work.work.is_none());
    }
}
