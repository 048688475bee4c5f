use alloc::{collections::BTreeMap, string::String, vec::Vec};

use crate::{
    UnixMillis,
    events::{FromJson, Misfit, Object, event_kinds, text_enum},
};

type Tags = BTreeMap<String, String>;

event_kinds! {
    /// The fifteen events, and those to come: the schema also names an action `updated`, which no
    /// release sends. Versions are always strings.
    EventKind of Data among DATA, errors name "data." {
        /// `budget_policy.exceeded`.
        BudgetPolicyExceeded = "budget_policy.exceeded" {
            /// The policy.
            budget_policy_id: required String,
            /// The currency, such as `USD`.
            budget_unit: required String,
            /// The amount that was budgeted.
            budget_amount: required f64,
            /// The amount that is spent.
            current_spend: required f64,
            /// The unit of the budget's window.
            duration_unit: required DurationUnit,
            /// How many of those units the window has.
            duration_value: required u64,
            /// What the budget is for.
            target_scope: required TargetScope,
            /// The workspace.
            workspace: nullable String,
            /// Which of the targets; `Some(None)` for all. Absent before MLflow 3.15.
            target_value: either String,
            /// When the window began.
            window_start: required UnixMillis,
        }
        /// `model_version.created`.
        ModelVersionCreated = "model_version.created" {
            /// The registered model.
            name: required String,
            /// The version.
            version: required String,
            /// Where its files are.
            source: required String,
            /// The run that made it.
            run_id: nullable String,
            /// Its tags.
            tags: required Tags,
            /// Its description.
            description: nullable String,
        }
        /// `model_version_alias.created`. An alias that moves is created again.
        ModelVersionAliasCreated = "model_version_alias.created" {
            /// The registered model.
            name: required String,
            /// The alias.
            alias: required String,
            /// The version that it points to now.
            version: required String,
        }
        /// `model_version_alias.deleted`. It is also sent for an alias that did not exist.
        ModelVersionAliasDeleted = "model_version_alias.deleted" {
            /// The registered model.
            name: required String,
            /// The alias.
            alias: required String,
        }
        /// `model_version_tag.deleted`.
        ModelVersionTagDeleted = "model_version_tag.deleted" {
            /// The registered model.
            name: required String,
            /// The version.
            version: required String,
            /// The tag's name.
            key: required String,
        }
        /// `model_version_tag.set`.
        ModelVersionTagSet = "model_version_tag.set" {
            /// The registered model.
            name: required String,
            /// The version.
            version: required String,
            /// The tag's name.
            key: required String,
            /// The tag's value.
            value: required String,
        }
        /// `prompt.created`.
        PromptCreated = "prompt.created" {
            /// The prompt.
            name: required String,
            /// Its tags.
            tags: required Tags,
            /// Its description.
            description: nullable String,
        }
        /// `prompt_alias.created`. An alias that moves is created again.
        PromptAliasCreated = "prompt_alias.created" {
            /// The prompt.
            name: required String,
            /// The alias.
            alias: required String,
            /// The version that it points to now.
            version: required String,
        }
        /// `prompt_alias.deleted`. It is also sent for an alias that did not exist.
        PromptAliasDeleted = "prompt_alias.deleted" {
            /// The prompt.
            name: required String,
            /// The alias.
            alias: required String,
        }
        /// `prompt_tag.deleted`.
        PromptTagDeleted = "prompt_tag.deleted" {
            /// The prompt.
            name: required String,
            /// The tag's name.
            key: required String,
        }
        /// `prompt_tag.set`.
        PromptTagSet = "prompt_tag.set" {
            /// The prompt.
            name: required String,
            /// The tag's name.
            key: required String,
            /// The tag's value.
            value: required String,
        }
        /// `prompt_version.created`.
        PromptVersionCreated = "prompt_version.created" {
            /// The prompt.
            name: required String,
            /// The version.
            version: required String,
            /// The prompt's text.
            template: nullable String,
            /// Its tags.
            tags: required Tags,
            /// Its description.
            description: nullable String,
        }
        /// `prompt_version_tag.deleted`.
        PromptVersionTagDeleted = "prompt_version_tag.deleted" {
            /// The prompt.
            name: required String,
            /// The version.
            version: required String,
            /// The tag's name.
            key: required String,
        }
        /// `prompt_version_tag.set`.
        PromptVersionTagSet = "prompt_version_tag.set" {
            /// The prompt.
            name: required String,
            /// The version.
            version: required String,
            /// The tag's name.
            key: required String,
            /// The tag's value.
            value: required String,
        }
        /// `registered_model.created`.
        RegisteredModelCreated = "registered_model.created" {
            /// The registered model.
            name: required String,
            /// Its tags.
            tags: required Tags,
            /// Its description; empty where it has none.
            description: nullable String,
        }
    }
    unknown {
        /// What it is about.
        entity,
        /// What happened to it.
        action,
    }
}

