//! Where a signature may stand, and how it may be written.

use base64ct::{Base64, Base64Unpadded, Base64UrlUnpadded, Encoding as _};
use verify_core::{Encoding, Sender};

use super::{Cause, candidates::Candidates, head::shown};
use crate::{WireRequest, capture::url_decoded};

/// Most signatures that are tried, whatever a request is full of.
const MOST: usize = 64;
/// Longest value that is looked at, in bytes.
const LONGEST: usize = 1024;
/// Fewest bytes of a signature that is taken for one: fewer could fit by chance.
pub(super) const SHORTEST: usize = 8;

/// The signatures of the sender's own header, as it writes them.
pub(super) fn strict(request: &WireRequest, sender: &Sender) -> Candidates<Vec<u8>> {
    let mut claims = Candidates::new();
    let mut values = request.header(sender.signature_header());
    if let (Some(value), None) = (values.next(), values.next()) {
        let text = value.strip_prefix(sender.prefix().as_bytes()).unwrap_or_default();
        for (cause, tag) in decoded(text, sender.encodings()) {
            if cause.is_none() && tag.len() == 32 {
                claims.add(&[], tag);
            }
        }
    }
    claims
}

/// Every signature that the request may hold.
pub(super) fn candidates(request: &WireRequest, sender: &Sender) -> Candidates<Vec<u8>> {
    let mut claims = strict(request, sender);
    let header = sender.signature_header();
    let values: Vec<_> = request.header(header).collect();
    let doubled = [Cause::SignatureHeaderDoubled];
    for value in &values {
        read(&mut claims, sender, if values.len() > 1 { &doubled } else { &[] }, None, value);
    }
    for (name, value) in request.renamed(header) {
        read(&mut claims, sender, &[Cause::SignatureHeaderRenamed], Some(shown(name)), value);
    }
    let signed = [Some(header), sender.delivery_id_header(), sender.timestamp_header()];
    for (name, value) in &request.headers {
        if !signed.iter().flatten().any(|known| known.eq_ignore_ascii_case(name)) {
            read(&mut claims, sender, &[Cause::SignatureHeaderOther], Some(shown(name)), value);
        }
    }
    let query = request.path.split_once('?').map_or("", |(_, query)| query);
    for (name, value) in query.split('&').filter_map(|field| field.split_once('=')) {
        let value = url_decoded(value.as_bytes());
        read(&mut claims, sender, &[Cause::SignatureInQuery], Some(shown(name)), &value);
    }
    claims
}

/// Adds what a value may mean.
fn read(
    claims: &mut Candidates<Vec<u8>>,
    sender: &Sender,
    place: &[Cause],
    detail: Option<String>,
    value: &[u8],
) {
    if value.len() > LONGEST {
        return;
    }
    let mut add = |causes: &[Cause], tag: Vec<u8>| {
        if claims.iter().count() < MOST && tag.len() >= SHORTEST {
            claims.add_with(&[place, causes].concat(), detail.clone(), tag);
        }
    };
    for (cleaning, text) in cleaned(value) {
        for (prefixing, text) in without_prefix(&text, sender.prefix()) {
            for (coding, tag) in decoded(text, sender.encodings()) {
                let causes: Vec<_> = [cleaning, prefixing, coding].into_iter().flatten().collect();
                add(&causes, tag);
            }
        }
    }
    let tokens = value.split(|byte| b",; \t".contains(byte));
    let tokens = tokens.flat_map(|token| {
        let found = without_prefix(token, "").into_iter();
        found.flat_map(|(_, text)| decoded(text, sender.encodings())).collect::<Vec<_>>()
    });
    let tags: Vec<_> = tokens.map(|(_, tag)| tag).filter(|tag| tag.len() >= 20).collect();
    if tags.len() > 1 {
        tags.into_iter().for_each(|tag| add(&[Cause::SignatureList], tag));
    }
}

