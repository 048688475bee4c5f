use core::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::{Sleep, sleep};

/// A bound on the whole time that a delivery may take to arrive.
///
/// The timer is set at the first wait, so a delivery that is there at once costs none. Needs a
/// tokio runtime with its timer on.
#[derive(Debug)]
pub struct Deadline {
    total: Duration,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Deadline {
    /// Makes a deadline that runs from the first poll.
    #[must_use]
    pub const fn new(total: Duration) -> Self {
        Self { total, timer: None }
    }

    /// Is ready once the time has passed.
    pub fn poll_passed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.timer.get_or_insert_with(|| Box::pin(sleep(self.total))).as_mut().poll(cx)
    }
}
