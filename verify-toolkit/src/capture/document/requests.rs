//! The requests in a document.

use core::fmt;

use verify_core::{Sender, UnixTime};

use super::{
    body::{self, Lack},
    headers::{self, Headers},
    moment::moment,
    shape::{ANY, BODIES, FLAT, Shape, first},
    tree::{Tree, is_same},
};
use crate::{
    WireRequest,
    capture::{Note, curl::path_of, signed_by},
};

/// A request in a document, with a body or without.
pub(in crate::capture) struct Found {
    pub(in crate::capture) shape: &'static Shape,
    /// Where its raw body is missing, and why.
    pub(in crate::capture) lack: Option<(String, Lack)>,
    pub(in crate::capture) received_at: Option<UnixTime>,
    pub(in crate::capture) request: WireRequest,
    pub(in crate::capture) notes: Vec<Note>,
}

impl Found {
    pub(in crate::capture) fn is_signed(&self) -> bool {
        signed_by(self.request.names()).is_some()
    }

    /// Whether it is headers and nothing else.
    pub(super) fn is_bare(&self) -> bool {
        let is_missing =
            |(field, lack): &(String, Lack)| *lack == Lack::Missing && field.ends_with(BODIES[0]);
        self.shape.is_loose() && self.lack.as_ref().is_some_and(is_missing)
    }

    /// Whether it lacks its body, and is not of one tool.
    pub(super) fn is_loose(&self) -> bool {
        self.shape.is_loose() && self.lack.is_some()
    }
}

/// Finds the requests in a text.
pub(super) type Inside<'f> = &'f dyn Fn(&str) -> Vec<Found>;

/// Where something stands in a document.
#[derive(Clone, Copy)]
pub(super) enum Place<'p> {
    Root,
    Field(&'p Place<'p>, &'p str),
    Item(&'p Place<'p>, usize),
}

impl Place<'_> {
    /// The place of a field here, for people.
    fn to(self, field: &str) -> String {
        format!("{}", Place::Field(&self, field))
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Field(Place::Root, name) => write!(f, "{name:.80}"),
            Self::Field(place, name) => write!(f, "{place}.{name:.80}"),
            Self::Item(place, number) => write!(f, "{place}[{number}]"),
        }
    }
}

/// Fewest letters of a text that may be a request in base64.
const SHORTEST: usize = 100;

/// Finds all requests in a value, in their order. `inside` finds those in a text.
pub(super) fn find(tree: &Tree<'_>, place: Place<'_>, inside: Inside<'_>, found: &mut Vec<Found>) {
    match tree {
        Tree::List(items) => {
            for (number, item) in items.iter().enumerate() {
                if matches!(item, Tree::List(_) | Tree::Object(_) | Tree::Text(_)) {
                    find(item, Place::Item(&place, number), inside, found);
                }
            }
        }
        Tree::Object(fields) => {
            if let Some(request) = request(tree, place) {
                return found.push(request);
            }
            let before = found.len();
            for (name, value) in fields.iter().filter(|(name, _)| !is_answer(name)) {
                if matches!(value, Tree::List(_) | Tree::Object(_) | Tree::Text(_)) {
                    find(value, Place::Field(&place, name), inside, found);
                }
            }
            // The headers may stand deeper than the body.
            if let [bodiless] = &mut found[before..]
                && matches!(bodiless.lack, Some((_, Lack::Missing)))
            {
                match body::read(tree, &BODIES) {
                    // The text in which the headers were found.
                    Ok(body) if has_signature(&String::from_utf8_lossy(&body)) => {}
                    Ok(body) => {
                        bodiless.shape = &ANY;
                        bodiless.request.body = body;
                        bodiless.lack = None;
                    }
                    Err((_, Lack::Missing)) => {}
                    Err((path, lack)) => bodiless.lack = Some((place.to(path), lack)),
                }
            }
        }
        Tree::Text(text) if has_signature(text) => {
            let mut inner = inside(text);
            for request in &mut inner {
                if let Some((field, _)) = &mut request.lack {
                    *field = place.to(field);
                }
            }
            found.append(&mut inner);
        }
        Tree::Text(code) if code.len() >= SHORTEST => {
            let text = body::base64(code).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            found.extend(
                text.filter(|text| has_signature(text)).iter().flat_map(|text| inside(text)),
            );
        }
        _ => {}
    }
}

/// Whether a field holds what was answered.
fn is_answer(name: &str) -> bool {
    ["response", "httpResponse", "responseDefinition", "answer"]
        .iter()
        .any(|other| is_same(name, other))
}

