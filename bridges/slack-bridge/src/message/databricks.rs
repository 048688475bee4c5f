use verify_axum::databricks::{Event, EventKind, Stage, Transition};

use super::{Message, link::link, tags};

pub(super) fn message<'e>(event: &'e Event, workspace: Option<&str>) -> Message<'e> {
    let model = match &*event.model_name {
        "" => "A model",
        name => name,
    };
    let version = event.version();
    let subject = match version {
        Some(version) => format!("{model} version {version}"),
        None => model.to_owned(),
    };
    let mut message = Message::default();
    let headline = match (&event.kind, event.transition()) {
        (_, Some(transition)) if transition.is_done => {
            format!("{subject} moved {}", moved(transition))
        }
        (_, Some(transition)) => format!("Request to move {subject} {}", moved(transition)),
        (EventKind::CommentCreated { comment, .. }, _) => {
            message.quotes.push(comment);
            format!("Comment on {subject}")
        }
        (EventKind::ModelVersionCreated { source_run_id, .. }, _) => {
            if let Some(run) = source_run_id.as_deref().filter(|run| !run.is_empty()) {
                message.facts.push(("Run", run.into()));
            }
            format!("{subject} was created")
        }
        (EventKind::ModelVersionTagSet { .. }, _) => {
            message.facts.push(("Tags", tags(event.tags()).into()));
            format!("{subject} was tagged")
        }
        (EventKind::RegisteredModelCreated { .. }, _) => format!("{model} was registered"),
        (other, _) => {
            format!("{model}: {}, an event that this version does not know", other.name())
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

/// `from Staging to Production`.
fn moved(Transition { from, to, .. }: &Transition) -> String {
    let to = to.as_ref().map_or("another stage", Stage::as_str);
    match from {
        Some(from) => format!("from {from} to {to}"),
        None => format!("to {to}"),
    }
}
