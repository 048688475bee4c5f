//! Where a signature may stand, and how it may be written.

use base64ct::{Base64, Base64Unpadded, Base64UrlUnpadded, Encoding as _};
use verify_core::{Encoding, Sender};

use super::{
    Cause, Explainer, candidates::Candidates, fit::Fit, head::shown, secret::decoded_base64,
    work::Work,
};
use crate::{WireRequest, capture::url_decoded};

/// Most signatures that are tried, and values in which they are looked for, whatever a request is full
/// of.
const MOST: usize = 64;
const VALUES: usize = 256;
/// How often a value is read, in one way or another.
const READINGS: usize = 100;
/// Longest value that is looked at, in bytes.
const LONGEST: usize = 1024;
/// Fewest bytes of a signature that is taken for one: fewer could fit by chance.
pub(super) const SHORTEST: usize = 8;

/// The signatures of the sender's own header, as it writes them.
pub(super) fn strict(request: &WireRequest, sender: &Sender) -> Candidates<Vec<u8>> {
    let mut claims = Candidates::new();
    let mut values = request.header(sender.signature_header());
    if let (Some(value), None) = (values.next(), values.next()) {
        let has_list = sender.max_signatures() > 1;
        let items = value.split(|byte| has_list && *byte == b' ');
        let texts = items.filter_map(|item| item.strip_prefix(sender.prefix().as_bytes()));
        for (cause, tag) in texts.flat_map(|text| decoded(text, sender.encodings())) {
            if cause.is_none() && tag.len() == 32 {
                claims.add(&[], tag);
            }
        }
    }
    claims
}

/// The secret or the token, where a signature belongs.
pub(super) fn verbatim(explainer: &Explainer<'_>, keys: &Candidates<Vec<u8>>) -> Option<Fit> {
    let sender = explainer.sender.as_ref()?;
    let request = explainer.request;
    let header = sender.signature_header();
    let has_header = request.header(header).next().is_some();
    let (other, token) = (Cause::SecretHashed, Cause::SecretBearerToken);
    let is_secret = |text: &[u8]| {
        let is_own = |causes: &[Cause]| !causes.contains(&other) && !causes.contains(&token);
        keys.iter().any(|key| key.value == text && is_own(&key.causes))
    };
    let is_token = |text: &[u8]| explainer.bearers.contains(&text);
    for (name, value) in &request.headers {
        let is_signature = name.eq_ignore_ascii_case(header);
        // Without a signature, a header of any other name may hold it.
        if !is_signature && (has_header || name.eq_ignore_ascii_case("authorization")) {
            continue;
        }
        let bare = value.strip_prefix(sender.prefix().as_bytes()).unwrap_or(value);
        let word = bare.rsplit(|byte| b" =:,".contains(byte)).next().unwrap_or_default();
        let plain = decoded_base64(bare).unwrap_or_default();
        let texts = [value, bare, bare.trim_ascii(), word, &plain];
        let mut texts = texts.into_iter().filter(|text| text.len() >= SHORTEST);
        let cause = if texts.clone().any(is_secret) {
            Cause::SignatureIsSecret
        } else if is_signature && texts.any(is_token) {
            Cause::SignatureIsToken
        } else {
            continue;
        };
        return Some(Fit { causes: vec![cause], details: vec![shown(name)], ..Fit::default() });
    }
    None
}

