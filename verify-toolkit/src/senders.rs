//! What the tools know of each sender beside what the core knows. Adding a sender touches its own folder
//! and the list below.

use verify_core::Sender;

use crate::Delivery;

/// The body of one event.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Sample {
    /// Who sends it.
    pub sender: Sender,
    /// The event's name. Databricks: the field `event`. MLflow: entity and action, as in
    /// `model_version.created`. Weights & Biases: the variable `event_type`.
    pub event: &'static str,
    /// The body, byte for byte.
    pub body: &'static str,
}

impl Sample {
    /// Makes a delivery of it, to be signed.
    #[must_use]
    pub fn delivery(&self) -> Delivery {
        Delivery::new(self.sender, self.body)
    }
}

/// What the tools know of a sender.
#[derive(Clone, Copy)]
pub(crate) struct Knowledge {
    /// By the event's name.
    pub(crate) samples: &'static [Sample],
    /// The event that people wait for most.
    pub(crate) usual: &'static str,
    /// Whether the fields of a body stand in the order of the samples. Of most senders it is no
    /// contract, or the user's.
    #[cfg_attr(not(feature = "explain"), expect(dead_code, reason = "only `explain` asks for it"))]
    pub(crate) is_field_order_known: bool,
}

impl Knowledge {
    const NONE: Self = Self { samples: &[], usual: "", is_field_order_known: false };

    /// Returns what is known of a sender. Of a sender of one's own, that is nothing.
    pub(crate) fn of(sender: &Sender) -> Self {
        let known = SENDERS.iter().find(|(known, _)| known.name() == sender.name());
        known.map_or(Self::NONE, |(_, knowledge)| *knowledge)
    }
}

/// Makes the samples of a sender from the names of its events.
macro_rules! samples {
    ($sender:ident in $folder:literal: $($event:literal)*) => {
        &[$(crate::senders::Sample {
            sender: verify_core::Sender::$sender,
            event: $event,
            body: include_str!(concat!($folder, "/samples/", $event, ".json")),
        },)*]
    };
}

/// Makes of one line a sender its module, and the constructor of its deliveries.
macro_rules! senders {
    ($($(#[$docs:meta])* $constant:ident = $module:ident;)*) => {
        $(mod $module;)*

        const SENDERS: &[(Sender, Knowledge)] = &[$((Sender::$constant, $module::KNOWLEDGE)),*];

        impl Delivery {
            $($(#[$docs])*
            #[must_use]
            pub fn $module(body: impl Into<Vec<u8>>) -> Self {
                Self::new(Sender::$constant, body)
            })*
        }
    };
}

senders! {
    /// Makes a delivery of a Databricks workspace model registry.
    DATABRICKS = databricks;
    /// Makes a delivery of MLflow.
    MLFLOW = mlflow;
    /// Makes a delivery of a sender of Standard Webhooks.
    STANDARD_WEBHOOKS = standard_webhooks;
    /// Makes a delivery of a Weights & Biases automation.
    WANDB = wandb;
}

const COUNT: usize = {
    let (mut count, mut place) = (0, 0);
    while place < SENDERS.len() {
        count += SENDERS[place].1.samples.len();
        place += 1;
    }
    count
};

/// The samples of all senders, in one list.
pub(crate) const SAMPLES: [Sample; COUNT] = {
    let mut all = [SENDERS[0].1.samples[0]; COUNT];
    let (mut count, mut sender) = (0, 0);
    while sender < SENDERS.len() {
        let samples = SENDERS[sender].1.samples;
        let mut place = 0;
        while place < samples.len() {
            all[count] = samples[place];
            (count, place) = (count + 1, place + 1);
        }
        sender += 1;
    }
    all
};

#[cfg(test)]
mod tests {
    use super::{SENDERS, Sender};

    #[test]
    fn the_list_is_that_of_the_core() {
        let senders: Vec<_> = SENDERS.iter().map(|(sender, _)| *sender).collect();
        assert_eq!(senders, Sender::ALL);
    }

    #[test]
    fn each_has_a_usual_event() {
        for sender in Sender::ALL {
            assert!(crate::samples::usual(sender.name()).is_some(), "{sender:?}");
        }
    }
}
