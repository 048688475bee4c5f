use verify_axum::databricks::{Event, EventKind, Stage};

use super::{Message, link::link, tags};

pub(super) fn message<'e>(event: &'e Event<'_>, workspace: Option<&str>) -> Message<'e> {
    use EventKind as Kind;

    let model = match &*event.model_name {
        "" => "A model",
        name => name,
    };
    let mut message = Message::default();
    // The field of an event that no document promises may be missing.
    let subject = |version: Option<&str>| match version {
        Some(version) => format!("{model} version {version}"),
        None => model.to_owned(),
    };
    let (headline, version) = match &event.kind {
        Kind::CommentCreated { version, comment } => {
            message.quotes.push(comment);
            (format!("Comment on {}", subject(Some(version))), Some(&**version))
        }
        Kind::ModelVersionCreated { version, source_run_id } => {
            if let Some(run) = source_run_id.as_deref().filter(|run| !run.is_empty()) {
                message.facts.push(("Run", run.into()));
            }
            (format!("{} was created", subject(version.as_deref())), version.as_deref())
        }
        Kind::ModelVersionTagSet { version, tags: set } => {
            let set = set.iter().map(|tag| (&*tag.key, &*tag.value));
            message.facts.push(("Tags", tags(set).into()));
            (format!("{} was tagged", subject(Some(version))), Some(&**version))
        }
        Kind::ModelVersionTransitionedStage { version, to_stage, from_stage } => {
            let moved = moved(event.name(), Some(from_stage), Some(to_stage));
            (format!("{} moved {moved}", subject(Some(version))), Some(&**version))
        }
        Kind::ModelVersionTransitionedToArchived { version, to_stage, from_stage }
        | Kind::ModelVersionTransitionedToProduction { version, to_stage, from_stage }
        | Kind::ModelVersionTransitionedToStaging { version, to_stage, from_stage } => {
            let moved = moved(event.name(), from_stage.as_ref(), to_stage.as_ref());
            (format!("{} moved {moved}", subject(version.as_deref())), version.as_deref())
        }
        Kind::RegisteredModelCreated {} => (format!("{model} was registered"), None),
        Kind::TransitionRequestCreated { version, to_stage, from_stage }
        | Kind::TransitionRequestToArchivedCreated { version, to_stage, from_stage }
        | Kind::TransitionRequestToProductionCreated { version, to_stage, from_stage }
        | Kind::TransitionRequestToStagingCreated { version, to_stage, from_stage } => {
            let moved = moved(event.name(), from_stage.as_ref(), to_stage.as_ref());
            (format!("Request to move {} {moved}", subject(version.as_deref())), version.as_deref())
        }
        unknown => {
            (format!("{model}: {}, an event that this version does not know", unknown.name()), None)
        }
    };
    // Says who did it.
    message.quotes.push(&event.text);
    let name = ("/#mlflow/models/", &*event.model_name);
    message.link = match version {
        Some(version) => link(workspace, &[name, ("/versions/", version)]),
        None => link(workspace, &[name]),
    };
    message.headline = if event.is_test() { format!("Test: {headline}") } else { headline };
    message
}

/// `from Staging to Production`. Where the stage is missing, the event's name may say which it is.
fn moved(event: &str, from: Option<&Stage<'_>>, to: Option<&Stage<'_>>) -> String {
    let named = [("ARCHIVED", "Archived"), ("PRODUCTION", "Production"), ("STAGING", "Staging")];
    let of_name = || named.iter().find(|(word, _)| event.contains(word)).map(|(_, stage)| *stage);
    let to = to.map(Stage::as_str).or_else(of_name).unwrap_or("another stage");
    match from {
        Some(from) => format!("from {from} to {to}"),
        None => format!("to {to}"),
    }
}
