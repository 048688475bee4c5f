use std::collections::BTreeMap;

use super::{
    SENDER,
    variable::{NAMES, Piece, TOKEN, Variable, pieces},
};
use crate::samples;

/// What the variables are filled in with.
///
/// ```
/// use verify_toolkit::template::{OWN, Values, render};
///
/// let mut values = Values::of_event("ADD_ARTIFACT_ALIAS").ok_or("no such event")?;
/// values.set("alias", "champion");
/// assert!(render(OWN, &values).contains(r#""alias": "champion""#));
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Debug)]
pub struct Values(BTreeMap<String, String>);

impl Values {
    /// Makes sample values for an event. As documented, `alias` is blank unless an alias, and `tag` unless
    /// a tag of an artifact is what the event is about. There is none for an event that the samples do not
    /// have.
    #[must_use]
    pub fn of_event(event: &str) -> Option<Self> {
        let sample = samples::find(SENDER.name(), event)?;
        let sample: BTreeMap<String, serde_json::Value> = serde_json::from_str(sample.body).ok()?;
        let value = |name: &str| {
            let is_blank = (name == "alias" && !event.ends_with("_ARTIFACT_ALIAS"))
                || (name == "tag" && !event.ends_with("_TAG"));
            let value = sample.get(name).filter(|_| !is_blank).and_then(serde_json::Value::as_str);
            value.unwrap_or_default().to_owned()
        };
        Some(Self(NAMES.into_iter().map(|name| (name.to_owned(), value(name))).collect()))
    }

    /// Sets the value of a variable, such as `artifact_metadata.stage`.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.insert(name.into(), value.into());
    }

    /// The value of a variable. A key of the metadata has a sample value, and no secret has one. An unknown
    /// variable has none.
    fn get(&self, name: &str) -> Option<String> {
        let set = self.0.get(name).cloned();
        set.or_else(|| match Variable::of(name) {
            Variable::Metadata(key) => Some(format!("sample-{key}")),
            Variable::Secret(TOKEN) => Some("the-access-token".to_owned()),
            Variable::Secret(name) => Some(format!("the-secret-{name}")),
            Variable::Event(_) | Variable::MetadataNested(_) | Variable::Unknown(_) => None,
        })
    }
}

/// Fills a template in. Inside a JSON string, a value is escaped. A variable without a value stays as
/// it was typed. Everything else keeps its bytes.
#[must_use]
pub fn render(template: &str, values: &Values) -> String {
    let mut rendered = String::with_capacity(template.len());
    let mut is_quoted = false;
    for piece in pieces(template) {
        match piece {
            Piece::Text(text) => {
                is_quoted = is_inside(is_quoted, text);
                rendered.push_str(text);
            }
            Piece::Variable(name) => match values.get(name) {
                Some(value) if is_quoted => {
                    let json = serde_json::Value::from(value).to_string();
                    // Without its quotes.
                    rendered
                        .push_str(json.get(1..json.len().saturating_sub(1)).unwrap_or_default());
                }
                Some(value) => rendered.push_str(&value),
                None => rendered.extend(["${", name, "}"]),
            },
        }
    }
    rendered
}

/// Whether what follows a text is inside of a JSON string.
pub(super) fn is_inside(mut is_quoted: bool, text: &str) -> bool {
    let mut is_escaped = false;
    for byte in text.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = is_quoted,
            b'"' => is_quoted = !is_quoted,
            _ => {}
        }
    }
    is_quoted
}
