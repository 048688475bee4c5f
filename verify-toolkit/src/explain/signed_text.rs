//! What may be signed in front of the body, or behind it.

use verify_core::{Sender, SignedPart};

use super::{Cause, candidates::Candidates, head::shown, time::plain_seconds};
use crate::WireRequest;

/// Most values of a signed header that are tried: each id is tried with each time.
const VALUES: usize = 8;
/// Most bytes of such a value.
const LONGEST: usize = 1024;
/// Most bytes of a URL that may be signed.
const LONGEST_URL: usize = 8 * 1024;

/// What surrounds the body in the signed text.
#[derive(Clone, Eq, PartialEq)]
pub(super) struct Layout {
    pub(super) before: Vec<u8>,
    pub(super) after: Vec<u8>,
    /// The header's time, if it is part of the text.
    pub(super) time: Option<Vec<u8>>,
}

impl Layout {
    fn new(before: &[&[u8]], after: &[&[u8]], time: Option<&[u8]>) -> Self {
        Self { before: before.concat(), after: after.concat(), time: time.map(<[u8]>::to_vec) }
    }
}

/// The value of a header that is signed, or an empty one for a sender that signs none.
type Value = super::candidates::Candidate<Vec<u8>>;

/// The text as the sender's description has it.
pub(super) fn strict(request: &WireRequest, sender: &Sender) -> Candidates<Layout> {
    let mut layouts = Candidates::new();
    let only = |header: Option<&str>| -> Option<Vec<u8>> {
        let Some(header) = header else { return Some(Vec::new()) };
        let mut values = request.header(header);
        values.next().filter(|_| values.next().is_none()).map(<[u8]>::to_vec)
    };
    let (id, time) = (only(sender.delivery_id_header()), only(sender.timestamp_header()));
    if let (Some(id), Some(time)) = (id, time) {
        layouts.add(&[], described(sender, &id, &time));
    }
    layouts
}

/// Every text that may be signed.
pub(super) fn candidates(request: &WireRequest, sender: &Sender) -> Candidates<Layout> {
    let mut layouts = strict(request, sender);
    let ids = values(request, sender.delivery_id_header());
    let times = values(request, sender.timestamp_header());
    layouts.is_cut_short |= ids.is_cut_short || times.is_cut_short;
    for id in ids.iter() {
        for time in times.iter() {
            let mut causes = [&id.causes[..], &time.causes].concat();
            causes.dedup();
            let detail = id.detail.clone().or_else(|| time.detail.clone());
            layouts.add_with(&causes, detail, described(sender, &id.value, &time.value));
        }
    }
    if sender.signed_parts().is_empty() {
        with_url(&mut layouts, request);
        return layouts;
    }
    let exact = |values: &Candidates<Vec<u8>>| values.iter().next().cloned();
    let (id, time) = (exact(&ids), exact(&times));
    layouts.add(&[Cause::SignedBodyAlone], Layout::new(&[], &[], None));
    if let Some(Value { value, .. }) = &time {
        let header = sender.delivery_id_header().map(|_| Cause::SignedWithoutId);
        let causes: Vec<_> = header.into_iter().collect();
        layouts.add(&causes, Layout::new(&[value, b"."], &[], Some(value)));
        layouts.add(&[Cause::SignedOrder], Layout::new(&[], &[b".", value], Some(value)));
    }
    if let Some(Value { value, .. }) = &id {
        layouts.add(&[Cause::SignedWithoutTimestamp], Layout::new(&[value, b"."], &[], None));
    }
    if let (Some(id), Some(time)) = (&id, &time) {
        arranged(&mut layouts, &id.value, &time.value);
    }
    with_url(&mut layouts, request);
    layouts
}

/// The parts as described, with the values that are given.
fn described(sender: &Sender, id: &[u8], time: &[u8]) -> Layout {
    let mut before = Vec::new();
    for part in sender.signed_parts() {
        before.extend_from_slice(match part {
            SignedPart::DeliveryId(_) => id,
            SignedPart::Text(text) => text.as_bytes(),
            SignedPart::Timestamp(_) => time,
            // A kind of part that is not known here.
            _ => b"",
        });
    }
    let time = sender.timestamp_header().map(|_| time.to_vec());
    Layout { before, after: Vec::new(), time }
}

