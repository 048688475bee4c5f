//! What people have in place of the secret.

use base64ct::{Base64, Base64Unpadded, Base64Url, Base64UrlUnpadded, Encoding};
use serde_json::Value;
use sha2::{Digest, Sha256};
use verify_core::{SecretEncoding::Verbatim, Sender};

use super::{
    Cause, Explainer,
    candidates::Candidates,
    charset::{self, CHARSETS},
    head,
};
use crate::{
    capture::{unescape, url_decoded, without_colours},
    key,
};

/// Most secrets that are taken out of one value, be it a list or a document.
const MOST: usize = 32;
/// Words that stand before a secret, or before a signature, and are none.
const WORDS: [&str; 14] = [
    "v0",
    "v1",
    "v1a",
    "v2",
    "sha1",
    "sha256",
    "sha512",
    "hmac",
    "hmac-sha256",
    "bearer",
    "token",
    "secret",
    "key",
    "whsec",
];
/// After so many characters `base64`, then `openssl`, ends a line.
const COLUMNS: [usize; 2] = [76, 64];

/// Every key that the delivery may be signed with.
pub(super) fn candidates(explainer: &Explainer<'_>) -> Candidates<Vec<u8>> {
    let mut keys = Keys { found: Candidates::new(), label: None, sender: explainer.sender };
    let labelled = |label: &str| Some(format!("secret {}", head::shown(label)));
    for believed in &explainer.secrets {
        keys.label = labelled(&believed.label);
        keys.add(&[], believed.secret);
    }
    for believed in &explainer.previous {
        keys.label = labelled(&believed.label);
        keys.add(&[Cause::SecretPrevious], believed.secret);
        keys.add(&[Cause::SecretPrevious], believed.secret.trim_ascii());
    }
    for believed in &explainer.secrets {
        keys.label = labelled(&believed.label);
        keys.corrections_of(believed.secret);
    }
    keys.label = None;
    for token in &explainer.bearers {
        keys.add(&[Cause::SecretBearerToken], token);
    }
    for value in explainer.request.header("authorization") {
        let token = value.splitn(2, |byte| *byte == b' ').last().unwrap_or(value);
        keys.add(&[Cause::SecretBearerToken], token.trim_ascii());
        keys.add(&[Cause::SecretBearerToken], value);
    }
    if !(explainer.secrets.is_empty() && explainer.previous.is_empty()) {
        keys.add(&[Cause::SecretEmpty], b"");
    }
    keys.found
}

struct Keys {
    found: Candidates<Vec<u8>>,
    label: Option<String>,
    sender: Option<Sender>,
}

impl Keys {
    /// Adds the key that a text stands for, and where that is another one, the text.
    fn add(&mut self, causes: &[Cause], text: impl AsRef<[u8]>) {
        let text = text.as_ref();
        if let Some(sender) = self.sender.filter(|sender| sender.secret_encoding() != Verbatim) {
            if let Some(key) = key::of(&sender, text) {
                self.found.add_with(causes, self.label.clone(), key);
            }
            let causes = [causes, &[Cause::SecretDecodedWhsec]].concat();
            self.found.add_with(&causes, self.label.clone(), text.to_vec());
        } else {
            self.found.add_with(causes, self.label.clone(), text.to_vec());
        }
    }

    fn corrections_of(&mut self, secret: &[u8]) {
        if let Some(line) = secret.strip_suffix(b"\r\n") {
            self.add(&[Cause::SecretTrailingCrLf], line);
        }
        let line = secret.trim_ascii_end();
        if let Some(end) = secret.strip_suffix(b"\n") {
            self.add(&[Cause::SecretTrailingNewline], end);
            if secret[line.len()..].iter().all(|byte| matches!(byte, b'\r' | b'\n')) {
                self.add(&[Cause::SecretTrailingNewline], line);
            }
        }
        self.wrapped(&[], secret);
        if line.len() < secret.len() && secret.ends_with(b"\n") {
            self.wrapped(&[Cause::SecretTrailingNewline], line);
        }
        self.at_the_sender(secret);
    }

