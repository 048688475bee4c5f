//! Headers in lines, in whichever list or table they stand.

use super::headers::Headers;
use crate::capture::signed_by;

/// What lines say in front of a body, if they do not end in a colon.
const SAYING: [&str; 9] = [
    "body",
    "content",
    "data",
    "payload",
    "raw body",
    "request body",
    "RequestBody",
    "request payload",
    "raw",
];

/// Finds lines of headers, one of which has a sender's signature, and what is in front and behind. In
/// front of the first may stand what a program printed on the same line.
pub(super) fn header_lines(text: &str) -> Option<(Headers, &str, &str)> {
    let mut headers = Headers::new();
    let (mut start, mut end) = (0, 0);
    // A name with a colon, whose value stands in the next line, as browsers show them.
    let mut open = None;
    for line in text.split_inclusive('\n') {
        // Only the last word in front of the colon may be a name.
        let first = || {
            let colon = line.find(": ")?;
            header_in(&line[line[..colon].rfind(' ').map_or(0, |space| space + 1)..])
        };
        let header = match open.take() {
            Some(name) => header_in(line).or(Some((name, line.trim()))),
            None => {
                let name = line.trim_end().strip_suffix(':').filter(|name| is_token(name));
                open = name.filter(|name| !is_label(name));
                header_in(line).or_else(|| if headers.is_empty() { first() } else { None })
            }
        };
        match header {
            Some((name, _)) if is_label(name) && is_signed(&headers) => break,
            Some((name, value)) => headers.push((name.to_owned(), value.as_bytes().to_vec())),
            None if open.is_some() => {}
            None if is_signed(&headers) => break,
            None => {
                headers.clear();
                start = end;
                let header = first().into_iter();
                headers.extend(
                    header.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec())),
                );
            }
        }
        end += line.len();
    }
    is_signed(&headers).then(|| (headers, &text[..start], &text[end..]))
}

/// The header that a line has, in whichever list or table it stands.
fn header_in(line: &str) -> Option<(&str, &str)> {
    const SEPARATORS: [&str; 8] = [": ", "\t", " | ", " = ", " => ", "**: ", ", Value: ", "="];
    let line = line.trim().trim_start_matches(['|', '-', '*', ' ']);
    let line = line.strip_prefix("Header Name: ").unwrap_or(line);
    // REST Assured has the first on the line of the title.
    let line = line.strip_prefix("Headers:\t").map_or(line, str::trim_start);
    let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || "-_".contains(c)))?;
    let (name, rest) = line.split_at(end);
    let value = SEPARATORS.iter().find_map(|separator| rest.strip_prefix(separator))?;
    let value = value.trim_end_matches([' ', '|']).trim();
    let quotes = [('"', '"'), ('\'', '\''), ('`', '`'), ('[', ']')];
    let inner = quotes.iter().find_map(|(open, close)| {
        value.trim_end_matches(',').strip_prefix(*open)?.strip_suffix(*close)
    });
    is_token(name).then(|| (name, inner.unwrap_or(value)))
}

fn is_signed(headers: &Headers) -> bool {
    signed_by(headers.iter().map(|(name, _)| name.as_str())).is_some()
}

fn is_token(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// Whether a line says that a body follows, and nothing else: a title, a fence, a rule.
pub(super) fn is_label(line: &str) -> bool {
    let words = line.trim_matches(|c: char| !c.is_alphanumeric());
    let is_rule = words.is_empty() && !line.contains(['{', '[', '(', '<', '"', '\'', '\\']);
    let is_fence = ["```", "~~~"].iter().any(|fence| line.trim_start().starts_with(fence));
    is_rule || is_fence || SAYING.iter().any(|saying| saying.eq_ignore_ascii_case(words))
}
