//! Work whose panic ends nothing else, such as the connection with its other deliveries.

use core::{future::poll_fn, panic::AssertUnwindSafe, pin::pin, task::Poll};
use std::panic::catch_unwind;

/// Does work. `None`: it panicked.
pub(crate) async fn caught<W: Future>(work: W) -> Option<W::Output> {
    let mut work = pin!(work);
    // What panicked is not polled again, so nobody sees what it left half done.
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
        Ok(polled) => polled.map(Some),
        Err(_) => Poll::Ready(None),
    })
    .await
}

#[cfg(test)]
mod tests {
    use tokio::task::yield_now;

    use super::caught;

    #[tokio::test]
    async fn a_panic_is_an_end_without_a_result() {
        let panics = async {
            yield_now().await;
            panic!("as a test of it");
        };
        assert_eq!(caught::<_>(panics).await, None::<()>);
        assert_eq!(caught(async { 7 }).await, Some(7));
    }
}
