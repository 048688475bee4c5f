use alloc::{borrow::Cow, string::String, vec::Vec};

use serde::{Serialize, Serializer};

use super::{ArtifactReference, ArtifactVersion};
use crate::{
    EventError,
    events::{FromJson, Misfit, Object, Place, Summary, payload, questions, text_enum},
};

/// Defines the variables from one list: the struct, and the way from and to JSON.
macro_rules! variables {
    ($(#[$attributes:meta])* $name:ident { $($(#[$docs:meta])* $field:ident: $ty:ty,)* }) => {
        $(#[$attributes])*
        #[derive(Clone, Debug, Default, PartialEq)]
        #[non_exhaustive]
        pub struct $name {
            $($(#[$docs])* pub $field: Option<$ty>,)*
        }

        impl $name {
            const NAMES: &[&str; 9] = &[$(stringify!($field)),*];

            /// Reads the body of a delivery.
            ///
            /// # Errors
            ///
            /// The body is not a JSON object, or a variable occurs twice, or is half of a surrogate
            /// pair, which no text can hold.
            pub fn parse(body: &[u8]) -> Result<Self, EventError> {
                let object = Object::from_body(Self::NAMES, body)?;
                let mut places = 0..;
                let mut next = |field| {
                    let found = object.field(places.next().unwrap_or_default());
                    let text = found.optional::<TextOrJson<'_>>(Place { event: "", field })?;
                    Ok(text.map(|TextOrJson(text)| text))
                };
                Ok(Self {
                    $($field: next(stringify!($field))?.map(|text| <$ty>::from(&*text)),)*
                })
            }

            /// Returns these variables, and from `others` those that are missing here.
            #[must_use]
            pub fn or(self, others: Self) -> Self {
                Self { $($field: self.$field.or(others.$field),)* }
            }

            /// Returns the present variables, and their names.
            fn there(&self) -> impl Iterator<Item = (&'static str, &str)> {
                let all = [$((stringify!($field), self.$field.as_ref().map(<$ty>::as_str))),*];
                all.into_iter().filter_map(|(name, text)| Some((name, text?)))
            }
        }
    };
}

variables! {
    /// The documented template variables, for a body that has each under its own name:
    /// `{"event_type": "${event_type}", ...}`.
    ///
    /// All of them are optional, because the user decides which are in the template. An object without any of
    /// them can be read too. A variable may be filled in with any JSON: metadata has numbers, lists and objects.
    /// **A value that is not a string becomes its JSON**, digit for digit, as it is in the body (`0.50`, `true`,
    /// `{"lr": 1e-06}`), and null counts as missing. For other names and types, read the body into [a type of
    /// your own](crate::Payload). A name that occurs twice is an error. `artifact_metadata.<KEY>` and
    /// `ACCESS_TOKEN` have no field here: the first has as many names as there are keys, and the second does not
    /// belong into a body. Check with [`unrendered`](super::unrendered) that the sender filled them in.
    Variables {
        /// The project.
        project_name: String,
        /// The entity: a team or a user.
        entity_name: String,
        /// What happened. **Rely on it only if you wrote the template**: in the vendor's own example a
        /// field of this name is a constant that the user chose.
        event_type: EventType,
        /// The user who caused it.
        event_author: String,
        /// The alias.
        alias: String,
        /// The tag.
        tag: String,
        /// The name of the artifact's collection.
        artifact_collection_name: String,
        /// The artifact, as `wandb-artifact://_id/<base64>`.
        artifact_version: String,
        /// The artifact, as `<entity>/<project>/<name>:<alias>`.
        artifact_version_string: String,
    }
}

text_enum! {
    /// What an automation reacted to. The vendor's list is open.
    EventType {
        /// `ADD_ARTIFACT_ALIAS`.
        AddArtifactAlias = "ADD_ARTIFACT_ALIAS",
        /// `ADD_ARTIFACT_TAG`.
        AddArtifactTag = "ADD_ARTIFACT_TAG",
        /// `ADD_COLLECTION_TAG`.
        AddCollectionTag = "ADD_COLLECTION_TAG",
        /// `CREATE_ARTIFACT`.
        CreateArtifact = "CREATE_ARTIFACT",
        /// `LINK_ARTIFACT`, also read from the older `LINK_MODEL`.
        LinkArtifact = "LINK_ARTIFACT" | "LINK_MODEL",
        /// `REMOVE_ARTIFACT_TAG`.
        RemoveArtifactTag = "REMOVE_ARTIFACT_TAG",
        /// `REMOVE_COLLECTION_TAG`.
        RemoveCollectionTag = "REMOVE_COLLECTION_TAG",
        /// `RUN_METRIC`.
        RunMetric = "RUN_METRIC",
        /// `RUN_METRIC_CHANGE`.
        RunMetricChange = "RUN_METRIC_CHANGE",
        /// `RUN_METRIC_ZSCORE`.
        RunMetricZscore = "RUN_METRIC_ZSCORE",
        /// `RUN_STATE`.
        RunState = "RUN_STATE",
        /// `UNLINK_ARTIFACT`.
        UnlinkArtifact = "UNLINK_ARTIFACT",
        /// `UPDATE_ARTIFACT_ALIAS`.
        UpdateArtifactAlias = "UPDATE_ARTIFACT_ALIAS",
    }
}

/// A string, or the JSON of what is none.
struct TextOrJson<'a>(Cow<'a, str>);

impl<'a> FromJson<'a> for TextOrJson<'a> {
    const EXPECTED: &'static str = String::EXPECTED;

    fn from_json(json: &'a str) -> Result<Self, Misfit> {
        match json.starts_with('"') {
            true => Cow::from_json(json).map(Self),
            false => Ok(Self(Cow::Borrowed(json))),
        }
    }
}

impl Variables {
    /// Returns the name of the event, if the template has the variable `event_type`.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.event_type.as_ref().map(EventType::as_str)
    }

    /// Returns the tag that was added or removed. It has no value.
    #[must_use]
    pub fn tags(&self) -> Vec<(&str, &str)> {
        filled(&self.tag).map(|tag| (tag, "")).into_iter().collect()
    }

    /// Returns the parts of `artifact_version`, if it has the documented form.
    #[must_use]
    pub fn artifact_reference(&self) -> Option<ArtifactReference<'_>> {
        ArtifactReference::parse(self.artifact_version.as_deref()?)
    }

    /// Returns the parts of `artifact_version_string`, if it has the documented form.
    #[must_use]
    pub fn artifact(&self) -> Option<ArtifactVersion<'_>> {
        ArtifactVersion::parse(self.artifact_version_string.as_deref()?)
    }

    pub(crate) fn summary(&self) -> Summary<'_> {
        let artifact = self.artifact();
        Summary {
            model: filled(&self.artifact_collection_name).or(artifact.map(|artifact| artifact.name)),
            version: artifact.map(|artifact| artifact.alias),
            alias: filled(&self.alias),
            actor: filled(&self.event_author),
            ..Summary::default()
        }
    }
}

/// The text, unless it is empty: a variable is, where the event is not about one.
fn filled(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.is_empty())
}

payload!(Variables);
questions!(Variables);

/// Gives the variables that are there.
impl Serialize for Variables {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.there())
    }
}
