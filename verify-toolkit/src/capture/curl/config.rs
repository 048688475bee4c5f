//! The file of `curl -K`: an option in each line, `name = value`.

use super::{options, sent_by, words::Word};
use crate::capture::{
    CaptureError,
    http::{MOST, Noted},
};

/// Reads what a command with these options sends, if the text is such a file.
pub(in crate::capture) fn config(text: &[u8]) -> Option<Vec<Result<Noted, CaptureError>>> {
    let mut words = vec![Word { text: b"curl".to_vec(), at: 0 }];
    let mut has_url = false;
    let mut at = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let start = at;
        at += line.len();
        let own = line.trim_ascii();
        if own.is_empty() || own.starts_with(b"#") {
            continue;
        }
        let is_end = |byte: &u8| byte.is_ascii_whitespace() || b"=:".contains(byte);
        // `-:` is an option.
        let length = own.iter().skip(2).position(is_end).map_or(own.len(), |end| end + 2);
        let (name, value) = own.split_at_checked(length)?;
        let has_value = options::option(name)?;
        if words.len() > MOST {
            return None;
        }
        has_url |= name == b"url" || name == b"--url";
        let dashes: &[u8] = if name.starts_with(b"-") { b"" } else { b"--" };
        words.push(Word { text: [dashes, name].concat(), at: start });
        if has_value {
            let value = value.trim_ascii_start();
            let value = value.strip_prefix(b"=").or(value.strip_prefix(b":")).unwrap_or(value);
            words.push(Word { text: unquoted(value.trim_ascii_start()), at: start });
        }
    }
    let requests = sent_by(&words, None, text.len()).into_iter();
    let requests = requests.map(|read| match read {
        Ok(request) => Ok((request, Vec::new())),
        Err((at, problem)) => Err(super::CurlError::at(text, at, problem).into()),
    });
    has_url.then(|| requests.collect())
}

/// A value, without the quotes around it.
fn unquoted(value: &[u8]) -> Vec<u8> {
    let Some(mut rest) = value.strip_prefix(b"\"") else {
        return value.split(u8::is_ascii_whitespace).next().unwrap_or_default().to_vec();
    };
    let mut plain = Vec::with_capacity(rest.len());
    while let Some((byte, tail)) = rest.split_first() {
        let (own, after) = match (byte, tail.split_first()) {
            (b'"', _) => break,
            (b'\\', Some((b'n', after))) => (b'\n', after),
            (b'\\', Some((b'r', after))) => (b'\r', after),
            (b'\\', Some((b't', after))) => (b'\t', after),
            (b'\\', Some((b'v', after))) => (0x0b, after),
            (b'\\', Some((escaped, after))) => (*escaped, after),
            _ => (*byte, tail),
        };
        plain.push(own);
        rest = after;
    }
    plain
}
