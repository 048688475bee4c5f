use core::{future::poll_fn, panic::AssertUnwindSafe, pin::pin, task::Poll};
use std::panic::catch_unwind;

/// Turns a panic into `None`.
pub(super) async fn unwinding<T>(future: impl Future<Output = Option<T>>) -> Option<T> {
    let mut future = pin!(future);
    poll_fn(|cx| {
        // Nothing of the future is used after a panic.
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(polled) => polled,
            Err(_) => Poll::Ready(None),
        }
    })
    .await
}