/// The value without what wrapped it on the way.
fn cleaned(value: &[u8]) -> Vec<(Option<Cause>, Vec<u8>)> {
    let is_wrapping = |byte: &u8| byte.is_ascii_whitespace() || b"\"'`".contains(byte);
    let start = value.iter().position(|byte| !is_wrapping(byte)).unwrap_or(0);
    let end = value.iter().rposition(|byte| !is_wrapping(byte)).map_or(0, |last| last + 1);
    let bare = value.get(start..end).unwrap_or_default();
    let spaces_for_plus: Vec<u8> =
        bare.iter().map(|byte| if *byte == b' ' { b'+' } else { *byte }).collect();
    vec![
        (None, value.to_vec()),
        (Some(Cause::SignatureQuoted), bare.to_vec()),
        (Some(Cause::SignatureUrlMangled), url_decoded(bare)),
        (Some(Cause::SignatureUrlMangled), spaces_for_plus),
        (
            Some(Cause::SignatureFolded),
            bare.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect(),
        ),
    ]
}

/// The text without its prefix, or without another one.
fn without_prefix<'t>(text: &'t [u8], prefix: &str) -> Vec<(Option<Cause>, &'t [u8])> {
    let mut found = Vec::new();
    let start = text.get(..prefix.len());
    if prefix.is_empty() {
        found.push((None, text));
    } else if let Some(rest) = text.strip_prefix(prefix.as_bytes()) {
        found.push((None, rest));
        let mut bare = rest;
        while let Some(rest) = bare.strip_prefix(prefix.as_bytes()) {
            bare = rest;
        }
        found.push((Some(Cause::SignaturePrefixDoubled), bare));
    } else if start.is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes())) {
        found.push((Some(Cause::SignaturePrefixCase), &text[prefix.len()..]));
    } else {
        found.push((Some(Cause::SignaturePrefixMissing), text));
    }
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-".contains(byte);
    let word = text.iter().take(16).take_while(|byte| is_word(byte)).count();
    if let (1.., Some(b'=' | b':' | b',')) = (word, text.get(word)) {
        found.push((Some(Cause::SignaturePrefixAdded), text[word + 1..].trim_ascii_start()));
    }
    if let Some(rest) = text.strip_prefix(b"0x") {
        found.push((Some(Cause::SignaturePrefixAdded), rest));
    }
    found
}

/// The bytes that a text stands for, in each encoding that it may be in.
fn decoded(text: &[u8], accepted: &[Encoding]) -> Vec<(Option<Cause>, Vec<u8>)> {
    let Ok(text) = core::str::from_utf8(text) else { return Vec::new() };
    let has = |encoding| accepted.contains(&encoding);
    let unless = |accepted: bool, cause| (!accepted).then_some(cause);
    let takes_base64 = has(Encoding::Base64) || has(Encoding::Base64Unpadded);
    let hex = unless(has(Encoding::Hex), Cause::SignatureHex);
    let base64 = unless(takes_base64, Cause::SignatureBase64);
    let unpadded = match (has(Encoding::Base64Unpadded), takes_base64) {
        (true, _) => None,
        (false, true) => Some(Cause::SignatureUnpadded),
        (false, false) => base64,
    };
    let url = Base64UrlUnpadded::decode_vec(text.trim_end_matches('='));
    // As much of a cut-off text as says whole bytes.
    let whole = text.get(..text.len() / 4 * 4).unwrap_or_default();
    let twice =
        Base64::decode_vec(text).ok().and_then(|text| base16ct::mixed::decode_vec(text).ok());
    [
        (hex, base16ct::mixed::decode_vec(text.get(..text.len() / 2 * 2).unwrap_or_default()).ok()),
        (base64, Base64::decode_vec(text).ok()),
        (unpadded, Base64Unpadded::decode_vec(text).ok().filter(|tag| tag.len() == 32)),
        (Some(Cause::SignatureBase64Url), url.ok()),
        (Some(Cause::SignatureEncodedTwice), twice),
        (base64, Base64Unpadded::decode_vec(whole).ok()),
    ]
    .into_iter()
    .filter_map(|(cause, tag)| Some((cause, tag?)))
    .collect()
}