/// Every signature that the request may hold.
pub(super) fn candidates(
    request: &WireRequest,
    sender: &Sender,
    work: &mut Work,
) -> Candidates<Vec<u8>> {
    let mut claims = strict(request, sender);
    let mut values = 0;
    let mut read =
        |claims: &mut Candidates<Vec<u8>>, place: &[Cause], name: Option<&str>, value: &[u8]| {
            // The bytes of the sender's own may stand apart.
            let is_own = name.is_none();
            if value.len() > LONGEST || !(is_own || has_signature(value)) {
                return;
            }
            values += 1;
            if values > VALUES || !work.spend(value.len() * READINGS) {
                claims.is_cut_short = true;
                return;
            }
            read(claims, sender, place, name.map(shown), value);
        };
    let header = sender.signature_header();
    let own: Vec<_> = request.header(header).collect();
    let doubled = [Cause::SignatureHeaderDoubled];
    for value in &own {
        read(&mut claims, if own.len() > 1 { &doubled } else { &[] }, None, value);
    }
    for (name, value) in request.renamed(header) {
        read(&mut claims, &[Cause::SignatureHeaderRenamed], Some(name), value);
    }
    let signed = [Some(header), sender.delivery_id_header(), sender.timestamp_header()];
    for (name, value) in &request.headers {
        if !signed.iter().flatten().any(|known| known.eq_ignore_ascii_case(name)) {
            read(&mut claims, &[Cause::SignatureHeaderOther], Some(name), value);
        }
    }
    let query = request.path.split_once('?').map_or("", |(_, query)| query);
    let fields = query.split('&').filter_map(|field| field.split_once('='));
    let fields =
        fields.filter(|(_, value)| value.len() <= LONGEST * 3 && has_signature(value.as_bytes()));
    // One more than is read, so that it is said.
    for (name, value) in fields.take(VALUES + 1) {
        let value = url_decoded(value.as_bytes());
        read(&mut claims, &[Cause::SignatureInQuery], Some(name), &value);
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
    let mut add = |causes: &[Cause], tag: Vec<u8>| {
        if claims.iter().count() >= MOST {
            claims.is_cut_short = true;
        } else if tag.len() >= SHORTEST {
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
    let tokens: Vec<_> = tokens(value).collect();
    let cause = if tokens.len() > 1 { Cause::SignatureList } else { Cause::SignatureWithWords };
    for token in tokens.into_iter().filter(|token| token.len() < value.len()) {
        for (coding, tag) in decoded(token, sender.encodings()) {
            add(&[&[cause], coding.as_slice()].concat(), tag);
        }
    }
}

/// Whether there is anything as long as a signature in it, in one piece or two.
fn has_signature(value: &[u8]) -> bool {
    let mut run = 0;
    value.iter().any(|byte| {
        run = if is_of_token(*byte) { run + 1 } else { 0 };
        run >= SHORTEST
    })
}

fn is_of_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/_-".contains(&byte)
}

/// The words of a value that are signatures by their length, each counted once however many ways there
/// are to decode it.
fn tokens(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = value;
    let words = core::iter::from_fn(move || {
        let start = rest.iter().position(|byte| is_of_token(*byte))?;
        let word = rest.get(start..)?;
        let letters = word.iter().take_while(|byte| is_of_token(**byte)).count();
        let padding = word.iter().skip(letters).take_while(|byte| **byte == b'=').count();
        let (word, behind) = word.split_at_checked(letters + padding)?;
        rest = behind;
        Some(word)
    });
    words.filter_map(|word| {
        // What joins it to the name of the algorithm may be part of base64.
        let joints = word.iter().take(16).enumerate().filter(|(_, byte)| b"-_/".contains(byte));
        let ends = joints.filter_map(|(place, _)| word.get(place + 1..));
        core::iter::once(word).chain(ends).find(|word| is_signature(word))
    })
}

/// Whether it is as long as a digest in hex or in base64.
fn is_signature(word: &[u8]) -> bool {
    let digits = word.iter().take_while(|byte| **byte != b'=').count();
    let is_hex = word.iter().all(u8::is_ascii_hexdigit);
    [20_usize, 32, 48, 64].into_iter().any(|bytes| {
        let base64 = (bytes * 8).div_ceil(6);
        (is_hex && word.len() == 2 * bytes) || (digits == base64 && word.len() <= base64 + 2)
    })
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
        (
            Some(Cause::SignatureFolded),
            bare.iter().copied().filter(|byte| !b" \t:-".contains(byte)).collect(),
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
        found.push((Some(Cause::SignatureQuoted), rest.trim_ascii()));
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
