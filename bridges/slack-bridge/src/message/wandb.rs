use bridge_common::Automation;
use verify_axum::wandb::{EventType, Variables, unrendered};

use super::{Message, link::link};

/// Says what the documented variables say, wherever the template has them. The rest of the body is the
/// user's own, may hold a token, and is not shown.
pub(super) fn message<'e>(
    variables: &'e Variables,
    body: &'e [u8],
    workspace: Option<&str>,
) -> Message<'e> {
    let artifact = variables.artifact();
    // Of an event that is not about one, a variable is empty.
    let there = |variable: &'e Option<String>| variable.as_deref().filter(|it| !it.is_empty());
    let named = there(&variables.artifact_version_string)
        .or(there(&variables.artifact_collection_name))
        .or(there(&variables.project_name));
    let name = named.unwrap_or("An artifact");
    let run = named.unwrap_or("A project");
    let (alias, tag) = (there(&variables.alias), there(&variables.tag));
    let the_alias = alias.map_or("an alias".to_owned(), |alias| format!("the alias {alias}"));
    let the_tag = tag.map_or("a tag".to_owned(), |tag| format!("the tag {tag}"));
    let headline = match &variables.event_type {
        Some(EventType::AddArtifactAlias) => format!("{name} got {the_alias}"),
        Some(EventType::AddArtifactTag | EventType::AddCollectionTag) => {
            format!("{name} was tagged {}", tag.unwrap_or_default())
        }
        Some(EventType::CreateArtifact) => format!("{name} was created"),
        Some(EventType::LinkArtifact) => format!("{name} was linked"),
        Some(EventType::RemoveArtifactTag | EventType::RemoveCollectionTag) => {
            format!("{name} lost {the_tag}")
        }
        Some(EventType::RunMetric | EventType::RunMetricChange | EventType::RunMetricZscore) => {
            format!("{run}: the metric of a run reached its threshold")
        }
        Some(EventType::RunState) => format!("{run}: a run changed its state"),
        Some(EventType::UnlinkArtifact) => format!("{name} was unlinked"),
        Some(EventType::UpdateArtifactAlias) => format!("{name} changed {the_alias}"),
        // A word that whoever made the automation may have chosen.
        Some(other) => format!("{}: {other}", named.unwrap_or("An automation ran")),
        None => named
            .map_or("An automation ran".to_owned(), |name| format!("{name}: an automation ran")),
    };

    let mut facts = Vec::new();
    let fields = [
        ("By", &variables.event_author),
        ("Entity", &variables.entity_name),
        ("Project", &variables.project_name),
        ("Collection", &variables.artifact_collection_name),
        ("Version", &variables.artifact_version_string),
        ("Alias", &variables.alias),
        ("Tag", &variables.tag),
    ];
    for (label, field) in fields {
        facts.extend(there(field).map(|field| (label, field.into())));
    }
    if !Automation::says_what(variables) {
        let note = "The template of the automation has no variable for it. The log of slack-bridge has a \
                    template to paste.";
        facts.push(("About what?", note.into()));
    }
    let missing: Vec<_> = unrendered(body).take(5).collect();
    if !missing.is_empty() {
        facts.push(("Not filled in", missing.join(", ").into()));
    }

    let entity = artifact.map(|artifact| artifact.entity).or(variables.entity_name.as_deref());
    let project = artifact.map(|artifact| artifact.project).or(variables.project_name.as_deref());
    let link = match (entity, project) {
        (Some(entity), Some(project)) => link(workspace, &[("/", entity), ("/", project)]),
        _ => None,
    };
    Message { headline, facts, quotes: Vec::new(), link }
}
