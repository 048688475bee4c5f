use alloc::borrow::Cow;

use serde::{Deserialize, Serialize, Serializer, de::DeserializeOwned};

use super::{ArtifactReference, ArtifactVersion};
use crate::{
    EventError, OwnedPayload,
    events::{FromJson, IntoOwned, Misfit, Object, Place, payload, text_enum},
};

/// A body in a type of your own, which may hold a token and is not for logs: Weights & Biases has no schema, and sends the JSON that was typed
/// into the automation. What serde derives for a struct takes a JSON list of its fields' values as
/// well.
///
/// ```
/// use verify_core::{Payload as _, wandb};
///
/// #[derive(serde::Deserialize)]
/// struct Deploy<'a> {
///     model: &'a str,
/// }
///
/// let body = br#"{"model": "${artifact_collection_name}"}"#;
/// let wandb::Payload(deploy) = wandb::Payload::<Deploy>::parse(body)?;
/// assert_eq!(deploy.model, "${artifact_collection_name}");
/// // The variable was not rendered.
/// assert_eq!(wandb::unrendered(body).collect::<Vec<_>>(), ["artifact_collection_name"]);
/// # Ok::<(), verify_core::EventError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Payload<T>(pub T);

impl<'b, T: Deserialize<'b>> crate::Payload<'b> for Payload<T> {
    /// # Errors
    ///
    /// The body is not JSON, or not of the type's shape. Which field it is, cannot be told without
    /// quoting the body.
    fn parse(body: &'b [u8]) -> Result<Self, EventError> {
        let text = core::str::from_utf8(body).map_err(EventError::utf8)?;
        serde_json::from_str(text).map(Self).map_err(EventError::json)
    }
}

impl<T: DeserializeOwned + 'static> OwnedPayload for Payload<T> {
    fn parse_owned(body: &[u8]) -> Result<Self, EventError> {
        <Self as crate::Payload<'_>>::parse(body)
    }
}

/// The documented template variables, for a body that has each under its own name:
/// `{"event_type": "${event_type}", ...}`.
///
/// All of them are optional, because the user decides which are in the template, and an object
/// without any of them is one too. So is what a variable is filled in with: metadata has numbers, lists
/// and objects. **A value that is no string is its JSON**, digit for digit, as it stands in the body
/// (`0.50`, `true`, `{"lr": 1e-06}`), and null is none. For a type, take a [`Payload`] of your own. A name
/// that occurs twice is an error. `artifact_metadata.<KEY>` and `ACCESS_TOKEN` have no field here: the first
/// has as many names as there are keys, and the second does not belong into a body.
/// Check with [`unrendered`](super::unrendered) that the sender
/// filled them in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Variables<'a> {
    /// The project.
    pub project_name: Option<Cow<'a, str>>,
    /// The entity: a team or a user.
    pub entity_name: Option<Cow<'a, str>>,
    /// What happened. **Dispatch on it only if the template is yours**: in the vendor's own example
    /// a field of this name is a constant that the user chose.
    pub event_type: Option<EventType<'a>>,
    /// The user who caused it.
    pub event_author: Option<Cow<'a, str>>,
    /// The alias.
    pub alias: Option<Cow<'a, str>>,
    /// The tag.
    pub tag: Option<Cow<'a, str>>,
    /// The name of the artifact's collection.
    pub artifact_collection_name: Option<Cow<'a, str>>,
    /// The artifact, as `wandb-artifact://_id/<base64>`.
    pub artifact_version: Option<Cow<'a, str>>,
    /// The artifact, as `<entity>/<project>/<name>:<alias>`.
    pub artifact_version_string: Option<Cow<'a, str>>,
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
        /// `LINK_ARTIFACT`; older: `LINK_MODEL`, which is read as the same.
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
    const EXPECTED: &'static str = Cow::<str>::EXPECTED;

    fn from_json(json: &'a str) -> Result<Self, Misfit> {
        match json.starts_with('"') {
            true => Cow::from_json(json).map(Self),
            false => Ok(Self(Cow::Borrowed(json))),
        }
    }
}

impl<'a> Variables<'a> {
    /// Reads the body of a delivery.
    ///
    /// # Errors
    ///
    /// The body is not a JSON object, or one of the variables is there twice, or is half of a surrogate
    /// pair, which no text can hold.
    pub fn parse(body: &'a [u8]) -> Result<Self, EventError> {
        let object = Object::from_body(&VARIABLES, body)?;
        let mut texts = [const { None }; VARIABLES.len()];
        for ((place, field), text) in VARIABLES.into_iter().enumerate().zip(&mut texts) {
            let value = object.field(place).optional::<TextOrJson>(Place { event: "", field })?;
            *text = value.map(|TextOrJson(text)| text);
        }
        let [
            project_name,
            entity_name,
            event_type,
            event_author,
            alias,
            tag,
            artifact_collection_name,
            artifact_version,
            artifact_version_string,
        ] = texts;
        let event_type = event_type.map(EventType::from);
        Ok(Self {
            project_name,
            entity_name,
            event_type,
            event_author,
            alias,
            tag,
            artifact_collection_name,
            artifact_version,
            artifact_version_string,
        })
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

    /// Copies what is borrowed from the body.
    #[must_use]
    pub fn into_owned(self) -> Variables<'static> {
        Variables {
            project_name: self.project_name.owned(),
            entity_name: self.entity_name.owned(),
            event_type: self.event_type.owned(),
            event_author: self.event_author.owned(),
            alias: self.alias.owned(),
            tag: self.tag.owned(),
            artifact_collection_name: self.artifact_collection_name.owned(),
            artifact_version: self.artifact_version.owned(),
            artifact_version_string: self.artifact_version_string.owned(),
        }
    }
}

payload!(Variables);

/// Gives the variables that are there.
impl Serialize for Variables<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let texts = [
            self.project_name.as_deref(),
            self.entity_name.as_deref(),
            self.event_type.as_ref().map(EventType::as_str),
            self.event_author.as_deref(),
            self.alias.as_deref(),
            self.tag.as_deref(),
            self.artifact_collection_name.as_deref(),
            self.artifact_version.as_deref(),
            self.artifact_version_string.as_deref(),
        ];
        let there = VARIABLES.into_iter().zip(texts).filter_map(|(name, text)| Some((name, text?)));
        serializer.collect_map(there)
    }
}

const VARIABLES: [&str; 9] = [
    "project_name",
    "entity_name",
    "event_type",
    "event_author",
    "alias",
    "tag",
    "artifact_collection_name",
    "artifact_version",
    "artifact_version_string",
];
