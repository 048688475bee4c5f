use verify_axum::wandb::{EventType, Variables, unrendered};

use super::{Message, link::link};

/// Says what the documented variables say. The rest of the body is the user's own, may hold a token, and
/// is not shown.
pub(super) fn message<'e>(
    variables: &'e Variables<'_>,
    body: &'e [u8],
    workspace: Option<&str>,
) -> Message<'e> {
    let artifact = variables.artifact();
    let name = variables
        .artifact_version_string
        .as_deref()
        .or(variables.artifact_collection_name.as_deref())
        .or(variables.project_name.as_deref())
        .unwrap_or("Something");
    let alias = variables.alias.as_deref().unwrap_or("an alias");
    let tag = variables.tag.as_deref().unwrap_or("a tag");
    let headline = match &variables.event_type {
        Some(EventType::AddArtifactAlias) => format!("{name} got the alias {alias}"),
        Some(EventType::AddArtifactTag | EventType::AddCollectionTag) => {
            format!("{name} was tagged {tag}")
        }
        Some(EventType::CreateArtifact) => format!("{name} was created"),
        Some(EventType::LinkArtifact) => format!("{name} was linked"),
        Some(EventType::RemoveArtifactTag | EventType::RemoveCollectionTag) => {
            format!("{name} lost the tag {tag}")
        }
        Some(EventType::RunMetric | EventType::RunMetricChange | EventType::RunMetricZscore) => {
            format!("{name}: the metric of a run reached its threshold")
        }
        Some(EventType::RunState) => format!("{name}: a run changed its state"),
        Some(EventType::UnlinkArtifact) => format!("{name} was unlinked"),
        Some(EventType::UpdateArtifactAlias) => format!("{name} changed the alias {alias}"),
        // A word that whoever made the automation may have chosen.
        Some(other) => format!("{name}: {other}"),
        None => format!("{name}: an automation ran"),
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
        facts.extend(field.as_deref().map(|field| (label, field.into())));
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
