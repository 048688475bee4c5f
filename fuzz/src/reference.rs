//! A second verifier, written from what the senders document and with another crate's hash. It has
//! no line and no type of the first; slow and obvious on purpose.

use hmac_sha256::{HMAC, Hash};

use crate::{
    Credential, Request, Setup,
    wires::{Facts, Piece, Spelling},
};

/// What it says of a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// Genuine.
    Accepted(Accepted),
    /// Why not, as a code and the header that it is about.
    Refused(&'static str, Option<&'static str>),
}

/// What is known of an accepted one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Accepted {
    /// The places of all secrets that fit; empty where nothing is signed.
    pub secrets: Vec<usize>,
    /// How the signature was written.
    pub spelling: Option<Spelling>,
    /// The signed id.
    pub id: Option<Vec<u8>>,
    /// The signed time.
    pub time: Option<u64>,
    /// The key for a store of deliveries that were seen.
    pub replay_key: [u8; 32],
}

/// Every way to write a signature.
pub const ALL_SPELLINGS: [Spelling; 3] = [Spelling::Base64, Spelling::Bare, Spelling::Hex];

/// What a sender computes.
pub fn tag(facts: &Facts, key: &[u8], id: &[u8], time: &[u8], body: &[u8]) -> [u8; 32] {
    let mut signed = Vec::new();
    for piece in facts.layout {
        match piece {
            Piece::Id(_) => signed.extend(id),
            Piece::Text(text) => signed.extend(text.bytes()),
            Piece::Time(_) => signed.extend(time),
        }
    }
    signed.extend(body);
    HMAC::mac(&signed, key)
}

/// What a sender puts into the header of the signature.
pub fn write(facts: &Facts, spelling: Spelling, tag: &[u8; 32]) -> Vec<u8> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = facts.prefix.as_bytes().to_vec();
    if spelling == Spelling::Hex {
        let digit = |value: u8| b"0123456789abcdef"[usize::from(value)];
        text.extend(tag.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
        return text;
    }
    // 43 characters of six bits each: 256 bits and two that are zero.
    for place in 0..43 {
        let value = (0..6).fold(0, |value, bit| value << 1 | bit_of(tag, 6 * place + bit));
        text.push(DIGITS[usize::from(value)]);
    }
    if spelling == Spelling::Base64 {
        text.push(b'=');
    }
    text
}

/// A bit of a tag, the first being the most significant; zero behind the end.
fn bit_of(tag: &[u8; 32], place: usize) -> u8 {
    tag.get(place / 8).map_or(0, |byte| byte >> (7 - place % 8) & 1)
}

/// Reads the header of the signature.
pub fn read(facts: &Facts, value: &[u8]) -> Option<([u8; 32], Spelling)> {
    let text = value.strip_prefix(facts.prefix.as_bytes())?;
    let (spelling, digits, bits) = match text.len() {
        64 => (Spelling::Hex, text, 4),
        44 if text[43] == b'=' => (Spelling::Base64, &text[..43], 6),
        43 => (Spelling::Bare, text, 6),
        _ => return None,
    };
    if !facts.spellings.contains(&spelling) {
        return None;
    }
    let mut tag = [0; 32];
    for (place, digit) in digits.iter().enumerate() {
        let value = match (bits, digit) {
            (_, b'0'..=b'9') if bits == 4 => digit - b'0',
            (4, b'a'..=b'f') => digit - b'a' + 10,
            (4, b'A'..=b'F') => digit - b'A' + 10,
            (6, b'A'..=b'Z') => digit - b'A',
            (6, b'a'..=b'z') => digit - b'a' + 26,
            (6, b'0'..=b'9') => digit - b'0' + 52,
            (6, b'+') => 62,
            (6, b'/') => 63,
            _ => return None,
        };
        for bit in 0..bits {
            let at = place * bits + bit;
            let one = value >> (bits - 1 - bit) & 1;
            match tag.get_mut(at / 8) {
                Some(byte) => *byte |= one << (7 - at % 8),
                // Behind the last bit nothing may stand, or one tag had several texts.
                None if one == 1 => return None,
                None => {}
            }
        }
    }
    Some((tag, spelling))
}

