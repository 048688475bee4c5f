//! Where the typed payload and the bridges look for variables.
//!
//! The bridges' own reading is in the crate `bridge-common`; a test there holds this to it.

use super::{
    tree::Tree,
    variable::{NAMES, Piece, pieces},
};

/// Who reads a variable in a template.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Reader {
    /// The bridges, and the typed payload of the core.
    Payload,
    /// The bridges alone: in GitHub's `client_payload`, in texts of Slack and Teams.
    Bridges,
}

/// What stands in front of a variable in a text, or beside it in a list of facts: the words of the
/// vendor's templates, and the variables' own names.
const LABELS: [(&str, &str); 4] = [
    ("author", "event_author"),
    ("new version", "artifact_version_string"),
    ("registry event", "event_type"),
    ("version string", "artifact_version_string"),
];

/// Yields the documented variables of a template that the typed payload or a bridge reads, in the order of
/// the documentation. It is empty if the template is not a JSON object.
pub fn readers(template: &str) -> impl Iterator<Item = (&'static str, Reader)> {
    let tree = serde_json::from_str(template).unwrap_or(Tree::Other);
    NAMES.into_iter().filter_map(move |name| Some((name, reader_of(&tree, name)?)))
}

/// Who reads a variable.
pub(super) fn reader_of(tree: &Tree, name: &str) -> Option<Reader> {
    let is_it = |value: Option<&Tree>| value.is_some_and(|value| is_whole(value, name));
    if is_it(tree.field(name)) {
        return Some(Reader::Payload);
    }
    let inner = tree.field("client_payload");
    if let Some(inner @ Tree::Object(_)) = inner {
        return is_it(inner.field(name)).then_some(Reader::Bridges);
    }
    let (mut found, mut is_clear) = (false, true);
    for field in ["attachments", "blocks", "sections", "text"] {
        if let Some(value) = tree.field(field) {
            labelled("text", value, &mut |target, value| {
                if target == name && !value.is_empty() {
                    found = true;
                    is_clear &= pieces(value) == [Piece::Variable(name)];
                }
            });
        }
    }
    // Two that differ say nothing.
    (found && is_clear).then_some(Reader::Bridges)
}

/// Whether a value is the variable and nothing else.
fn is_whole(value: &Tree, name: &str) -> bool {
    matches!(value, Tree::Text(text) if pieces(text) == [Piece::Variable(name)])
}

/// The texts behind a label, with the variable that the label is for.
fn labelled(key: &str, value: &Tree, found: &mut impl FnMut(&'static str, &str)) {
    match value {
        Tree::Text(text) if key == "text" && !text.contains(['\n', '\r']) => {
            if let Some((label, value)) = text.split_once(": ") {
                behind(label, value, found);
            }
        }
        Tree::List(items) => items.iter().for_each(|item| labelled(key, item, found)),
        Tree::Object(fields) => {
            let label = value.field("name").or_else(|| value.field("title"));
            match (label, value.field("value")) {
                (Some(Tree::Text(label)), Some(Tree::Text(value))) => behind(label, value, found),
                (Some(Tree::Text(label)), Some(Tree::Other)) => behind(label, "a constant", found),
                _ => fields.iter().for_each(|(key, value)| labelled(key, value, found)),
            }
        }
        _ => {}
    }
}

fn behind(label: &str, value: &str, found: &mut impl FnMut(&'static str, &str)) {
    let words = label.split(|char: char| !char.is_alphanumeric());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    let label = words.join(" ").to_lowercase();
    let by_word = LABELS.iter().find(|(known, _)| *known == label).map(|(_, name)| *name);
    let by_name = || NAMES.into_iter().find(|name| name.replace('_', " ") == label);
    if let Some(target) = by_word.or_else(by_name) {
        found(target, value.trim());
    }
}
