//! `${...}` in a text.

/// The variables that have a value of the event, in the order of the documentation.
pub(super) const NAMES: [&str; 9] = [
    "project_name",
    "entity_name",
    "event_type",
    "event_author",
    "alias",
    "tag",
    "artifact_collection_name",
    "artifact_version",
    "artifact_version_string",
];
pub(super) const METADATA: &str = "artifact_metadata";
pub(super) const TOKEN: &str = "ACCESS_TOKEN";

/// What stands between the braces.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Variable<'t> {
    /// One of [`NAMES`].
    Event(&'static str),
    /// A key of the artifact's metadata, at the top level.
    Metadata(&'t str),
    /// A key inside a key, or none.
    MetadataNested(&'t str),
    /// The access token, or what has the form of a secret's name.
    Secret(&'t str),
    /// Nothing that is documented.
    Unknown(&'t str),
}

impl<'t> Variable<'t> {
    pub(super) fn of(name: &'t str) -> Self {
        if let Some(known) = NAMES.into_iter().find(|known| *known == name) {
            return Self::Event(known);
        }
        if let Some(rest) = name.strip_prefix(METADATA) {
            match rest.strip_prefix('.') {
                Some(key) if !key.is_empty() && !key.contains(['.', '[']) => {
                    return Self::Metadata(key);
                }
                Some(_) => return Self::MetadataNested(name),
                None if rest.is_empty() || rest.starts_with('[') => {
                    return Self::MetadataNested(name);
                }
                None => {}
            }
        }
        if is_secret_name(name) { Self::Secret(name) } else { Self::Unknown(name) }
    }
}

/// Upper case, as everybody names them.
pub(super) fn is_secret_name(name: &str) -> bool {
    name.starts_with(|char: char| char.is_ascii_uppercase())
        && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// A piece of a text: what stands there, or a variable by its name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Piece<'t> {
    Text(&'t str),
    Variable(&'t str),
}

/// Takes a text apart. What is not closed on the same line, or has a quote or a brace in it, is text.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut start, mut from) = (0, 0);
    while let Some(place) = text.get(from..).and_then(|rest| rest.find("${")) {
        let open = from.saturating_add(place);
        let inside = open.saturating_add(2);
        let rest = text.get(inside..).unwrap_or_default();
        let length = rest.find(|char: char| char.is_control() || "\"${}\\".contains(char));
        let name = length.and_then(|length| {
            let (name, behind) = rest.split_at_checked(length)?;
            (behind.starts_with('}') && !name.is_empty()).then_some(name)
        });
        let Some(name) = name else {
            from = inside;
            continue;
        };
        if let Some(text) = text.get(start..open).filter(|text| !text.is_empty()) {
            pieces.push(Piece::Text(text));
        }
        pieces.push(Piece::Variable(name));
        start = inside.saturating_add(name.len()).saturating_add(1);
        from = start;
    }
    if let Some(text) = text.get(start..).filter(|text| !text.is_empty()) {
        pieces.push(Piece::Text(text));
    }
    pieces
}

/// The names of the variables in a text.
pub(super) fn variables(text: &str) -> impl Iterator<Item = &str> {
    pieces(text).into_iter().filter_map(|piece| match piece {
        Piece::Variable(name) => Some(name),
        Piece::Text(_) => None,
    })
}

/// The known variable that somebody may have meant.
pub(super) fn meant(name: &str) -> Option<&'static str> {
    let words = |name: &str| {
        let plain = name.chars().filter(char::is_ascii_alphanumeric);
        plain.map(|char| char.to_ascii_lowercase()).collect::<String>()
    };
    let wanted = words(name);
    if wanted.is_empty() {
        return None;
    }
    let near = NAMES.iter().map(|known| (distance(&wanted, &words(known)), *known));
    let (distance, known) = near.min()?;
    // Two letters, and fewer in a short name.
    (distance <= usize::min(2, known.len() / 2)).then_some(known)
}

/// How many letters have to be changed, added or left out.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    // A name is as long as the template lets it be.
    for (line, from) in from.chars().take(64).enumerate() {
        let mut next = vec![line.saturating_add(1)];
        for (place, to) in to.iter().enumerate() {
            let at = |row: &[usize], place: usize| row.get(place).copied().unwrap_or(usize::MAX);
            let changed = at(&row, place).saturating_add(usize::from(from != *to));
            let added = at(&next, place).saturating_add(1);
            let left_out = at(&row, place.saturating_add(1)).saturating_add(1);
            next.push(changed.min(added).min(left_out));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Piece, Variable, meant, pieces};

    #[test]
    fn a_text_is_taken_apart_and_put_together() {
        for text in [
            "",
            "a",
            "${alias}",
            "a ${alias} b${tag}",
            "${",
            "${}",
            "${a",
            "$ {a}",
            "${a${tag}",
            "é${é}",
        ] {
            let joined: String = pieces(text)
                .into_iter()
                .map(|piece| match piece {
                    Piece::Text(text) => text.to_owned(),
                    Piece::Variable(name) => format!("${{{name}}}"),
                })
                .collect();
            assert_eq!(joined, text);
        }
        assert_eq!(pieces("a ${tag}"), [Piece::Text("a "), Piece::Variable("tag")]);
        assert_eq!(pieces("${a${tag}"), [Piece::Text("${a"), Piece::Variable("tag")]);
    }

    #[test]
    fn a_name_is_known_or_not() {
        for (name, expected) in [
            ("alias", Variable::Event("alias")),
            ("artifact_metadata.lr", Variable::Metadata("lr")),
            ("artifact_metadata.a.b", Variable::MetadataNested("artifact_metadata.a.b")),
            ("artifact_metadata[a]", Variable::MetadataNested("artifact_metadata[a]")),
            ("artifact_metadata", Variable::MetadataNested("artifact_metadata")),
            ("artifact_metadata.", Variable::MetadataNested("artifact_metadata.")),
            ("artifact_metadatas", Variable::Unknown("artifact_metadatas")),
            ("ACCESS_TOKEN", Variable::Secret("ACCESS_TOKEN")),
            ("API_KEY2", Variable::Secret("API_KEY2")),
            ("Alias", Variable::Unknown("Alias")),
            (" alias ", Variable::Unknown(" alias ")),
        ] {
            assert_eq!(Variable::of(name), expected);
        }
    }

    #[test]
    fn what_was_meant_is_named_where_it_is_near() {
        for (name, expected) in [
            ("Alias", Some("alias")),
            (" alias ", Some("alias")),
            ("artefact_version", Some("artifact_version")),
            ("artifact_version_strin", Some("artifact_version_string")),
            ("eventType", Some("event_type")),
            ("author", None),
            ("tags", Some("tag")),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(meant(name), expected, "{name}");
        }
    }
}
