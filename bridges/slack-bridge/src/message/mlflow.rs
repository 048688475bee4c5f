use verify_axum::mlflow::{Event, EventKind};

use super::{Message, link::link, tags};

pub(super) fn message<'e>(event: &'e Event, workspace: Option<&str>) -> Message<'e> {
    use EventKind as Kind;

    let mut message = Message::default();
    let model = |name: &str| link(workspace, &[("/#/models/", name)]);
    let version_of = |name: &str, version: &str| {
        link(workspace, &[("/#/models/", name), ("/versions/", version)])
    };
    let prompt = |name: &str| link(workspace, &[("/#/prompts/", name)]);
    (message.headline, message.link) = match &event.kind {
        Kind::BudgetPolicyExceeded {
            budget_policy_id,
            budget_unit,
            budget_amount,
            current_spend,
            duration_unit,
            duration_value,
            target_scope,
            target_value,
            ..
        } => {
            message.facts.push(("Policy", (&**budget_policy_id).into()));
            message.facts.push(("For", target_scope.as_str().into()));
            if let Some(Some(target)) = target_value {
                message.facts.push(("Which", (&**target).into()));
            }
            message.facts.push(("In", format!("{duration_value} {duration_unit}").into()));
            let spent = format!("{current_spend} of {budget_amount} {budget_unit} are spent");
            (format!("Budget exceeded: {spent}"), None)
        }
        Kind::ModelVersionCreated { name, version, run_id, description, .. } => {
            if let Some(run) = run_id {
                message.facts.push(("Run", (&**run).into()));
            }
            about(&mut message, event, description.as_deref());
            (format!("{name} version {version} was created"), version_of(name, version))
        }
        Kind::ModelVersionAliasCreated { name, alias, version, .. } => {
            (format!("{name}: {alias} is now version {version}"), version_of(name, version))
        }
        Kind::ModelVersionAliasDeleted { name, alias, .. } => {
            (format!("{name}: alias {alias} was deleted"), model(name))
        }
        Kind::ModelVersionTagDeleted { name, version, key, .. } => {
            (format!("{name} version {version}: tag {key} was deleted"), version_of(name, version))
        }
        Kind::ModelVersionTagSet { name, version, key, value, .. } => {
            message.facts.push(("Tag", tags([(&**key, &**value)]).into()));
            (format!("{name} version {version} was tagged"), version_of(name, version))
        }
        Kind::PromptCreated { name, description, .. } => {
            about(&mut message, event, description.as_deref());
            (format!("Prompt {name} was created"), prompt(name))
        }
        Kind::PromptAliasCreated { name, alias, version, .. } => {
            (format!("Prompt {name}: {alias} is now version {version}"), prompt(name))
        }
        Kind::PromptAliasDeleted { name, alias, .. } => {
            (format!("Prompt {name}: alias {alias} was deleted"), prompt(name))
        }
        Kind::PromptTagDeleted { name, key, .. } => {
            (format!("Prompt {name}: tag {key} was deleted"), prompt(name))
        }
        Kind::PromptTagSet { name, key, value, .. } => {
            message.facts.push(("Tag", tags([(&**key, &**value)]).into()));
            (format!("Prompt {name} was tagged"), prompt(name))
        }
        Kind::PromptVersionCreated { name, version, template, description, .. } => {
            about(&mut message, event, description.as_deref());
            message.quotes.extend(template.as_deref());
            (format!("Prompt {name} version {version} was created"), prompt(name))
        }
        Kind::PromptVersionTagDeleted { name, version, key, .. } => {
            (format!("Prompt {name} version {version}: tag {key} was deleted"), prompt(name))
        }
        Kind::PromptVersionTagSet { name, version, key, value, .. } => {
            message.facts.push(("Tag", tags([(&**key, &**value)]).into()));
            (format!("Prompt {name} version {version} was tagged"), prompt(name))
        }
        Kind::RegisteredModelCreated { name, description, .. } => {
            about(&mut message, event, description.as_deref());
            (format!("{name} was registered"), model(name))
        }
        _ => (format!("{}, an event that this version does not know", event.name()), None),
    };
    message
}

fn about<'e>(message: &mut Message<'e>, event: &Event, description: Option<&'e str>) {
    let with = event.tags();
    if !with.is_empty() {
        message.facts.push(("Tags", tags(with).into()));
    }
    message.quotes.extend(description);
}