/// Reads an object as a request, if it is one.
fn request(tree: &Tree<'_>, place: Place<'_>) -> Option<Found> {
    if let Some(shape) = Shape::of(tree) {
        if let Some(whole) = tree.at(shape.whole).and_then(Tree::text) {
            return Some(self::whole(shape, tree, whole, place));
        }
        let headers = first(tree, shape.headers).map(headers::read).unwrap_or_default();
        return Some(with(shape, tree, headers, place));
    }
    let fields = tree.fields();
    let is_signed =
        |tree: &Tree<'_>| signed_by(tree.fields().iter().map(|(name, _)| name.as_ref())).is_some();
    let has_body = BODIES.iter().any(|name| tree.at(name).is_some());
    let named = [
        "multiValueHeaders",
        "headers",
        "requestHeaders",
        "httpHeaders",
        "rawHeaders",
        "reqHeaders",
        "header",
        "http.request.line",
        "http_http_request_line",
        "parameters",
        "messageAttributes",
        "attributes",
    ];
    let named = named.iter().filter_map(|name| tree.at(name));
    let mut others = fields.iter().map(|(_, value)| value).filter(|value| is_signed(value));
    let headers = named.map(headers::read).find(|headers| !headers.is_empty());
    let headers = headers.or_else(|| others.next().map(headers::read));
    let names = |headers: &Headers| signed_by(headers.iter().map(|(n, _)| n.as_str())).is_some();
    if let Some(headers) = headers.filter(|headers| has_body || names(headers)) {
        return Some(with(&ANY, tree, headers, place));
    }
    if !is_signed(tree) {
        return None;
    }
    let headers = if headers::is_cgi(tree) {
        headers::cgi(tree)
    } else {
        let own = ["query", "timestamp"];
        let is_header = |name: &str| !BODIES.iter().chain(&own).any(|other| is_same(name, other));
        let fields = fields.iter().filter(|(name, _)| is_header(name)).cloned();
        headers::read(&Tree::Object(fields.collect()))
    };
    Some(with(&FLAT, tree, headers, place))
}

/// A request whose parts stand in an object.
fn with(shape: &'static Shape, tree: &Tree<'_>, headers: Headers, place: Place<'_>) -> Found {
    let text = |paths, default: &str| {
        first(tree, paths).and_then(Tree::text).unwrap_or(default).to_owned()
    };
    let mut request = WireRequest {
        method: text(shape.method, "POST"),
        path: path_of_any(&text(shape.url, "/")),
        headers,
        body: Vec::new(),
    };
    let lack = match body::read(tree, shape.body) {
        Ok(body) => {
            request.body = body;
            None
        }
        Err((_, Lack::Missing)) if is_empty(tree, shape, &request) => None,
        Err((path, lack)) => Some((place.to(path), lack)),
    };
    Found {
        shape,
        lack,
        received_at: first(tree, shape.time).and_then(moment),
        request,
        notes: Vec::new(),
    }
}

/// Whether nothing says that there was a body.
fn is_empty(tree: &Tree<'_>, shape: &Shape, request: &WireRequest) -> bool {
    let is_somewhere = |path: &&str| {
        path.rsplit_once('.')
            .is_some_and(|(folder, _)| !folder.ends_with("equest") && tree.at(folder).is_some())
    };
    let sizes = ["request.bodySize", "bodySize", "request.contentLength", "size"];
    let is_sized = sizes
        .iter()
        .any(|size| tree.at(size).and_then(Tree::number::<u64>).is_some_and(|size| size > 0));
    let is_announced = request.header("content-length").any(|length| length != b"0");
    !(is_sized || is_announced || shape.is_loose() || shape.body.iter().any(is_somewhere))
}

/// What is sent of a URL, or of a path.
fn path_of_any(url: &str) -> String {
    if url.starts_with('/') { url.to_owned() } else { path_of(url) }
}

/// A request whose text stands in a field, in base64.
fn whole(shape: &'static Shape, tree: &Tree<'_>, code: &str, place: Place<'_>) -> Found {
    let text = body::base64(code);
    let request = text.and_then(|text| WireRequest::from_http(&text).map_err(|_| Lack::Http));
    match request {
        Ok(request) => Found {
            shape,
            lack: None,
            received_at: first(tree, shape.time).and_then(moment),
            request,
            notes: Vec::new(),
        },
        Err(lack) => {
            let headers = first(tree, shape.headers).map(headers::read).unwrap_or_default();
            let mut found = with(shape, tree, headers, place);
            found.lack = Some((place.to(shape.whole), lack));
            found
        }
    }
}

/// Whether the name of a sender's signature header is anywhere in a text.
pub(super) fn has_signature(text: &str) -> bool {
    Sender::ALL.iter().any(|sender| {
        let name = sender.signature_header().trim_start_matches("x-").as_bytes();
        let is_letter = |(one, other): (&u8, &u8)| {
            one.eq_ignore_ascii_case(other) || (*one == b'-' && *other == b'_')
        };
        text.as_bytes().windows(name.len()).any(|window| name.iter().zip(window).all(is_letter))
    })
}
