use core::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;
use tokio::{
    task::coop::{Unconstrained, unconstrained},
    time::Sleep,
};

use super::Run;
use crate::{Answer, Ending};

pin_project! {
    /// A handler that runs under its deadline. Its claim is settled before its result is returned.
    ///
    /// Made by [`Run::guard`]. If handler and store finish at once, so does this future: without a timer or a box.
    ///
    /// # Panics
    ///
    /// Outside of a runtime of tokio. In debug builds, if it is polled again after its end. In release builds it is then pending.
    #[must_use = "a handler runs only if it is polled"]
    pub struct Guarded<F: Future, E> {
        // Dropped before its claim is settled.
        #[pin]
        handling: Option<F>,
        // `None` once the handler has ended.
        run: Option<(Run, E)>,
        // Set at the first wait.
        timer: Option<Pin<Box<Unconstrained<Sleep>>>>,
        // While a store is waited for.
        settling: Option<Settling<F::Output>>,
    }
}

struct Settling<T> {
    settled: Pin<Box<dyn Future<Output = ()> + Send>>,
    outcome: Option<Result<T, Answer>>,
}

impl<F: Future, E> Guarded<F, E> {
    pub(crate) const fn new(run: Run, handling: F, ending: E) -> Self {
        Self { handling: Some(handling), run: Some((run, ending)), timer: None, settling: None }
    }
}

impl<F: Future, E: FnOnce(&F::Output) -> Ending> Future for Guarded<F, E> {
    type Output = Result<F::Output, Answer>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let (Some(handling), Some((run, _))) = (this.handling.as_mut().as_pin_mut(), &*this.run)
        {
            let outcome = match handling.poll(cx) {
                Poll::Ready(result) => Ok(result),
                Poll::Pending => {
                    // A handler that used up what a task may do in one go does not stop the clock.
                    let timer =
                        this.timer.get_or_insert_with(|| Box::pin(unconstrained(run.timer())));
                    ready!(timer.as_mut().poll(cx));
                    Err(run.overdue)
                }
            };
            this.handling.set(None);
            if let Some((mut run, ending)) = this.run.take() {
                let ending = outcome.as_ref().map_or(Ending::Overdue, ending);
                if run.end_at_once(ending) {
                    return Poll::Ready(outcome);
                }
                let settled = Box::pin(run.settle());
                *this.settling = Some(Settling { settled, outcome: Some(outcome) });
            }
        }
        if let Some(settling) = this.settling {
            ready!(settling.settled.as_mut().poll(cx));
        }
        let outcome = this.settling.take().and_then(|settling| settling.outcome);
        debug_assert!(outcome.is_some(), "polled after its end");
        outcome.map_or(Poll::Pending, Poll::Ready)
    }
}

impl<F: Future, E> fmt::Debug for Guarded<F, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guarded")
            .field("run", &self.run.as_ref().map(|(run, _)| run))
            .finish_non_exhaustive()
    }
}