/// Reads the header of the signature, which may be a list.
fn read_all(facts: &Facts, value: &[u8]) -> Option<Vec<([u8; 32], Spelling)>> {
    if !facts.is_standard {
        return Some(vec![read(facts, value)?]);
    }
    let items = value.split(|byte| *byte == b' ');
    let items = items.filter(|item| item.starts_with(facts.prefix.as_bytes()));
    let claimed: Vec<_> = items.map(|item| read(facts, item)).collect::<Option<_>>()?;
    (1..=4).contains(&claimed.len()).then_some(claimed)
}

/// Whether a configuration is safe, and can work.
pub fn may_be_built(setup: &Setup<'_>) -> bool {
    let signs_time = setup.wire.facts.layout.iter().any(|piece| matches!(piece, Piece::Time(_)));
    let nul = |secret: &&[u8]| secret.iter().all(|byte| *byte == 0);
    let visible = |byte: &u8| (b'!'..=b'~').contains(byte);
    let carried = |credential: &Credential| match credential {
        Credential::Bearer(token) => !token.is_empty() && token.iter().all(visible),
        Credential::Verbatim(value) => {
            value.iter().all(|byte| visible(byte) || *byte == b' ')
                && !value.starts_with(b" ")
                && !value.ends_with(b" ")
                && !value.is_empty()
        }
    };
    setup.secrets.len() <= 4
        && setup.credentials.len() <= 4
        && !setup.secrets.iter().any(nul)
        && !setup.secrets.iter().any(|key| setup.wire.facts.is_standard && key.len() > 128)
        && setup.credentials.iter().all(carried)
        && setup.secrets.is_empty() == setup.without_signature
        && !(setup.without_signature && setup.credentials.is_empty())
        && setup
            .tolerance
            .is_none_or(|seconds| signs_time && !setup.without_signature && seconds <= 86_400)
}

/// Judges a request.
pub fn judge(setup: &Setup<'_>, request: &Request) -> Verdict {
    match try_judge(setup, request) {
        Ok(accepted) => Verdict::Accepted(accepted),
        Err((code, header)) => Verdict::Refused(code, header),
    }
}

type Refusal = (&'static str, Option<&'static str>);

