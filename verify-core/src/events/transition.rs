use alloc::string::String;

use serde::ser::SerializeMap;

use crate::events::{EventError, Field, Place, text_enum};

text_enum! {
    /// A stage of a model version.
    Stage {
        /// `Archived`.
        Archived = "Archived",
        /// `None`.
        None = "None",
        /// `Production`.
        Production = "Production",
        /// `Staging`.
        Staging = "Staging",
    }
}

/// The content of all events about stages, each of which is a variant: a version moved to a stage, or
/// somebody asks for that.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Transition {
    /// The model version.
    pub version: Option<String>,
    /// The stage that it had; in a request, the stage that it has.
    pub from: Option<Stage>,
    /// The stage that it has now; in a request, the stage that it should have. If the body does not say
    /// it, this is the stage in the name of the event.
    pub to: Option<Stage>,
    /// Whether the move happened. If not, somebody asks for it.
    pub is_done: bool,
    /// Whether `to` comes from the event's name.
    is_to_of_name: bool,
}

impl Transition {
    /// One that happened, to the stage that the event's name tells.
    pub(crate) const fn done(to: Option<Stage>) -> Self {
        Self { version: None, from: None, is_to_of_name: to.is_some(), to, is_done: true }
    }

    /// One that is asked for, to the stage that the event's name tells.
    pub(crate) const fn asked(to: Option<Stage>) -> Self {
        Self { version: None, from: None, is_to_of_name: to.is_some(), to, is_done: false }
    }

    /// Adds what the fields say that are called so in [`NAMES`](Self::NAMES).
    pub(crate) fn read(
        self,
        [version, to, from]: [Field<'_>; 3],
        event: &'static str,
    ) -> Result<Self, EventError> {
        let [version_at, to_at, from_at] = Self::NAMES.map(|field| Place { event, field });
        // The one event that is documented has all of them: it happened, and its name tells no stage.
        if self.is_done && self.to.is_none() {
            return Ok(Self {
                version: version.required(version_at).map(Some)?,
                to: to.required(to_at).map(Some)?,
                from: from.required(from_at).map(Some)?,
                ..self
            });
        }
        let version = version.optional(version_at)?;
        let to = to.optional(to_at)?;
        let from = from.optional(from_at)?;
        let is_to_of_name = to.is_none() && self.is_to_of_name;
        Ok(Self { version, to: to.or(self.to), from, is_to_of_name, ..self })
    }

    /// Writes the fields that were read.
    pub(crate) fn write<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let [version, to, from] = Self::NAMES;
        if let Some(text) = &self.version {
            map.serialize_entry(version, text)?;
        }
        if let Some(stage) = self.to.as_ref().filter(|_| !self.is_to_of_name) {
            map.serialize_entry(to, stage)?;
        }
        if let Some(stage) = &self.from {
            map.serialize_entry(from, stage)?;
        }
        Ok(())
    }

    pub(crate) const NAMES: [&'static str; 3] = ["version", "to_stage", "from_stage"];
}