text_enum! {
    /// The unit of a budget's window.
    DurationUnit {
        /// `DAYS`.
        Days = "DAYS",
        /// `HOURS`.
        Hours = "HOURS",
        /// `MINUTES`.
        Minutes = "MINUTES",
        /// `MONTHS`.
        Months = "MONTHS",
        /// `WEEKS`.
        Weeks = "WEEKS",
    }
}

text_enum! {
    /// What a budget is for.
    TargetScope {
        /// `ENDPOINT`.
        Endpoint = "ENDPOINT",
        /// `GLOBAL`.
        Global = "GLOBAL",
        /// `USER`.
        User = "USER",
        /// `WORKSPACE`.
        Workspace = "WORKSPACE",
    }
}

impl EventKind {
    /// Returns what the event is about: `model_version_alias`.
    #[must_use]
    pub fn entity(&self) -> &str {
        self.entity_and_action().0
    }

    /// Returns what happened to it: `created`.
    #[must_use]
    pub fn action(&self) -> &str {
        self.entity_and_action().1
    }

    fn entity_and_action(&self) -> (&str, &str) {
        match self {
            Self::Unknown { entity, action } => (entity, action),
            known => known.known_name().and_then(|name| name.split_once('.')).unwrap_or_default(),
        }
    }

    /// Returns the registered model or the prompt, its version, and the alias.
    pub(super) const fn subject(&self) -> [Option<&String>; 3] {
        match self {
            Self::ModelVersionAliasCreated { name, alias, version }
            | Self::PromptAliasCreated { name, alias, version } => {
                [Some(name), Some(version), Some(alias)]
            }
            Self::ModelVersionAliasDeleted { name, alias }
            | Self::PromptAliasDeleted { name, alias } => [Some(name), None, Some(alias)],
            Self::ModelVersionCreated { name, version, .. }
            | Self::ModelVersionTagDeleted { name, version, .. }
            | Self::ModelVersionTagSet { name, version, .. }
            | Self::PromptVersionCreated { name, version, .. }
            | Self::PromptVersionTagDeleted { name, version, .. }
            | Self::PromptVersionTagSet { name, version, .. } => [Some(name), Some(version), None],
            Self::PromptCreated { name, .. }
            | Self::PromptTagDeleted { name, .. }
            | Self::PromptTagSet { name, .. }
            | Self::RegisteredModelCreated { name, .. } => [Some(name), None, None],
            Self::BudgetPolicyExceeded { .. } | Self::Unknown { .. } => [None; 3],
        }
    }

    /// Returns the tags that were set.
    pub(super) fn tags(&self) -> Vec<(&str, &str)> {
        match self {
            Self::ModelVersionCreated { tags, .. }
            | Self::PromptCreated { tags, .. }
            | Self::PromptVersionCreated { tags, .. }
            | Self::RegisteredModelCreated { tags, .. } => {
                tags.iter().map(|(key, value)| (&**key, &**value)).collect()
            }
            Self::ModelVersionTagSet { key, value, .. }
            | Self::PromptTagSet { key, value, .. }
            | Self::PromptVersionTagSet { key, value, .. } => [(&**key, &**value)].into(),
            _ => Vec::new(),
        }
    }
}

/// The fields that `data` has in any of the events.
pub(super) type Data<'a> = Object<'a, 20>;

const DATA: [&str; 20] = [
    "name",
    "alias",
    "version",
    "source",
    "run_id",
    "template",
    "key",
    "value",
    "tags",
    "description",
    "budget_policy_id",
    "budget_unit",
    "budget_amount",
    "current_spend",
    "duration_unit",
    "duration_value",
    "target_scope",
    "workspace",
    "target_value",
    "window_start",
];

impl<'a> FromJson<'a> for Data<'a> {
    const EXPECTED: &'static str = "an object";

    fn from_json(json: &'a str) -> Result<Self, Misfit> {
        Self::from_value(&DATA, json)
    }
}
