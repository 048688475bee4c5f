//! What is written is read back as it was, whatever the texts hold.
#![cfg(all(feature = "events", feature = "std"))]

use std::{borrow::Cow, collections::BTreeMap};

use proptest::{collection, option, prelude::*};
use verify_core::{
    databricks::{self, Stage, Tag},
    mlflow, wandb,
};

type Text = Cow<'static, str>;

fn text() -> BoxedStrategy<Text> {
    prop_oneof!["\\PC{0,12}", any::<String>(), Just("\u{1f600}\"\\\0\u{2028}".to_owned())]
        .prop_map(Cow::Owned)
        .boxed()
}

fn stage() -> BoxedStrategy<Stage<'static>> {
    prop_oneof![
        Just(Stage::Archived),
        Just(Stage::None),
        Just(Stage::Production),
        Just(Stage::Staging),
        text().prop_map(Stage::from),
    ]
    .boxed()
}

fn tags() -> BoxedStrategy<BTreeMap<Text, Text>> {
    collection::btree_map(text(), text(), 0..4).boxed()
}

fn databricks_kind() -> impl Strategy<Value = databricks::EventKind<'static>> {
    use databricks::EventKind as Kind;
    let tag = (text(), text()).prop_map(|(key, value)| Tag { key, value });
    let change = || (option::of(text()), option::of(stage()), option::of(stage()));
    /// One of the variants that have a change of stage.
    macro_rules! changes {
        ($($variant:ident),*) => {
            prop_oneof![$(change().prop_map(|(version, to_stage, from_stage)| {
                Kind::$variant { version, to_stage, from_stage }
            })),*]
        };
    }
    prop_oneof![
        (text(), text()).prop_map(|(version, comment)| Kind::CommentCreated { version, comment }),
        (option::of(text()), option::of(text())).prop_map(|(version, source_run_id)| {
            Kind::ModelVersionCreated { version, source_run_id }
        }),
        (text(), collection::vec(tag, 0..4))
            .prop_map(|(version, tags)| Kind::ModelVersionTagSet { version, tags }),
        (text(), stage(), stage()).prop_map(|(version, to_stage, from_stage)| {
            Kind::ModelVersionTransitionedStage { version, to_stage, from_stage }
        }),
        changes!(
            ModelVersionTransitionedToArchived,
            ModelVersionTransitionedToProduction,
            ModelVersionTransitionedToStaging,
            TransitionRequestCreated,
            TransitionRequestToArchivedCreated,
            TransitionRequestToProductionCreated,
            TransitionRequestToStagingCreated
        ),
        Just(Kind::RegisteredModelCreated {}),
        "[A-Z_]{0,9}X".prop_map(|event| Kind::Unknown { event: event.into() }),
    ]
}

fn mlflow_kind() -> impl Strategy<Value = mlflow::EventKind<'static>> {
    use mlflow::EventKind as Kind;
    let names = || (text(), text(), text(), text());
    prop_oneof![
        (names(), names(), (any::<u64>(), any::<u64>()), option::of(option::of(text()))).prop_map(
            |((id, unit, duration, scope), (workspace, ..), (value, start), target_value)| {
                Kind::BudgetPolicyExceeded {
                    budget_policy_id: id,
                    budget_unit: unit,
                    budget_amount: f64::from_bits(value >> 2),
                    current_spend: 2.5e-06,
                    duration_unit: duration.into(),
                    duration_value: value,
                    target_scope: scope.into(),
                    workspace: Some(workspace),
                    target_value,
                    window_start: start,
                }
            }
        ),
        (names(), option::of(text()), tags(), option::of(text())).prop_map(
            |((name, version, source, _), run_id, tags, description)| Kind::ModelVersionCreated {
                name,
                version,
                source,
                run_id,
                tags,
                description,
            }
        ),
        names().prop_map(|(name, alias, version, _)| Kind::ModelVersionAliasCreated {
            name,
            alias,
            version
        }),
        names().prop_map(|(name, alias, ..)| Kind::ModelVersionAliasDeleted { name, alias }),
        names().prop_map(|(name, version, key, _)| Kind::ModelVersionTagDeleted {
            name,
            version,
            key
        }),
        names().prop_map(|(name, version, key, value)| Kind::ModelVersionTagSet {
            name,
            version,
            key,
            value
        }),
        (text(), tags(), option::of(text()))
            .prop_map(|(name, tags, description)| Kind::PromptCreated { name, tags, description }),
        names().prop_map(|(name, alias, version, _)| Kind::PromptAliasCreated {
            name,
            alias,
            version
        }),
        names().prop_map(|(name, alias, ..)| Kind::PromptAliasDeleted { name, alias }),
        names().prop_map(|(name, key, ..)| Kind::PromptTagDeleted { name, key }),
        names().prop_map(|(name, key, value, _)| Kind::PromptTagSet { name, key, value }),
        (text(), text(), option::of(text()), tags(), option::of(text())).prop_map(
            |(name, version, template, tags, description)| Kind::PromptVersionCreated {
                name,
                version,
                template,
                tags,
                description,
            }
        ),
        names().prop_map(|(name, version, key, _)| Kind::PromptVersionTagDeleted {
            name,
            version,
            key
        }),
        names().prop_map(|(name, version, key, value)| Kind::PromptVersionTagSet {
            name,
            version,
            key,
            value
        }),
        (text(), tags(), option::of(text())).prop_map(|(name, tags, description)| {
            Kind::RegisteredModelCreated { name, tags, description }
        }),
        (text(), "[a-z]{0,9}x")
            .prop_map(|(entity, action)| Kind::Unknown { entity, action: action.into() }),
    ]
}

proptest! {
    #[test]
    fn databricks_events_are_read_back(
        kind in databricks_kind(),
        (webhook_id, model_name, text) in (text(), text(), text()),
        event_timestamp: u64,
    ) {
        let event = databricks::Event { webhook_id, event_timestamp, model_name, text, kind };
        let body = serde_json::to_vec(&event).unwrap();
        let read = databricks::Event::parse(&body).unwrap();
        prop_assert_eq!(&read, &event);
        prop_assert_eq!(read.into_owned(), event);
    }

    #[test]
    fn mlflow_events_are_read_back(
        kind in mlflow_kind(),
        (timestamp, workspace) in (text(), option::of(text())),
    ) {
        let event = mlflow::Event { timestamp: mlflow::Timestamp::new(timestamp), workspace, kind };
        let body = serde_json::to_vec(&event).unwrap();
        let read = mlflow::Event::parse(&body).unwrap();
        prop_assert_eq!(&read, &event);
        prop_assert_eq!(read.into_owned(), event);
    }

    #[test]
    fn wandb_variables_are_read_back(
        (project_name, alias, kind) in (option::of(text()), option::of(text()), option::of(text())),
        artifact_version_string in option::of(text()),
    ) {
        let event_type = kind.filter(|kind| kind != "LINK_MODEL").map(wandb::EventType::from);
        let variables = wandb::Variables {
            project_name, alias, event_type, artifact_version_string, ..Default::default()
        };
        let body = serde_json::to_vec(&variables).unwrap();
        let read = wandb::Variables::parse(&body).unwrap();
        prop_assert_eq!(&read, &variables);
        prop_assert_eq!(read.into_owned(), variables);
    }

    #[test]
    fn no_body_makes_a_reader_panic(body in collection::vec(any::<u8>(), 0..200)) {
        let _ = databricks::Event::parse(&body);
        let _ = mlflow::Event::parse(&body);
        let _ = wandb::Variables::parse(&body);
        let _ = databricks::job::event(&body);
        let _ = wandb::unrendered(&body).count();
    }
}
