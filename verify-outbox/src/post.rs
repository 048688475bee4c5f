use core::time::Duration;

use crate::Delivery;

/// Posts deliveries to a destination. It is called on a thread of its own, and may block. It must
/// limit its time itself.
pub trait Post: Send {
    /// Posts a delivery. The same delivery may come again: after [`Outcome::Later`], or if the
    /// process was killed before it recorded that the delivery had arrived.
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

/// What the destination did with a delivery. People read the reasons, and they are logged: put
/// nothing of the body and no secret into them.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// It accepted the delivery, and does not say whether it will do anything with it. The delivery
    /// is not posted again.
    Accepted,
    /// It will never take it. It waits for a person.
    Dead {
        /// Why.
        reason: String,
    },
    /// It took it.
    Done,
    /// It did not take the delivery now. Nothing else is posted to this destination meanwhile.
    Later {
        /// How long it wants to be left alone, if it said so.
        after: Option<Duration>,
        /// Why.
        reason: String,
    },
    /// It recognised the delivery, which had arrived before, and did not take it a second time.
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