/// Id and time in other orders, with other texts between them, and spelled in other ways.
fn arranged(layouts: &mut Candidates<Layout>, id: &[u8], time: &[u8]) {
    let at = Some(time);
    for parts in [[time, b".", id, b"."], [id, b".", time, b"."]] {
        layouts.add(&[Cause::SignedOrder], Layout::new(&parts, &[], at));
    }
    for parts in [[b".", id, b".", time], [b".", time, b".", id]] {
        layouts.add(&[Cause::SignedOrder], Layout::new(&[], &parts, at));
    }
    layouts.add(&[Cause::SignedOrder], Layout::new(&[id, b"."], &[b".", time], at));
    layouts.add(&[Cause::SignedOrder], Layout::new(&[time, b"."], &[b".", id], at));
    for text in [":", "", "\n", "|", ",", "-", "_", " ", "&", ";", "\r\n"] {
        let text = text.as_bytes();
        layouts.add(&[Cause::SignedSeparators], Layout::new(&[id, text, time, text], &[], at));
        layouts.add(&[Cause::SignedSeparators], Layout::new(&[id, b".", time, text], &[], at));
        layouts.add(&[Cause::SignedSeparators], Layout::new(&[id, text, time, b"."], &[], at));
    }
    for spelled in [
        id.to_ascii_lowercase(),
        id.to_ascii_uppercase(),
        id.iter().copied().filter(|byte| *byte != b'-').collect(),
        hyphenated(id),
    ] {
        layouts.add(&[Cause::SignedIdChanged], Layout::new(&[&spelled, b".", time, b"."], &[], at));
    }
    if let Some(seconds) = plain_seconds(time) {
        let spellings = [
            seconds.checked_mul(1000).map(|millis| millis.to_string()),
            Some((seconds / 1000).to_string()),
            Some(format!("{seconds}.0")),
        ];
        for spelled in spellings.into_iter().flatten() {
            let parts = [id, b".", spelled.as_bytes(), b"."];
            layouts.add(&[Cause::SignedTimestampChanged], Layout::new(&parts, &[], at));
        }
    }
}

/// A UUID with the hyphens that it has lost; nothing for what is none.
fn hyphenated(id: &[u8]) -> Vec<u8> {
    if id.len() != 32 || !id.iter().all(u8::is_ascii_hexdigit) {
        return Vec::new();
    }
    [&id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..]].join(&b'-')
}

/// The target in front of the body.
fn with_url(layouts: &mut Candidates<Layout>, request: &WireRequest) {
    let host = request.header("host").next().unwrap_or_default();
    let (method, path) = (request.method.as_bytes(), request.path.as_bytes());
    if [host, method, path].iter().any(|part| part.len() > LONGEST_URL) {
        layouts.is_cut_short = true;
        return;
    }
    for url in [
        vec![path],
        vec![b"https://", host, path],
        vec![b"http://", host, path],
        vec![method, path],
        vec![method, b" ", path],
        vec![method, b"\n", path],
    ] {
        for end in [&b""[..], b".", b"\n", b":"] {
            let layout = Layout::new(&[&url.concat(), end], &[], None);
            layouts.add(&[Cause::SignedWithUrl], layout);
        }
    }
}

/// What the value of a signed header may be.
fn values(request: &WireRequest, header: Option<&str>) -> Candidates<Vec<u8>> {
    let mut values = Candidates::at_most(VALUES);
    let Some(header) = header else {
        values.add(&[], Vec::new());
        return values;
    };
    let is_short = |value: &&[u8]| value.len() <= LONGEST;
    let found: Vec<_> = request.header(header).filter(is_short).take(VALUES + 1).collect();
    let detail = Some(shown(header));
    for value in &found {
        let causes: &[_] = if found.len() > 1 { &[Cause::SignedHeaderDoubled] } else { &[] };
        values.add_with(causes, detail.clone(), value.to_vec());
        // What a proxy joined.
        for part in value.split(|byte| *byte == b',') {
            values.add_with(
                &[Cause::SignedHeaderDoubled],
                detail.clone(),
                part.trim_ascii().to_vec(),
            );
        }
        let bare = value.trim_ascii();
        let bare =
            bare.strip_prefix(b"\"").and_then(|bare| bare.strip_suffix(b"\"")).unwrap_or(bare);
        values.add_with(&[Cause::SignedHeaderQuoted], detail.clone(), bare.trim_ascii().to_vec());
    }
    for (name, value) in request.renamed(header).filter(|(_, value)| is_short(value)) {
        values.add_with(&[Cause::SignedHeaderRenamed], Some(shown(name)), value.to_vec());
    }
    values.is_cut_short |= !request.header(header).all(|value| is_short(&value));
    values
}
