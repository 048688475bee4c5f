//! Requests that are printed as text, with marks around or in front.

use super::{bare, lines};
use crate::capture::{
    curl::path_of,
    http::{begins_request, find, is_answer, request_line},
    line::without_last_end,
};

/// `127.0.0.1:37668: POST http://127.0.0.1:8080/hook`, head and body indented by four, ` << 401 ..`.
pub(super) fn mitmdump(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut requests = Vec::new();
    let mut is_known = false;
    let mut lines = lines(text).map(bare).peekable();
    while let Some(line) = lines.next() {
        let Some(first) = mitm_line(line) else { continue };
        is_known = true;
        let mut request = first;
        let mut has_head = false;
        while let Some(line) = lines.next_if(|line| line.is_empty() || line.starts_with(b"    ")) {
            // Of what comes after an empty line, the answer is not indented.
            has_head |= !line.is_empty();
            request.extend_from_slice(line.get(4..).unwrap_or_default());
            request.push(b'\n');
        }
        if has_head {
            let end = request.trim_ascii_end().len();
            let has_body = find(request.get(..end)?, b"\n\n").is_some();
            request.truncate(end);
            if has_body {
                requests.push(request);
            }
        }
    }
    is_known.then_some(requests)
}

fn mitm_line(line: &[u8]) -> Option<Vec<u8>> {
    let mut words = line.split(|byte| *byte == b' ');
    let (from, method, url) = (words.next()?, words.next()?, words.next()?);
    let is_line = from.ends_with(b":")
        && from.contains(&b'.')
        && method.iter().all(u8::is_ascii_uppercase)
        && url.starts_with(b"http");
    let path = path_of(core::str::from_utf8(url).ok()?);
    is_line.then(|| [method, b" ", path.as_bytes(), b" HTTP/1.1\n"].concat())
}

/// `---request begin---` and `---request end---`, and `[BODY data: ..]` or `[POST data: ..]`.
pub(super) fn wget(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mark: &[u8] = b"---request begin---\n";
    let start = find(text, mark)? + mark.len();
    let rest = text.get(start..)?;
    let Some(end) = find(rest, b"---request end---") else { return Some(Vec::new()) };
    let (head, rest) = rest.split_at(end);
    let body = [&b"[BODY data: "[..], b"[POST data: "].into_iter().find_map(|mark| {
        let body = rest.get(find(rest, mark)? + mark.len()..)?;
        body.get(..find(body, b"]\n")?)
    });
    Some(body.map(|body| [head, body].concat()).into_iter().collect())
}

/// `< ` in front of the lines of the request, and of the first line of its body; `> ` for the answer.
pub(super) fn toolbelt(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut requests: Vec<Vec<u8>> = Vec::new();
    let mut is_request = false;
    for line in lines(text) {
        let own = line.strip_prefix(b"< ").unwrap_or(line);
        if line.len() > own.len() && begins_request(own) {
            requests.push(Vec::new());
            is_request = true;
        } else if line.strip_prefix(b"> ").is_some_and(is_answer) {
            is_request = false;
        }
        if let Some(request) = requests.last_mut().filter(|_| is_request) {
            request.extend_from_slice(own);
        }
    }
    for request in &mut requests {
        // Of the dump.
        let length = request.strip_suffix(b"\r\n\r\n").map_or(request.len(), <[u8]>::len);
        request.truncate(length);
    }
    (!requests.is_empty()).then_some(requests)
}

/// `HTTP 30336: ..`, and the headers as an object.
pub(super) fn node(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let is_log = |line: &[u8]| {
        let rest = line.strip_prefix(b"HTTP ").unwrap_or_default();
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        digits > 0 && rest.get(digits..).is_some_and(|rest| rest.starts_with(b": "))
    };
    lines(text).take(100).any(is_log).then(Vec::new)
}

/// The text of the request, sorted and indented, a blank line, and the answer.
pub(super) fn httpie(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let start = text.get(..8192.min(text.len()))?;
    let is_own = [&b"User-Agent: HTTPie/"[..], b"User-Agent: xh/"]
        .iter()
        .any(|agent| find(start, agent).is_some());
    let is_indented = find(text, b"\n{\n    \"").is_some();
    let (line, offset) = request_line(text)?;
    (is_own && is_indented).then(|| vec![text.get(line + offset..).unwrap_or_default().to_vec()])
}

/// `> ` in front of the head, and the body behind it if somebody put it there. Text that was quoted in
/// mail looks the same.
pub(super) fn curl(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let is_first = |line: &&[u8]| {
        line.starts_with(b"> ") && line.strip_prefix(b"> ").is_some_and(begins_request)
    };
    let mut lines = lines(text).skip_while(|line| !is_first(line)).peekable();
    lines.peek()?;
    let mut request = Vec::new();
    while let Some(line) = lines.next_if(|line| line.starts_with(b">")) {
        request.extend_from_slice(line.strip_prefix(b"> ").unwrap_or(line.get(1..)?));
    }
    // What curl says next is not the body. `{ [` begins no JSON.
    let is_of_curl =
        |line: &&[u8]| matches!(line, [b'*' | b'<', b' ', ..] | [b'{' | b'}', b' ', b'[', ..]);
    let is_body = |line: &&[u8]| !matches!(line, [b'*' | b'<', b' ', ..]);
    if lines.peek().is_some_and(|line| !is_of_curl(line)) {
        lines.take_while(is_body).for_each(|line| request.extend_from_slice(line));
    } else {
        request.truncate(without_last_end(&request).len());
    }
    Some(vec![request])
}
