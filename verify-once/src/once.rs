mod guarded;

use core::{fmt, time::Duration};
use std::sync::Arc;

use tokio::time::{Instant, Sleep, sleep, sleep_until};
use verify_core::Receipt;

pub use guarded::Guarded;

use crate::{
    Answer, Claimed, Ending, Key, LOG_TARGET, StoreError, Terms, Token,
    backend::{Backend, Settings, count},
    claim::Claim,
    rules,
};

/// Handles each verified delivery once. Clones share the store.
#[derive(Clone)]
pub struct Once(Arc<Backend>);

/// The right to handle a delivery. If it is dropped without [`end`](Self::end), it is given back: after a
/// panic, or when the sender hangs up.
#[derive(Debug)]
#[must_use]
pub struct Run {
    attempt: u32,
    sender: &'static str,
    /// `None`: nobody is to know of it.
    claim: Option<Claim>,
    deadline: Duration,
    /// When the store was asked, from which the deadline counts. `None`: it answered at once.
    asked: Option<Instant>,
    /// What is answered after the deadline.
    pub(crate) overdue: Answer,
}

/// What a store is to be asked.
enum Question {
    Claim(Claim, Terms),
    /// Nothing, and that is what comes of the delivery.
    None(Result<Run, Answer>),
}

impl Once {
    pub(crate) fn new(settings: Settings) -> Self {
        Self(Arc::new(Backend::new(settings)))
    }

    /// Asks for the right to handle a delivery.
    ///
    /// After an error of the store the answer is 503, because the store may have claimed the delivery.
    /// Such a claim is given back in the background, also if the future is dropped.
    ///
    /// # Errors
    ///
    /// The answer without the handler.
    ///
    /// # Panics
    ///
    /// Outside of a runtime of tokio.
    pub async fn enter(&self, receipt: &Receipt) -> Result<Run, Answer> {
        if let Some(entry) = self.enter_at_once(receipt) {
            return entry;
        }
        let entry = match self.question(receipt) {
            Question::Claim(claim, terms) => {
                let store = self.0.store();
                // The lease begins after it, however late the answer comes.
                let asked = Some(Instant::now());
                let claiming = store.claim(&claim.what.key, &claim.what.token, terms);
                let claimed = self.0.limited(claiming).await;
                self.judge(receipt, claim, claimed).and_then(|run| Run { asked, ..run }.in_time())
            }
            Question::None(entry) => entry,
        };
        tell(receipt, entry)
    }

    /// The same with a store that [answers at once](crate::Claims::at_once). `None`: the store needs waiting, and was
    /// not asked.
    ///
    /// # Panics
    ///
    /// Outside of a runtime of tokio.
    #[must_use]
    pub fn enter_at_once(&self, receipt: &Receipt) -> Option<Result<Run, Answer>> {
        let store = self.0.store().at_once()?;
        let entry = match self.question(receipt) {
            Question::Claim(claim, terms) => {
                let claimed = store.claim(&claim.what.key, &claim.what.token, terms);
                self.judge(receipt, claim, claimed)
            }
            Question::None(entry) => entry,
        };
        Some(tell(receipt, entry))
    }

    fn question(&self, receipt: &Receipt) -> Question {
        let sender = receipt.sender();
        let lease = self.0.lease();
        let window = match self.0.settings.windows.of(receipt, lease) {
            None => {
                tracing::error!(
                    target: LOG_TARGET, sender,
                    "delivery not handled: it has neither a signed id nor a signed time, and no window is set for its sender"
                );
                return Question::None(Err(Answer::without_window()));
            }
            Some(Duration::ZERO) => return Question::None(Ok(self.run(receipt, 0, None))),
            Some(window) => window,
        };
        match Token::fresh() {
            Some(token) => {
                let claim = Claim::new(Arc::clone(&self.0), Key::from(receipt), token, sender);
                Question::Claim(claim, Terms::new(lease, window))
            }
            None => {
                let error = StoreError::Unavailable("system has no random bytes".to_owned());
                Question::None(self.without_store(receipt, None, &error))
            }
        }
    }

    fn judge(
        &self,
        receipt: &Receipt,
        mut claim: Claim,
        claimed: Result<Claimed, StoreError>,
    ) -> Result<Run, Answer> {
        let answer = match claimed {
            Ok(Claimed::Acquired { attempt }) => {
                claim.what.is_acquired = true;
                return Ok(self.run(receipt, attempt, Some(claim)));
            }
            Ok(Claimed::Done { status }) => Answer::done(status),
            Ok(Claimed::InProgress { left }) => {
                Answer::in_progress(rules::wait_for_lease(left, receipt))
            }
            Err(error) => return self.without_store(receipt, Some(claim), &error),
        };
        claim.disarm();
        Err(answer)
    }

    /// The claim, which may have been made, is given back as it is dropped, or settled after the run.
    fn without_store(
        &self,
        receipt: &Receipt,
        claim: Option<Claim>,
        error: &StoreError,
    ) -> Result<Run, Answer> {
        let sender = receipt.sender();
        tracing::warn!(target: LOG_TARGET, sender, code = error.code(), "delivery not claimed: {error}");
        if self.0.settings.runs_without_store.contains(sender) {
            return Ok(self.run(receipt, 0, claim));
        }
        Err(Answer::without_store(error, receipt))
    }

    fn run(&self, receipt: &Receipt, attempt: u32, claim: Option<Claim>) -> Run {
        let deadline = self.0.settings.deadline;
        Run {
            attempt,
            sender: receipt.sender(),
            claim,
            deadline,
            asked: None,
            overdue: Answer::overdue(receipt),
        }
    }

