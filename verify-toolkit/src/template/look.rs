//! Everything that can be said of a template.

use super::{
    finding::{Finding, Kind},
    reader::reader_of,
    tree::Tree,
    values::is_inside,
    variable::{NAMES, Piece, TOKEN, Variable, is_secret_name, meant, pieces, variables},
};

/// Says what is wrong with a template, and which parts the typed payload and the bridges do not read. If
/// there is no finding, they read everything.
///
/// ```
/// use verify_toolkit::template::{Kind, OWN, check};
///
/// assert!(check(OWN.as_bytes()).is_empty());
/// let findings = check(br#"{"alias": "${aliass}"}"#);
/// assert_eq!(findings[0].kind, Kind::Unknown);
/// assert!(findings[0].text.contains("`${alias}`"));
/// ```
#[must_use]
pub fn check(template: &[u8]) -> Vec<Finding> {
    let Ok(text) = core::str::from_utf8(template) else {
        return vec![not_json("it is not UTF-8")];
    };
    let mut findings = Vec::new();
    let tree = match serde_json::from_str::<Tree>(text) {
        Ok(tree) => tree,
        Err(error) => match quoted(text) {
            // Only the quotes are missing.
            Some((tree, first)) => {
                findings.push(unquoted(first));
                tree
            }
            None => {
                let why = match text.trim_start_matches('\u{feff}').trim() {
                    "" => "it is empty".to_owned(),
                    _ if text.starts_with('\u{feff}') => {
                        "it begins with a byte order mark, which some editors put there".to_owned()
                    }
                    _ => format!("line {}, column {}", error.line(), error.column()),
                };
                findings.push(not_json(&why));
                variables(text).for_each(|name| findings.extend(of_variable("", name)));
                return findings;
            }
        },
    };
    twice(&tree, "", &mut findings);
    tree.each_text(&mut |place, text| {
        variables(text).for_each(|name| findings.extend(of_variable(place, name)));
        findings.extend(other_syntax(place, text));
    });
    if let Tree::Object(fields) = &tree {
        reading(&tree, fields, &mut findings);
    } else {
        let text = "it is no JSON object: the typed payload and the bridges read nothing else";
        findings.push(Finding::new(Kind::NotObject, "", text));
    }
    findings
}

fn not_json(why: &str) -> Finding {
    Finding::new(Kind::NotJson, "", format!("not JSON: {why}"))
}

/// The tree of a template in which variables stand outside of quotes, if nothing else is wrong, and the
/// first of them.
fn quoted(text: &str) -> Option<(Tree, &str)> {
    let (mut with_quotes, mut is_quoted, mut first) = (String::new(), false, None);
    for piece in pieces(text) {
        match piece {
            Piece::Text(text) => {
                is_quoted = is_inside(is_quoted, text);
                with_quotes.push_str(text);
            }
            Piece::Variable(name) if is_quoted => with_quotes.extend(["${", name, "}"]),
            Piece::Variable(name) => {
                first = first.or(Some(name));
                with_quotes.extend(["\"${", name, "}\""]);
            }
        }
    }
    serde_json::from_str(&with_quotes).ok().zip(first)
}

fn unquoted(name: &str) -> Finding {
    let text = format!(
        "`${{{name}}}` stands outside of quotes: what is sent is JSON only if its value is; write \
         `\"${{{name}}}\"`"
    );
    Finding::new(Kind::Unquoted, "", text)
}

/// What is wrong with a variable, wherever it stands.
fn of_variable(place: &str, name: &str) -> Option<Finding> {
    let (kind, text) = match Variable::of(name) {
        Variable::Event(_) | Variable::Metadata(_) => return None,
        Variable::MetadataNested(name) => (
            Kind::MetadataNested,
            format!(
                "`${{{name}}}` is not filled in: only keys at the top level of the metadata are there, \
                 as in `${{artifact_metadata.KEY}}`"
            ),
        ),
        Variable::Secret(TOKEN) => (
            Kind::Secret,
            "`${ACCESS_TOKEN}` sends the token in the body, where it is logged and kept: it is sent in \
             `Authorization` anyway"
                .to_owned(),
        ),
        Variable::Secret(name) => (
            Kind::Secret,
            format!(
                "`${{{name}}}` has the form of a secret's name: its value would be sent in the body, where \
                 it is logged and kept; sign with it instead, as the webhook's secret"
            ),
        ),
        Variable::Unknown(name) => {
            let advice = meant(name).map_or_else(
                || format!("the variables are {}", NAMES.map(|name| format!("`{name}`")).join(", ")),
                |known| format!("was `${{{known}}}` meant?"),
            );
            let text = format!("there is no variable `${{{name}}}`, and it may arrive as it is: {advice}");
            (Kind::Unknown, text)
        }
    };
    Some(Finding::new(kind, place, text))
}