    /// Something is around the secret, or it is written in another way.
    fn wrapped(&mut self, before: &[Cause], secret: &[u8]) {
        let mut add = |cause, key: &[u8]| self.add(&[before, &[cause]].concat(), key);
        if let Some(rest) = secret.strip_prefix(b"\xef\xbb\xbf") {
            add(Cause::SecretByteOrderMark, rest);
        }
        if let Some(text) = charset::from_utf16(secret) {
            add(Cause::SecretUtf16, text.trim_end().as_bytes());
        }
        add(Cause::SecretSpaced, secret.trim_ascii());
        if let Some(bare) = unquoted(secret) {
            add(Cause::SecretQuoted, bare);
        }
        for value in assigned(secret) {
            add(Cause::SecretInAssignment, value);
        }
        for text in strings_of(secret) {
            add(Cause::SecretInJson, text.as_bytes());
        }
        if let [rest @ .., b'%' | b';' | b','] = secret {
            add(Cause::SecretEndMark, rest.trim_ascii_end());
        }
        if let Some(rest) = without_echo(secret) {
            add(Cause::SecretEchoOption, rest.trim_ascii());
        }
        let word = secret.iter().position(|byte| b",:= ".contains(byte));
        let word = word.and_then(|end| secret.split_at_checked(end));
        if let Some((_, rest)) = word.filter(|(word, _)| is_word(word)) {
            add(Cause::SecretPrefixed, rest.get(1..).unwrap_or_default().trim_ascii());
        }
        let lines: Vec<_> =
            secret.split(|byte| b"\r\n".contains(byte)).map(<[u8]>::trim_ascii).collect();
        add(Cause::SecretWrapped, &lines.concat());
        let unspaced: Vec<u8> =
            secret.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        add(Cause::SecretSpaceInside, &unspaced);
        let parts = secret.split(|byte| b",;\n".contains(byte)).map(<[u8]>::trim_ascii);
        // A word before a secret makes no list.
        let parts = parts.filter(|part| !part.is_empty() && !is_word(part));
        let parts: Vec<_> = parts.take(MOST).collect();
        if parts.len() > 1 {
            parts.into_iter().for_each(|part| add(Cause::SecretList, part));
        }
        let (first, second) = secret.split_at(secret.len() / 2);
        if first == second {
            add(Cause::SecretDoubled, first);
        }
        if let Some((plain, _)) = unescape(&[secret, b"\0"].concat(), 0) {
            add(Cause::SecretEscaped, &plain);
            add(Cause::SecretEscaped, plain.trim_ascii_end());
        }
        let whsec = secret.strip_prefix(b"v1,").unwrap_or(secret).strip_prefix(b"whsec_");
        if let Some(rest) = whsec {
            decoded_base64(rest).iter().for_each(|key| add(Cause::SecretStandardWebhooks, key));
            add(Cause::SecretInWhsec, rest);
        }
        decoded_base64(secret)
            .iter()
            .for_each(|key| add(Cause::SecretBase64, key.trim_ascii_end()));
        decoded_base64(secret).iter().for_each(|key| add(Cause::SecretBase64, key));
        if let Ok(key) = base16ct::mixed::decode_vec(secret) {
            add(Cause::SecretHex, &key);
        }
        add(Cause::SecretPercentEncoded, &url_decoded(secret));
        match core::str::from_utf8(secret) {
            Ok(text) => {
                let visible: String =
                    text.chars().filter(|letter| !is_invisible(*letter)).collect();
                add(Cause::SecretInvisible, visible.as_bytes());
                add(Cause::SecretInvisible, &without_colours(secret));
                for key in CHARSETS.iter().filter_map(|charset| charset.write(text)) {
                    add(Cause::SecretCharset, &key);
                }
                add(Cause::SecretCase, text.to_lowercase().as_bytes());
                add(Cause::SecretCase, text.to_uppercase().as_bytes());
            }
            Err(_) => CHARSETS
                .iter()
                .filter_map(|charset| charset.read(secret))
                .for_each(|key| add(Cause::SecretCharset, key.as_bytes())),
        }
    }

