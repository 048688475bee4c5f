//! Headers, in the many ways in which they are written down.

use super::{
    literal,
    tree::{Tree, is_same},
};

/// Names and values, in their order.
pub(super) type Headers = Vec<(String, Vec<u8>)>;

/// How often headers may stand in something else.
const WRAPPERS: usize = 4;

/// Reads headers: an object, a list of pairs or of objects, names and values in turn, or lines.
pub(super) fn read(tree: &Tree<'_>) -> Headers {
    inside(tree, WRAPPERS)
}

fn inside(tree: &Tree<'_>, wrappers: usize) -> Headers {
    let Some(wrappers) = wrappers.checked_sub(1) else { return Headers::new() };
    match tree {
        Tree::Object(fields) => match fields.as_slice() {
            // `Headers(raw=[..])`
            [(_, inner @ Tree::Object(_))] => inside(inner, wrappers),
            [(_, inner @ Tree::List(items))] if items.iter().all(|item| item.text().is_none()) => {
                inside(inner, wrappers)
            }
            _ if is_cgi(tree) => cgi(tree),
            _ => fields.iter().flat_map(|(name, value)| named(name, value)).collect(),
        },
        Tree::List(items) => match items.as_slice() {
            [inner @ (Tree::Object(_) | Tree::List(_))] if pair(inner).is_empty() => {
                inside(inner, wrappers)
            }
            [Tree::Text(first), ..] if first.contains(": ") => {
                items.iter().filter_map(Tree::text).flat_map(lines).collect()
            }
            [Tree::Text(_), ..] => {
                let pairs = items.chunks_exact(2);
                pairs.flat_map(|pair| named(pair[0].text().unwrap_or_default(), &pair[1])).collect()
            }
            _ => items.iter().flat_map(pair).collect(),
        },
        Tree::Text(text) if text.trim_start().starts_with(['{', '[']) => {
            let start = text.len() - text.trim_start().len();
            literal::read(text, start, &mut 0)
                .map_or_else(|_| lines(text), |(tree, _)| inside(&tree, wrappers))
        }
        Tree::Text(text) => lines(text),
        _ => Headers::new(),
    }
}

/// Lines such as `Host: example.com`.
pub(super) fn lines(text: &str) -> Headers {
    let named = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.trim().to_owned(), value.trim().as_bytes().to_vec()))
    };
    text.lines().filter_map(named).filter(|(name, _)| is_kept(name)).collect()
}

/// Whether names are those of CGI's variables, as `HTTP_HOST`.
pub(super) fn is_cgi(tree: &Tree<'_>) -> bool {
    let is_variable = |name: &str| name.starts_with("HTTP_") || name.starts_with("http_x_");
    tree.fields().iter().any(|(name, _)| is_variable(name))
}

/// Headers among the variables of CGI, which WSGI, Rack and PHP have too.
pub(super) fn cgi(tree: &Tree<'_>) -> Headers {
    // nginx has them in small letters.
    let wire = |name: &str| {
        let name = name.to_ascii_lowercase().replace('_', "-");
        let own = name.strip_prefix("http-").map(str::to_owned);
        own.or(Some(name).filter(|name| matches!(&name[..], "content-type" | "content-length")))
    };
    let fields = tree.fields().iter().filter_map(|(name, value)| Some((wire(name)?, value)));
    fields.flat_map(|(name, value)| named(&name, value)).collect()
}

/// One header in an object or a list of its own.
fn pair(tree: &Tree<'_>) -> Headers {
    if let [name @ (Tree::Text(_) | Tree::Bytes(_)), value] = tree.items() {
        let name = values(name).into_iter().next().unwrap_or_default();
        return named(&String::from_utf8_lossy(&name), value);
    }
    let name = tree.at("name").or_else(|| tree.at("key")).and_then(Tree::text);
    let value = ["value", "values", "example"].iter().find_map(|name| tree.at(name));
    let is_off = tree.at("disabled").is_some_and(Tree::is_true)
        || ["enabled", "active"].iter().any(|flag| tree.at(flag).is_some_and(Tree::is_false));
    match (name, value) {
        (Some(name), Some(value)) if !is_off => named(name, value),
        _ => Headers::new(),
    }
}

fn named(name: &str, value: &Tree<'_>) -> Headers {
    // OpenTelemetry's name of an attribute.
    let name = name.strip_prefix("http.request.header.").unwrap_or(name);
    let values = values(value).into_iter();
    values.filter(|_| is_kept(name)).map(|value| (name.to_owned(), value)).collect()
}

/// Whether it is no pseudo-header of HTTP/2.
fn is_kept(name: &str) -> bool {
    !name.is_empty() && !name.starts_with(':')
}

fn values(tree: &Tree<'_>) -> Vec<Vec<u8>> {
    match tree {
        Tree::Bytes(bytes) => vec![bytes.clone()],
        Tree::List(items) => items.iter().flat_map(values).collect(),
        // As CloudFront and `HeadersList` of Node have them, messages of SQS, and attributes of OpenTelemetry.
        Tree::Object(fields) => fields
            .iter()
            .filter(|(name, _)| {
                let names = ["value", "stringValue", "arrayValue", "values"];
                names.iter().any(|own| is_same(name, own)) || name.parse::<usize>().is_ok()
            })
            .flat_map(|(_, value)| values(value))
            .collect(),
        _ if tree.is_null() => Vec::new(),
        Tree::Text(_) | Tree::Word(_) => {
            tree.text().map(|text| text.as_bytes().to_vec()).into_iter().collect()
        }
        Tree::Cut => Vec::new(),
    }
}
