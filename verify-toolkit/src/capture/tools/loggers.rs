//! Logs of libraries and servers that have the whole of a request, in lines of their own.

use super::{bare, flow::Flows, lines};
use crate::capture::{
    curl::{path_of, unescape},
    http::{MOST, find},
    line::{Prefix, without_last_end},
};

/// The request line that HTTP has for a method and a URL.
fn request_line(method: &[u8], url: &[u8]) -> Option<Vec<u8>> {
    let is_method = !method.is_empty() && method.iter().all(u8::is_ascii_uppercase);
    let is_url = url.starts_with(b"http://") || url.starts_with(b"https://");
    let path = path_of(core::str::from_utf8(url).ok()?);
    (is_method && is_url).then(|| [method, b" ", path.as_bytes(), b" HTTP/1.1\n"].concat())
}

/// The first two words of a text.
fn words(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut words = text.split(u8::is_ascii_whitespace);
    Some((words.next()?, words.next()?))
}

/// `---> POST http://h/hook HTTP/1.1` of Feign and `--> POST ..` of OkHttp, the lines of the request with the same in
/// front as the arrow, and `---> END HTTP (243-byte body)`.
pub(super) fn arrows(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut requests: Vec<Vec<u8>> = Vec::new();
    let mut open: Option<(Prefix<'_>, Vec<u8>)> = None;
    let mut is_known = false;
    for line in lines(text) {
        let Some((prefix, request)) = &mut open else {
            let Some((front, own)) = arrow(line) else { continue };
            let first = words(own).and_then(|(method, url)| request_line(method, url));
            open = first.map(|first| (Prefix::new(front), first));
            is_known |= open.is_some();
            continue;
        };
        let own = prefix.strip(line).unwrap_or(line);
        if !arrow(own).is_some_and(|(_, own)| own.starts_with(b"END ")) {
            request.extend_from_slice(own);
            continue;
        }
        let has_body = [&b"\n\n"[..], b"\n\r\n"].iter().any(|end| find(request, end).is_some());
        if !has_body && request.starts_with(b"GET ") {
            request.push(b'\n');
        }
        // At lower levels there is no body.
        let is_whole = has_body || request.starts_with(b"GET ");
        requests.extend(open.take().filter(|_| is_whole).map(|(_, request)| request));
    }
    requests.truncate(MOST);
    is_known.then(|| without_ends(requests))
}

/// What stands in front of an arrow, and behind.
fn arrow(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = find(line, b"--> ")?;
    let front = line.get(..at)?;
    Some((front.strip_suffix(b"-").unwrap_or(front), line.get(at + b"--> ".len()..)?))
}

/// `1 > POST http://h/hook` of Jersey, `1 > ` in front of the headers, and the body without it up to an empty line.
pub(super) fn jersey(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut requests: Vec<Vec<u8>> = Vec::new();
    let mut lines = lines(text).peekable();
    while let Some(line) = lines.next() {
        let Some((front, own)) = numbered(line) else { continue };
        let Some(mut request) = words(own).and_then(|(method, url)| request_line(method, url))
        else {
            continue;
        };
        let is_header = |line: &&[u8]| line.starts_with(front);
        while let Some(line) = lines.next_if(is_header) {
            request.extend_from_slice(line.get(front.len()..)?);
        }
        request.push(b'\n');
        while let Some(line) = lines.next_if(|line| !line.trim_ascii().is_empty()) {
            request.extend_from_slice(line);
        }
        requests.push(request);
    }
    requests.truncate(MOST);
    (!requests.is_empty()).then(|| without_ends(requests))
}

/// `1 > `, and what stands behind.
fn numbered(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let digits = line.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (front, own) = line.split_at_checked(digits + b" > ".len())?;
    (digits > 0 && front.ends_with(b" > ")).then_some((front, own))
}

/// `REQUEST: http://h/hook` of Ktor, `METHOD: HttpMethod(value=POST)`, headers behind `-> `, and the body between
/// `BODY START` and `BODY END`.
pub(super) fn ktor(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut requests: Vec<Vec<u8>> = Vec::new();
    let mut url: Option<&[u8]> = None;
    let mut lines = lines(text);
    while let Some(line) = lines.next() {
        let line = bare(line);
        let after = |mark: &[u8]| line.get(find(line, mark)? + mark.len()..);
        if let Some(own) = after(b"REQUEST: ") {
            url = Some(own);
        } else if let Some(method) = after(b"METHOD: HttpMethod(value=") {
            let method = method.strip_suffix(b")").unwrap_or(method);
            requests.extend(url.take().and_then(|url| request_line(method, url)));
        } else if let Some(request) = requests.last_mut() {
            if let Some(header) = line.strip_prefix(b"-> ") {
                request.extend([header, b"\n"].concat());
            } else if line.ends_with(b"BODY START") {
                request.push(b'\n');
                let body = lines.by_ref().take_while(|line| !line.starts_with(b"BODY END"));
                body.for_each(|line| request.extend_from_slice(line));
            }
        }
    }
    requests.truncate(MOST);
    (!requests.is_empty()).then(|| without_ends(requests))
}

/// Takes off the line end that is of the log.
fn without_ends(mut requests: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    for request in &mut requests {
        let length = without_last_end(request).len();
        request.truncate(length);
    }
    requests
}

/// `[client 127.0.0.1:5000] mod_dumpio:  dumpio_in (data-HEAP): POST /hook HTTP/1.1\r\n` of Apache, and before each
/// its length as `16 bytes`.
pub(super) fn dumpio(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    const MARK: &[u8] = b"dumpio_in (data-";
    let mut flows = Flows::default();
    for line in lines(text) {
        let Some(at) = find(line, MARK) else { continue };
        let (front, own) = line.split_at(at);
        let own = own.get(find(own, b"): ")? + b"): ".len()..)?;
        let is_length = bare(own)
            .strip_suffix(b" bytes")
            .is_some_and(|length| length.iter().all(u8::is_ascii_digit));
        if is_length {
            continue;
        }
        let client = find(front, b"[client ").and_then(|at| front.get(at..)).unwrap_or_default();
        let client = client.split(|byte| *byte == b']').next().unwrap_or_default();
        flows.add(client, None, &unescape(&[bare(own), b"\n"].concat(), b'\n')?.0);
    }
    flows.requests()
}