    /// The secret is right here, and went wrong on its way to the sender, or was decoded here.
    fn at_the_sender(&mut self, secret: &[u8]) {
        self.add(&[Cause::SecretWhsecLost], [b"whsec_", secret].concat());
        let encoded = Base64::encode_string(secret);
        self.add(&[Cause::SecretDecodedWhsec], format!("whsec_{encoded}"));
        self.add(&[Cause::SecretDecodedBase64], encoded);
        self.add(&[Cause::SecretDecodedBase64], Base64Unpadded::encode_string(secret));
        self.add(&[Cause::SecretDecodedBase64], Base64Url::encode_string(secret));
        self.add(&[Cause::SecretDecodedBase64], Base64UrlUnpadded::encode_string(secret));
        self.add(&[Cause::SecretDecodedHex], base16ct::lower::encode_string(secret));
        self.add(&[Cause::SecretDecodedHex], base16ct::upper::encode_string(secret));
        self.add(&[Cause::SecretNewlineLost], [secret, b"\n"].concat());
        self.add(&[Cause::SecretNewlineLost], [secret, b"\r\n"].concat());
        self.add(&[Cause::SecretSpaceLost], [secret, b" "].concat());
        self.add(&[Cause::SecretSpaceLost], [b" ", secret].concat());
        self.add(&[Cause::SecretShellExpanded], expanded(secret));
        for end in [b'#', b' ', b'\n', b'\0'] {
            let places = secret.iter().enumerate().filter(|(_, byte)| **byte == end);
            for (place, _) in places.filter(|(place, _)| *place > 0).take(MOST) {
                self.add(&[Cause::SecretCutShort], secret[..place].trim_ascii_end());
            }
        }
        for columns in COLUMNS.into_iter().filter(|columns| *columns < secret.len()) {
            for end in [&b"\n"[..], b"\r\n"] {
                let wrapped = secret.chunks(columns).collect::<Vec<_>>().join(end);
                self.add(&[Cause::SecretWrapLost], &wrapped);
                self.add(&[Cause::SecretWrapLost], [&wrapped, end].concat());
            }
        }
        let digest = Sha256::digest(secret);
        self.add(&[Cause::SecretHashed], digest);
        self.add(&[Cause::SecretHashed], base16ct::lower::encode_string(&digest));
    }
}

fn is_word(text: &[u8]) -> bool {
    WORDS.iter().any(|word| text.eq_ignore_ascii_case(word.as_bytes()))
}

/// What a shell's `echo` printed behind its option, which it took for a text.
pub(super) fn without_echo(text: &[u8]) -> Option<&[u8]> {
    ["-n ", "-e ", "-ne ", "-en "].iter().find_map(|option| text.strip_prefix(option.as_bytes()))
}

fn unquoted(secret: &[u8]) -> Option<&[u8]> {
    let quotes = [
        ("\"", "\""),
        ("'", "'"),
        ("$'", "'"),
        ("`", "`"),
        ("\u{201c}", "\u{201d}"),
        ("\u{2018}", "\u{2019}"),
        ("<", ">"),
    ];
    quotes.iter().find_map(|(open, close)| {
        secret.strip_prefix(open.as_bytes())?.strip_suffix(close.as_bytes())
    })
}

/// What is behind `NAME=`, with quotes and without.
fn assigned(secret: &[u8]) -> Vec<&[u8]> {
    let line = secret.trim_ascii();
    let line = line.strip_prefix(b"export ").unwrap_or(line);
    let Some(end) = line.iter().position(|byte| *byte == b'=') else { return Vec::new() };
    let (name, value) = (&line[..end], line[end + 1..].trim_ascii());
    let is_name = name.first().is_some_and(|byte| !byte.is_ascii_digit())
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    if is_name {
        [Some(value), unquoted(value)].into_iter().flatten().collect()
    } else {
        Vec::new()
    }
}

/// The texts in a JSON object.
fn strings_of(secret: &[u8]) -> Vec<String> {
    match serde_json::from_slice(secret) {
        Ok(Value::Object(fields)) => {
            let texts = fields.into_iter().filter_map(|(_, value)| match value {
                Value::String(text) => Some(text),
                _ => None,
            });
            texts.take(MOST).collect()
        }
        _ => Vec::new(),
    }
}

pub(super) fn decoded_base64(text: &[u8]) -> Option<Vec<u8>> {
    let text = core::str::from_utf8(text.trim_ascii()).ok()?;
    let decoded = Base64::decode_vec(text)
        .or_else(|_| Base64Unpadded::decode_vec(text))
        .or_else(|_| Base64Url::decode_vec(text))
        .or_else(|_| Base64UrlUnpadded::decode_vec(text));
    decoded.ok().filter(|bytes| !bytes.is_empty())
}

fn is_invisible(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{a0}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}'
        )
}

/// What a shell leaves of a word in double quotes, where no variable is set.
fn expanded(secret: &[u8]) -> Vec<u8> {
    let mut left = Vec::new();
    let mut rest = secret;
    while let Some((byte, tail)) = rest.split_first() {
        rest = tail;
        match tail.first() {
            Some(b'{') if *byte == b'$' => {
                let end =
                    tail.iter().position(|byte| *byte == b'}').map_or(tail.len(), |end| end + 1);
                rest = &tail[end..];
            }
            Some(next) if *byte == b'$' && (next.is_ascii_alphabetic() || *next == b'_') => {
                let end =
                    tail.iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
                rest = &tail[end.unwrap_or(tail.len())..];
            }
            // `$1` and the like.
            Some(next) if *byte == b'$' && next.is_ascii_digit() => rest = &tail[1..],
            _ => left.push(*byte),
        }
    }
    left
}