fn try_judge(setup: &Setup<'_>, request: &Request) -> Result<Accepted, Refusal> {
    let facts = &setup.wire.facts;
    let only = |name: &'static str| {
        let named = |(other, _): &&(String, Vec<u8>)| other.to_ascii_lowercase() == name;
        let values: Vec<_> = request.headers.iter().filter(named).collect();
        match values.as_slice() {
            [] => Err(("header_missing", Some(name))),
            [(_, value)] => Ok(value.as_slice()),
            _ => Err(("header_repeated", Some(name))),
        }
    };

    // All headers that are needed, before any is looked at.
    let authorization = match setup.credentials.is_empty() {
        true => None,
        false => Some(only("authorization")?),
    };
    let mut signed = None;
    if !setup.secrets.is_empty() {
        let (signature, mut id, mut time) = (only(facts.header)?, None, None);
        for piece in facts.layout {
            match piece {
                Piece::Id(name) => id = Some((*name, only(name)?)),
                Piece::Text(_) => {}
                Piece::Time(name) => time = Some((*name, only(name)?)),
            }
        }
        signed = Some((signature, id, time));
    }

    let mut token = None;
    if let Some(value) = authorization {
        let taken = setup.credentials.iter().any(|credential| match credential {
            Credential::Bearer(token) => bearer(value) == Some(token.as_slice()),
            Credential::Verbatim(whole) => value == whole,
        });
        if !taken {
            return Err(("authorization_mismatch", Some("authorization")));
        }
        token = Some(bearer(value).unwrap_or(value));
    }

    let Some((signature, id, time)) = signed else {
        within_limit(setup, request)?;
        let tag = HMAC::mac(&request.body, Hash::hash(token.unwrap_or_default()));
        let replay_key = replay_key(facts.name, &tag);
        let secrets = Vec::new();
        return Ok(Accepted { secrets, spelling: None, id: None, time: None, replay_key });
    };

    let malformed = Err(("malformed_signature", Some(facts.header)));
    let Some(claimed) = read_all(facts, signature) else { return malformed };
    if let Some((name, id)) = id
        && !is_id(facts, id)
    {
        return Err(("malformed_delivery_id", Some(name)));
    }
    let mut seconds = None;
    if let Some((name, time)) = time {
        let sent = read_time(time).ok_or(("malformed_timestamp", Some(name)))?;
        let late = i128::from(request.now) - i128::from(sent);
        let tolerance = i128::from(setup.tolerance.unwrap_or(300));
        if late > tolerance {
            return Err(("timestamp_too_old", Some(name)));
        }
        if late < -tolerance {
            return Err(("timestamp_too_new", Some(name)));
        }
        seconds = Some(sent);
    }
    within_limit(setup, request)?;

    let (id, time) = (id.map(|(_, id)| id), time.map(|(_, time)| time));
    let fits = |secret: &[u8]| {
        let (id, time) = (id.unwrap_or_default(), time.unwrap_or_default());
        let tag = self::tag(facts, secret, id, time, &request.body);
        claimed.iter().copied().find(|(claimed, _)| *claimed == tag)
    };
    let fitting = setup.secrets.iter().enumerate();
    let fitting = fitting.filter_map(|(place, secret)| Some((place, fits(secret)?)));
    let fitting: Vec<_> = fitting.collect();
    let Some((_, (mut tag, spelling))) = fitting.first().copied() else {
        return Err(("signature_mismatch", Some(facts.header)));
    };
    if facts.is_standard {
        let text = [b"\0verify-replay-id-v1\0", id.unwrap_or_default()].concat();
        tag = HMAC::mac(&text, setup.secrets[0]);
    }
    let secrets = fitting.into_iter().map(|(place, _)| place).collect();
    Ok(Accepted {
        secrets,
        spelling: Some(spelling),
        id: id.map(<[u8]>::to_vec),
        time: seconds,
        replay_key: replay_key(facts.name, &tag),
    })
}

fn within_limit(setup: &Setup<'_>, request: &Request) -> Result<(), Refusal> {
    match request.body.len() <= setup.body_limit.unwrap_or(setup.wire.facts.largest) {
        true => Ok(()),
        false => Err(("body_too_large", None)),
    }
}

/// The token behind `Bearer` in any case and at least one space.
fn bearer(value: &[u8]) -> Option<&[u8]> {
    if value.len() < 7 || !value[..6].eq_ignore_ascii_case(b"bearer") || value[6] != b' ' {
        return None;
    }
    let start = value[6..].iter().position(|byte| *byte != b' ');
    Some(start.map_or(&[], |start| &value[6 + start..]))
}

/// Whether a delivery id is visible, short, and cannot reach into what is signed behind it.
pub fn is_id(facts: &Facts, id: &[u8]) -> bool {
    let behind = facts.layout.iter().skip_while(|piece| !matches!(piece, Piece::Id(_))).nth(1);
    let Some(Piece::Text(text)) = behind else { return false };
    let may_stand = |byte: &u8| (b'!'..=b'~').contains(byte) && *byte != text.as_bytes()[0];
    (1..=64).contains(&id.len()) && id.iter().all(may_stand)
}

/// Reads the text that a number would be written as, and no other.
fn read_time(text: &[u8]) -> Option<u64> {
    let number: u64 = core::str::from_utf8(text).ok()?.parse().ok()?;
    (number.to_string().as_bytes() == text).then_some(number)
}

/// The key as it is documented.
pub fn replay_key(sender: &str, tag: &[u8; 32]) -> [u8; 32] {
    Hash::hash(&[b"verify-replay-key-v1\0", sender.as_bytes(), b"\0", tag].concat())
}

/// The block that HMAC makes of a key: it takes several keys for the same.
pub fn key_block(key: &[u8]) -> [u8; 64] {
    let mut block = [0; 64];
    match key.len() {
        ..=64 => block[..key.len()].copy_from_slice(key),
        _ => block[..32].copy_from_slice(&Hash::hash(key)),
    }
    block
}