/// `{{alias}}`, `$alias` and `$API_KEY`: the first two are sent as they are, and the third is a secret.
fn other_syntax(place: &str, text: &str) -> Option<Finding> {
    for piece in pieces(text) {
        let Piece::Text(text) = piece else { continue };
        let is_name = |char: char| char.is_ascii_alphanumeric() || char == '_';
        let word =
            |text: &str| text.split(|char: char| !is_name(char)).next().unwrap_or("").to_owned();
        for (at, sign) in text.match_indices('$') {
            let name = word(text.get(at.saturating_add(sign.len())..).unwrap_or_default());
            if NAMES.contains(&name.as_str()) {
                let text = format!("`${name}` is no variable: write `${{{name}}}`");
                return Some(Finding::new(Kind::OtherSyntax, place, text));
            }
            if name.contains('_') && is_secret_name(&name) {
                return of_variable(place, &name).map(|finding| Finding {
                    text: finding.text.replace(&format!("${{{name}}}"), &format!("${name}")),
                    ..finding
                });
            }
        }
        for (at, braces) in text.match_indices("{{") {
            let inside =
                text.get(at.saturating_add(braces.len())..).unwrap_or_default().trim_start();
            let name = word(inside);
            if NAMES.contains(&name.as_str()) {
                let text = format!("`{{{{{name}}}}}` is no variable: write `${{{name}}}`");
                return Some(Finding::new(Kind::OtherSyntax, place, text));
            }
        }
    }
    None
}

/// Names that occur twice in an object.
fn twice(tree: &Tree, place: &str, findings: &mut Vec<Finding>) {
    let below = |name: &str| {
        if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") }
    };
    match tree {
        Tree::Object(fields) => {
            for (at, (name, value)) in fields.iter().enumerate() {
                if fields.iter().take(at).any(|(other, _)| other == name) {
                    let text = "the field occurs twice: nobody knows which of them is meant";
                    findings.push(Finding::new(Kind::FieldTwice, below(name), text));
                }
                twice(value, &below(name), findings);
            }
        }
        Tree::List(items) => {
            for (at, item) in items.iter().enumerate() {
                twice(item, &below(&at.to_string()), findings);
            }
        }
        Tree::Null | Tree::Other | Tree::Text(_) => {}
    }
}

/// What the typed payload and the bridges make of it.
fn reading(tree: &Tree, fields: &[(String, Tree)], findings: &mut Vec<Finding>) {
    for (name, value) in fields {
        let is_constant = match value {
            Tree::Text(text) => pieces(text) != [Piece::Variable(name)],
            _ => true,
        };
        if NAMES.contains(&name.as_str()) && is_constant {
            let inside = if tree.field("client_payload").is_some() {
                format!("add `\"{name}\": \"${{{name}}}\"` to `client_payload`")
            } else {
                format!("write `\"{name}\": \"${{{name}}}\"`")
            };
            let text = format!(
                "the field has the name of a variable and holds something else, which is read as its \
                 value; if that is not what you want, {inside}"
            );
            findings.push(Finding::new(Kind::Constant, name.clone(), text));
        }
    }
    let mut said: Vec<&str> = Vec::new();
    tree.each_text(&mut |place, text| {
        for name in variables(text) {
            let Variable::Event(known) = Variable::of(name) else { continue };
            if reader_of(tree, known).is_some() || said.contains(&known) {
                continue;
            }
            said.push(known);
            let text = format!(
                "neither the typed payload nor a bridge looks for `{known}` here: add \
                 `\"{known}\": \"${{{known}}}\"` at the top"
            );
            findings.push(Finding::new(Kind::NotRead, place, text));
        }
    });
    let is_read = |names: &[&str]| names.iter().any(|name| reader_of(tree, name).is_some());
    const SUBJECTS: [&str; 4] =
        ["artifact_collection_name", "artifact_version", "artifact_version_string", "project_name"];
    if !is_read(&SUBJECTS) {
        let text = "nothing says which artifact or project it is about, so that a bridge does nothing: add \
                    `\"artifact_version_string\": \"${artifact_version_string}\"`";
        findings.push(Finding::new(Kind::NoSubject, "", text));
    }
    if !is_read(&["event_type"]) && tree.field("event_type").is_none() {
        let text = "nothing says what happened: add `\"event_type\": \"${event_type}\"`";
        findings.push(Finding::new(Kind::NoEvent, "", text));
    }
}
