//! What each sender puts on the wire. Adding a sender touches its own folder and the list below.

#[cfg(feature = "events")]
mod any_event;

use crate::{Fact, Sender};

/// Makes of one line a sender its module, its constant, its variant of `AnyEvent`, and the list of all.
///
/// What its module has to have: `SENDER`, `FACTS`, and, with the feature `events`, a type of its events
/// with `parse`, `name`, `tags`, `summary`, `Serialize`, and the macros `payload!` and `questions!`.
macro_rules! senders {
    ($($(#[$docs:meta])* $constant:ident = $module:ident, $variant:ident($event:ident);)*) => {
        $(pub mod $module;)*

        impl Sender {
            $($(#[$docs])* pub const $constant: Self = $module::SENDER;)*

            /// Every sender that this crate knows, in alphabetical order.
            pub const ALL: &'static [Self] = &[$($module::SENDER),*];
        }

        const FACTS: &[&[Fact]] = &[$($module::FACTS),*];
        const EXAMPLES: &[&str] = &[$($module::EXAMPLE),*];
        #[cfg(feature = "events")]
        const EVENT_NAMES: &[&[&str]] = &[$($module::EVENT_NAMES),*];
        #[cfg(feature = "events")]
        const MOVEMENT_NAMES: &[&[&str]] = &[$($module::MOVEMENT_NAMES),*];

        #[cfg(feature = "events")]
        any_event::any_event! { $($(#[$docs])* $variant = $module::$event;)* }
    };
}

senders! {
    /// Databricks workspace model registry.
    DATABRICKS = databricks, Databricks(Event);
    /// MLflow 3.3 and later, the open-source tracking server.
    MLFLOW = mlflow, Mlflow(Event);
    /// Standard Webhooks with symmetric signatures, from any sender.
    STANDARD_WEBHOOKS = standard_webhooks, StandardWebhooks(Event);
    /// Weights & Biases automations.
    WANDB = wandb, Wandb(Variables);
}

impl Sender {
    /// Returns the facts about the sender's deliveries, and how certain they are. Empty for a sender
    /// of your own.
    ///
    /// ```
    /// use verify_core::{Certainty, Sender};
    ///
    /// let fact = Sender::MLFLOW.facts().first().ok_or("none")?;
    /// assert_eq!(fact.certainty, [Certainty::Measured]);
    /// # Ok::<(), &str>(())
    /// ```
    #[must_use]
    pub fn facts(&self) -> &'static [Fact] {
        self.known(FACTS).copied().unwrap_or_default()
    }

    /// Returns a body as the sender sends it. For a sender of your own: an empty object.
    #[must_use]
    pub fn example(&self) -> &'static str {
        self.known(EXAMPLES).copied().unwrap_or("{}")
    }

    /// Returns the known event names of the sender. Empty for a sender of your own, and for a sender
    /// whose users name the events.
    #[cfg(feature = "events")]
    #[must_use]
    pub fn event_names(&self) -> &'static [&'static str] {
        self.known(EVENT_NAMES).copied().unwrap_or_default()
    }

    /// Returns the names of the events that report a movement of a version: to a stage, an alias or a
    /// collection. The first comes for most movements, and pipelines wait for it.
    ///
    /// ```
    /// use verify_core::Sender;
    ///
    /// assert_eq!(Sender::MLFLOW.movement_names(), ["model_version_alias.created", "prompt_alias.created"]);
    /// ```
    #[cfg(feature = "events")]
    #[must_use]
    pub fn movement_names(&self) -> &'static [&'static str] {
        self.known(MOVEMENT_NAMES).copied().unwrap_or_default()
    }

    /// Finds the sender of this [name](Self::name) among those that this crate knows.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::ALL.iter().find(|sender| sender.name() == name)
    }

    fn known<T>(&self, of_all: &'static [T]) -> Option<&'static T> {
        let mut known = Self::ALL.iter().zip(of_all);
        known.find(|(known, _)| known.name() == self.name()).map(|(_, value)| value)
    }
}
