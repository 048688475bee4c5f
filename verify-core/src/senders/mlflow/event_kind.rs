use alloc::{borrow::Cow, collections::BTreeMap};

use crate::events::{FromJson, IntoOwned, Misfit, Object, event_kinds, text_enum};

type Tags<'a> = BTreeMap<Cow<'a, str>, Cow<'a, str>>;

event_kinds! {
    /// The fifteen events, and those to come: the schema also names an action `updated`, which no
    /// release sends. Versions are always strings.
    EventKind of Data among DATA, errors name "data." {
        /// `budget_policy.exceeded`.
        BudgetPolicyExceeded = "budget_policy.exceeded" {
            /// The policy.
            budget_policy_id: required Cow<'a, str>,
            /// The currency, such as `USD`.
            budget_unit: required Cow<'a, str>,
            /// The amount that was budgeted.
            budget_amount: required f64,
            /// The amount that is spent.
            current_spend: required f64,
            /// The unit of the budget's window.
            duration_unit: required DurationUnit<'a>,
            /// How many of those units the window has.
            duration_value: required u64,
            /// What the budget is for.
            target_scope: required TargetScope<'a>,
            /// The workspace.
            workspace: nullable Cow<'a, str>,
            /// Which of the targets; `Some(None)` for all. Absent before MLflow 3.15.
            target_value: either Cow<'a, str>,
            /// When the window began, in **milliseconds** since 1970.
            window_start: required u64,
        }
        /// `model_version.created`.
        ModelVersionCreated = "model_version.created" {
            /// The registered model.
            name: required Cow<'a, str>,
            /// The version.
            version: required Cow<'a, str>,
            /// Where its files are.
            source: required Cow<'a, str>,
            /// The run that made it.
            run_id: nullable Cow<'a, str>,
            /// Its tags.
            tags: required Tags<'a>,
            /// Its description.
            description: nullable Cow<'a, str>,
        }
        /// `model_version_alias.created`. An alias that moves is created again.
        ModelVersionAliasCreated = "model_version_alias.created" {
            /// The registered model.
            name: required Cow<'a, str>,
            /// The alias.
            alias: required Cow<'a, str>,
            /// The version that it stands for now.
            version: required Cow<'a, str>,
        }
        /// `model_version_alias.deleted`. Sent also for an alias that there was not.
        ModelVersionAliasDeleted = "model_version_alias.deleted" {
            /// The registered model.
            name: required Cow<'a, str>,
            /// The alias.
            alias: required Cow<'a, str>,
        }
        /// `model_version_tag.deleted`.
        ModelVersionTagDeleted = "model_version_tag.deleted" {
            /// The registered model.
            name: required Cow<'a, str>,
            /// The version.
            version: required Cow<'a, str>,
            /// The tag's name.
            key: required Cow<'a, str>,
        }
        /// `model_version_tag.set`.
        ModelVersionTagSet = "model_version_tag.set" {
            /// The registered model.
            name: required Cow<'a, str>,
            /// The version.
            version: required Cow<'a, str>,
            /// The tag's name.
            key: required Cow<'a, str>,
            /// The tag's value.
            value: required Cow<'a, str>,
        }
        /// `prompt.created`.
        PromptCreated = "prompt.created" {
            /// The prompt.
            name: required Cow<'a, str>,
            /// Its tags.
            tags: required Tags<'a>,
            /// Its description.
            description: nullable Cow<'a, str>,
        }
        /// `prompt_alias.created`. An alias that moves is created again.
        PromptAliasCreated = "prompt_alias.created" {
            /// The prompt.
            name: required Cow<'a, str>,
            /// The alias.
            alias: required Cow<'a, str>,
            /// The version that it stands for now.
            version: required Cow<'a, str>,
        }
        /// `prompt_alias.deleted`. Sent also for an alias that there was not.
        PromptAliasDeleted = "prompt_alias.deleted" {
            /// The prompt.
            name: required Cow<'a, str>,
            /// The alias.
            alias: required Cow<'a, str>,
        }
        /// `prompt_tag.deleted`.
        PromptTagDeleted = "prompt_tag.deleted" {
            /// The prompt.
            name: required Cow<'a, str>,
            /// The tag's name.
            key: required Cow<'a, str>,
        }
        /// `prompt_tag.set`.
        PromptTagSet = "prompt_tag.set" {
            /// The prompt.
            name: required Cow<'a, str>,
            /// The tag's name.
            key: required Cow<'a, str>,
            /// The tag's value.
            value: required Cow<'a, str>,
        }
        /// `prompt_version.created`.
        PromptVersionCreated = "prompt_version.created" {
            /// The prompt.
            name: required Cow<'a, str>,
            /// The version.
            version: required Cow<'a, str>,
            /// The prompt's text.
            template: nullable Cow<'a, str>,
            /// Its tags.
            tags: required Tags<'a>,
            /// Its description.
            description: nullable Cow<'a, str>,
        }
        /// `prompt_version_tag.deleted`.
        PromptVersionTagDeleted = "prompt_version_tag.deleted" {
            /// The prompt.
            name: required Cow<'a, str>,
            /// The version.
            version: required Cow<'a, str>,
            /// The tag's name.
            key: required Cow<'a, str>,
        }
        /// `prompt_version_tag.set`.
        PromptVersionTagSet = "prompt_version_tag.set" {
            /// The prompt.
            name: required Cow<'a, str>,
            /// The version.
            version: required Cow<'a, str>,
            /// The tag's name.
            key: required Cow<'a, str>,
            /// The tag's value.
            value: required Cow<'a, str>,
        }
        /// `registered_model.created`.
        RegisteredModelCreated = "registered_model.created" {
            /// The registered model.
            name: required Cow<'a, str>,
            /// Its tags.
            tags: required Tags<'a>,
            /// Its description; empty where it has none.
            description: nullable Cow<'a, str>,
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

impl EventKind<'_> {
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
