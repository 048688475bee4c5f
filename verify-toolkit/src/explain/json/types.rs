//! Values, as something writes them that keeps another type.

use std::rc::Rc;

use super::{Document, Place, choices::choices, numbers::Values};

/// Most values of a document of which any is guessed.
const MOST: usize = 64;

/// A value whose type is another one in some tables, classes and languages.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Kind {
    Null,
    EmptyText,
    /// A number, `true` or `false`.
    Bare,
    /// One of these in quotes.
    Quoted,
}

impl Kind {
    fn of(text: &str) -> Option<Self> {
        let is_bare = |text: &str| {
            text == "true"
                || text == "false"
                || serde_json::from_str::<serde_json::Number>(text).is_ok()
        };
        match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
            Some("") => Some(Self::EmptyText),
            Some(inner) => is_bare(inner).then_some(Self::Quoted),
            None if text == "null" => Some(Self::Null),
            None => is_bare(text).then_some(Self::Bare),
        }
    }

    /// Writes a value of this kind as the other type has it.
    fn write(self, text: &str) -> String {
        match self {
            Self::Null => "\"\"".to_owned(),
            Self::EmptyText => "null".to_owned(),
            Self::Bare => format!("\"{text}\""),
            Self::Quoted => text.trim_matches('"').to_owned(),
        }
    }
}

/// The ways in which values may have had another type: all those of one kind; and if they are few, each choice
/// of any.
pub(super) fn other(document: &Document<'_>) -> Vec<Values> {
    let kinds =
        document.values().filter_map(|place| Some((place, Kind::of(document.text_of(place))?)));
    let kinds: Vec<(Place, Kind)> = kinds.collect();
    let write = |is_other: &dyn Fn(Place, Kind) -> bool| -> Values {
        let written = kinds.iter().filter(|(place, kind)| is_other(*place, *kind));
        let written = written.map(|(place, kind)| (*place, kind.write(document.text_of(*place))));
        Rc::new(written.collect())
    };
    let all = [Kind::Bare, Kind::Quoted, Kind::Null, Kind::EmptyText];
    let mut found: Vec<_> = all.iter().map(|one| write(&|_, kind| kind == *one)).collect();
    if kinds.len() <= MOST {
        let places: Vec<_> = kinds.iter().map(|(place, _)| *place).collect();
        let chosen = choices(document, &places);
        found.extend(chosen.iter().map(|chosen| write(&|place, _| chosen.contains(&place))));
    }
    found.retain(|values| !values.is_empty());
    found
}
