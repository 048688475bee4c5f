use crate::events::{Transition, UnixMillis};

/// The answers to what people ask of any event, as far as it says them.
#[derive(Clone, Copy, Default)]
pub(crate) struct Summary<'e> {
    pub(crate) model: Option<&'e str>,
    pub(crate) version: Option<&'e str>,
    pub(crate) alias: Option<&'e str>,
    pub(crate) actor: Option<&'e str>,
    pub(crate) time: Option<UnixMillis>,
    pub(crate) transition: Option<&'e Transition>,
    pub(crate) is_test: bool,
}

/// Gives a type that has a `summary` one method for each question, the same for all of them.
macro_rules! questions {
    ($event:ident) => {
        impl $event {
            /// Returns the name of what the event is about: a registered model, a prompt, or the
            /// collection of an artifact. Empty in the test event of a registry-wide webhook of
            /// Databricks.
            #[must_use]
            pub fn model(&self) -> Option<&str> {
                self.summary().model
            }

            /// Returns its version. For Weights & Biases this is the text after the colon of
            /// `artifact_version_string`: `v3`, or an alias.
            #[must_use]
            pub fn version(&self) -> Option<&str> {
                self.summary().version
            }

            /// Returns the alias that was set, moved or removed.
            #[must_use]
            pub fn alias(&self) -> Option<&str> {
                self.summary().alias
            }

            /// Returns who caused the event. Only Weights & Biases has a field for this, if the template
            /// has it. Databricks begins its `text` with an e-mail address; do not parse it.
            #[must_use]
            pub fn actor(&self) -> Option<&str> {
                self.summary().actor
            }

            /// Returns the time in the body. For Databricks: when the event happened. For MLflow: when it was
            /// sent. Weights & Biases has no time.
            #[must_use]
            pub fn time(&self) -> Option<$crate::UnixMillis> {
                self.summary().time
            }

            /// Returns the change of a stage, or the request for a change, whichever event reports it.
            /// Only Databricks has stages. The general and the specific event may both arrive for the same
            /// change.
            #[must_use]
            pub fn transition(&self) -> Option<&$crate::databricks::Transition> {
                self.summary().transition
            }

            /// Returns whether this looks like what the sender's "test" button sends.
            ///
            /// **A hint.** Test deliveries are signed like real deliveries. Databricks begins their `text` with
            /// fixed words (field), and MLflow names `example_model` or `example_prompt`. Somebody who
            /// can name a model may be able to write the same.
            #[must_use]
            pub fn is_test(&self) -> bool {
                self.summary().is_test
            }
        }
    };
}

pub(crate) use questions;
