//! A body, in the many ways in which it is written down.

use base64ct::{Base64, Base64Unpadded, Base64UrlUnpadded, Encoding as _};

use super::tree::{Tree, is_same};

/// Why there is no raw body.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::capture) enum Lack {
    /// It is said to be in base64, and is not.
    Base64,
    /// The tool left out a part of it.
    Cut,
    /// It is not the text of a request that it should be.
    Http,
    /// It was not recorded.
    Missing,
    /// It was parsed, so that white space, order or numbers may have changed.
    Parsed,
}

/// Fields beside a body that say that it is in base64.
const FLAGS: [&str; 9] = [
    "isBase64Encoded",
    "__ow_isBase64Encoded",
    "base64Encoded",
    "isBase64",
    "encodedBody",
    "encoding",
    "bodyEncoding",
    "contentEncoding",
    "base64",
];

/// Names of bodies that are in base64.
const BASE64: [&str; 3] = ["base64", "rawbytes", "binary."];

/// Reads the body that is at one of these paths, the first that is complete, or why there is none at
/// the first that is there.
pub(super) fn read(
    tree: &Tree<'_>,
    paths: &[&'static str],
) -> Result<Vec<u8>, (&'static str, Lack)> {
    let mut lack = None;
    for path in paths {
        let Some(value) = tree.at(path) else { continue };
        let folder = path.rsplit_once('.').and_then(|(folder, _)| tree.at(folder)).unwrap_or(tree);
        let is_flag = |value: &Tree<'_>| {
            value.is_true() || value.text().is_some_and(|text| matches!(text, "base64" | "true"))
        };
        let lower = path.to_ascii_lowercase();
        let is_base64 = BASE64.iter().any(|part| lower.contains(part))
            || FLAGS.iter().any(|flag| folder.at(flag).is_some_and(is_flag));
        match decode(value, is_base64) {
            Ok(body) => return Ok(body),
            Err(why) => lack = lack.or(Some((*path, why))),
        }
    }
    Err(lack.unwrap_or((paths.first().copied().unwrap_or_default(), Lack::Missing)))
}

pub(super) fn decode(value: &Tree<'_>, is_base64: bool) -> Result<Vec<u8>, Lack> {
    match value {
        Tree::Bytes(bytes) => Ok(bytes.clone()),
        Tree::Cut => Err(Lack::Cut),
        Tree::Text(text) if is_base64 => base64(text),
        Tree::Text(text) => {
            if let Some(json) = unsaid(text) {
                return Ok(json);
            }
            match text.strip_prefix("data:").and_then(|url| url.split_once(";base64,")) {
                Some((kind, code)) if !kind.contains(',') => base64(code),
                _ => Ok(text.as_bytes().to_vec()),
            }
        }
        Tree::List(items) => {
            let bytes = items.iter().map(Tree::number::<u8>).collect::<Option<Vec<_>>>();
            let is_cut = items.contains(&Tree::Cut);
            let why = if is_cut { Lack::Cut } else { Lack::Parsed };
            bytes.filter(|bytes| !bytes.is_empty()).ok_or(why)
        }
        Tree::Object(_) => {
            // Logic Apps, and a `Buffer` of Node as JSON.
            if let (Some(code), Some(_)) = (value.exact("$content"), value.exact("$content-type")) {
                return base64(code.text().unwrap_or_default());
            }
            match (value.at("type").and_then(Tree::text), value.at("data")) {
                (Some("Buffer"), Some(bytes)) => decode(bytes, false),
                _ => written(value),
            }
        }
        Tree::Word(_) => Err(Lack::Parsed),
    }
}

/// Reads a body with beside it how it is written, as Postman and Envoy have it.
fn written(value: &Tree<'_>) -> Result<Vec<u8>, Lack> {
    const BODY: [&str; 8] =
        ["raw", "text", "string", "as_bytes", "as_string", "data", "json", "content"];
    const BESIDE: [&str; 10] = [
        "mode",
        "options",
        "truncated",
        "mimeType",
        "type",
        "contentType",
        "encoding",
        "charset",
        "size",
        "bytes",
    ];
    let is_one_of = |names: &[&str], name: &str| names.iter().any(|other| is_same(other, name));
    let (bodies, beside): (Vec<_>, Vec<_>) =
        value.fields().iter().map(|(name, _)| name).partition(|name| is_one_of(&BODY, name));
    let is_so = !beside.is_empty() && beside.into_iter().all(|name| is_one_of(&BESIDE, name));
    if bodies.len() != 1 || !is_so {
        return Err(Lack::Parsed);
    }
    read(value, &BODY).map_err(|(_, lack)| lack)
}

/// What a text stands for that is in base64, or in hex with colons, without anything that says so: JSON
/// is neither.
fn unsaid(text: &str) -> Option<Vec<u8>> {
    let is_json = |bytes: &Vec<u8>| matches!(bytes.first(), Some(b'{' | b'['));
    let is_hex = |text: &str| text.len() > 2 && text.as_bytes().get(2) == Some(&b':');
    if is_hex(text) {
        return base16ct::mixed::decode_vec(text.replace(':', "")).ok().filter(is_json);
    }
    let starts = ["ey", "ew", "W3", "Ww"];
    let is_code = starts.iter().any(|start| text.starts_with(start));
    if is_code { base64(text).ok().filter(is_json) } else { None }
}

/// Decodes base64 with or without line ends and padding, in either alphabet.
pub(super) fn base64(code: &str) -> Result<Vec<u8>, Lack> {
    let code: String = code.split_ascii_whitespace().collect();
    let bare = code.trim_end_matches('=');
    let decoded = Base64::decode_vec(&code).or_else(|_| Base64Unpadded::decode_vec(bare));
    decoded.or_else(|_| Base64UrlUnpadded::decode_vec(bare)).map_err(|_| Lack::Base64)
}