    /// Asks for the right to handle a delivery, runs `handle` under its deadline, and settles the claim.
    /// For adapters: `handle` gets the attempt, and `ending` reads its result.
    ///
    /// # Errors
    ///
    /// The answer if `handle` did not run to its end.
    ///
    /// # Panics
    ///
    /// Outside of a runtime of tokio.
    pub async fn guard<T, F: Future<Output = T>>(
        &self,
        receipt: &Receipt,
        handle: impl FnOnce(u32) -> F,
        ending: impl FnOnce(&T) -> Ending,
    ) -> Result<T, Answer> {
        let run = self.enter(receipt).await?;
        let handling = handle(run.attempt());
        run.guard(handling, ending).await
    }

    /// Forgets a delivery, so that somebody can send it again. Returns whether it was known.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn forget(&self, key: &Key) -> Result<bool, StoreError> {
        self.0.limited(self.0.store().forget(key)).await
    }

    /// Returns whether the store can be used.
    ///
    /// # Errors
    ///
    /// Why not.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.0.limited(self.0.store().check()).await
    }

    /// Returns whether the store could be used within the last second. It is for a `/readyz` that strangers can ask:
    /// the store is asked once a second at most, and the call continues if a stranger hangs up. Otherwise hanging up
    /// would close connections of the store, which deliveries need.
    ///
    /// # Errors
    ///
    /// Why not.
    ///
    /// # Panics
    ///
    /// Outside of a runtime of tokio.
    pub async fn ready(&self) -> Result<(), StoreError> {
        const LOOK_AGAIN: Duration = Duration::from_secs(1);

        // Whoever asks meanwhile waits for the same answer.
        let mut looked = Arc::clone(&self.0.looked).lock_owned().await;
        match &*looked {
            Some((when, found)) if when.elapsed() < LOOK_AGAIN => return found.clone(),
            _ => {}
        }
        let once = self.clone();
        let look = tokio::spawn(async move {
            let found = once.check().await;
            *looked = Some((Instant::now(), found.clone()));
            found
        });
        // A store of one's own may panic.
        look.await
            .unwrap_or_else(|_| Err(StoreError::Unavailable("store of claims panicked".to_owned())))
    }

    /// Returns how long a claimed delivery is remembered: see [`Builder::window`](crate::Builder::window). An event
    /// that is older, such as Databricks tells by a field of the body, may be a delivery that an attacker recorded
    /// and that the store has forgotten. `None`: deliveries of this sender are not remembered.
    #[must_use]
    pub fn window(&self, receipt: &Receipt) -> Option<Duration> {
        let window = self.0.settings.windows.of(receipt, self.0.lease());
        window.filter(|window| !window.is_zero())
    }

    /// Returns how long a handler may run.
    #[must_use]
    pub fn deadline(&self) -> Duration {
        self.0.settings.deadline
    }
}

impl Run {
    const fn code(&self) -> &'static str {
        match self {
            Self { claim: None, .. } => "run_unguarded",
            Self { attempt: 0, .. } => "run_without_store",
            Self { attempt: 1, .. } => "run",
            _ => "run_again",
        }
    }

    /// Returns how often the delivery was begun, including this time. More than 1: an earlier run may
    /// have done half of its work. 0: not known, because the guard is off or the store did not
    /// answer.
    #[must_use]
    pub const fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Runs a handler that was made for this run under its deadline, and settles the claim. For adapters:
    /// `ending` reads its result. The result is an error if the handler did not run to its end.
    pub fn guard<F: Future, E: FnOnce(&F::Output) -> Ending>(
        self,
        handling: F,
        ending: E,
    ) -> Guarded<F, E> {
        Guarded::new(self, handling, ending)
    }

    /// Settles the claim, before the answer is sent, because the next try of a sender may come at
    /// once. If the store fails, it is tried again in the background.
    pub async fn end(mut self, ending: Ending) {
        if let Some(claim) = self.intend(ending) {
            claim.settle().await;
        }
    }

    /// The same with a store that answers at once. `false`: it has to be waited for.
    pub(crate) fn end_at_once(&mut self, ending: Ending) -> bool {
        self.intend(ending).is_none_or(Claim::settle_at_once)
    }

    /// Settles a claim for which [`end_at_once`](Self::end_at_once) did not.
    pub(crate) async fn settle(mut self) {
        if let Some(claim) = &mut self.claim {
            claim.settle().await;
        }
    }

    /// Begins nothing where the deadline has passed while the store was asked: a handler would do a part of its work
    /// each time.
    fn in_time(self) -> Result<Self, Answer> {
        match self.asked.is_some_and(|asked| asked.elapsed() >= self.deadline) {
            true => {
                tracing::warn!(target: LOG_TARGET, sender = self.sender, "delivery not handled: its deadline passed while the store was asked");
                Err(self.overdue)
            }
            false => Ok(self),
        }
    }

    /// Until the deadline of the handler.
    fn timer(&self) -> Sleep {
        let end = self.asked.and_then(|asked| asked.checked_add(self.deadline));
        end.map_or_else(|| sleep(self.deadline), sleep_until)
    }

    /// Returns the claim that is to be settled while the sender waits.
    fn intend(&mut self, ending: Ending) -> Option<&mut Claim> {
        if ending == Ending::Overdue {
            tracing::warn!(target: LOG_TARGET, sender = self.sender, "handler dropped: its deadline passed");
            count(self.sender, "overdue");
        }
        let claim = self.claim.as_mut()?;
        claim.what.intended = ending.settlement();
        // Where the store could not be asked a moment ago, the sender does not wait for it again.
        (self.attempt > 0).then_some(claim)
    }
}

fn tell(receipt: &Receipt, entry: Result<Run, Answer>) -> Result<Run, Answer> {
    let outcome = match &entry {
        Ok(run) => run.code(),
        Err(answer) => answer.reason.code(),
    };
    count(receipt.sender(), outcome);
    entry
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}
