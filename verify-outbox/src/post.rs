use core::time::Duration;

use crate::Delivery;

/// Posts deliveries to a destination. Called from a thread of its own, and may block; a limit for the
/// time that it takes is its own affair.
pub trait Post: Send {
    /// Posts a delivery. The same one may come again: after [`Outcome::Later`], and where the process
    /// was killed before it wrote down that the delivery had arrived.
    fn post(&mut self, delivery: &Delivery) -> Outcome;
}

impl<F: FnMut(&Delivery) -> Outcome + Send> Post for F {
    fn post(&mut self, delivery: &Delivery) -> Outcome {
        self(delivery)
    }
}

impl Post for Box<dyn Post> {
    fn post(&mut self, delivery: &Delivery) -> Outcome {
        (**self).post(delivery)
    }
}

/// What the destination did with a delivery. The reasons are read by people, and logged: nothing of
/// the body, and no secret.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// It accepted it, and does not say whether it will do anything with it. It is not posted again.
    Accepted,
    /// It will never take it. It waits for a person.
    Dead {
        /// Why.
        reason: String,
    },
    /// It took it.
    Done,
    /// It did not take it now. Nothing else is posted to it meanwhile.
    Later {
        /// How long it wants to be left alone, if it said so.
        after: Option<Duration>,
        /// Why.
        reason: String,
    },
    /// It knew it, and did not take it a second time: it had arrived before.
    Repeated,
}

impl Outcome {
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Dead { .. } => "dead",
            Self::Done => "done",
            Self::Later { .. } => "later",
            Self::Repeated => "repeated",
        }
    }
}
