mod error;
mod input;
mod options;
mod place;
mod words;

use base64ct::{Base64, Encoding as _};

pub use error::{CurlError, CurlProblem};
pub(crate) use words::unescape;

use super::{
    CaptureError,
    http::{MOST, Noted, find},
};
use crate::WireRequest;
use options::{Arguments, Effect};
use place::{Detour, detour, first};
pub(super) use place::{begins, command, without_second_prompts};

/// Reads what the commands of a text send, the first of which begins at this place.
pub(super) fn requests(text: &[u8], start: usize) -> Vec<Result<Noted, CaptureError>> {
    let mut requests = Vec::new();
    let is_comment = first(text, false).is_none();
    let mut at = start;
    loop {
        let length = match parse(text, at) {
            Ok((request, end)) => {
                requests.push(Ok((request, Vec::new())));
                end - at
            }
            Err(error) => {
                let is_open = error.problem == CurlProblem::LinesOpen;
                requests.push(Err(error.into()));
                if is_open {
                    // All the rest is of these lines.
                    return requests;
                }
                4
            }
        };
        let rest = text.get(at + length..).unwrap_or_default();
        // What stands in the same line is piped, or a comment.
        let line = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |end| end + 1);
        let rest = rest.get(line..).unwrap_or_default();
        match first(rest, is_comment).filter(|_| requests.len() < MOST) {
            Some((place, _)) => at = text.len() - rest.len() + place,
            None => return requests,
        }
    }
}

/// Reads what a `curl` command sends, and where it ends.
fn parse(text: &[u8], start: usize) -> Result<(WireRequest, usize), CurlError> {
    let fail = |at: usize, problem| CurlError::at(text, at, problem);
    let own = text.get(start..).unwrap_or_default();
    let (detour, command) = detour(own);
    let before = start;
    let start = text.len() - command.len();

    let (words, end) = words::split(command).map_err(|(at, problem)| fail(start + at, problem))?;
    let mut end = start + end;
    let input = match detour {
        Detour::Echo(base64) => {
            Some(decoded(base64).ok_or_else(|| fail(before, CurlProblem::Input))?)
        }
        Detour::Lines => {
            let (input, length) = in_base64(text.get(end..).unwrap_or_default())
                .ok_or_else(|| fail(end, CurlProblem::Input))?;
            end += length;
            Some(input)
        }
        Detour::Printed(input) => Some(input),
        Detour::None => {
            let input = input::redirected(text.get(end..).unwrap_or_default())
                .map_err(|(at, problem)| fail(end + at, problem))?;
            end += input.as_ref().map_or(0, |(_, length)| *length);
            input.map(|(input, _)| input)
        }
    };

    let mut sent = Sent::default();
    let mut arguments = Arguments::new(&words);
    while let Some((at, argument)) = arguments.next() {
        let taken = argument.and_then(|(effect, value)| sent.take(effect, value, input.as_deref()));
        taken.map_err(|problem| fail(start + at, problem))?;
    }
    let request = sent.request().ok_or_else(|| fail(end, CurlProblem::UrlMissing))?;
    Ok((request, end))
}

/// Reads the lines up to `END`, and how long they are.
fn in_base64(text: &[u8]) -> Option<(Vec<u8>, usize)> {
    let own = text.strip_prefix(b"\n").or(text.strip_prefix(b"\r\n"))?;
    let end = if own.starts_with(b"END") { 0 } else { find(own, b"\nEND")? };
    Some((decoded(&own[..end])?, text.len() - own.len() + end))
}

/// Decodes base64, in lines or not.
fn decoded(base64: &[u8]) -> Option<Vec<u8>> {
    let base64 = base64.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect::<Vec<_>>();
    Base64::decode_vec(core::str::from_utf8(&base64).ok()?).ok()
}

/// What the options said so far.
#[derive(Default)]
struct Sent {
    method: Option<String>,
    url: Option<String>,
    target: Option<String>,
    headers: Vec<(String, Vec<u8>)>,
    /// Headers that are not to be sent, in lower case.
    removed: Vec<String>,
    /// What curl sends where no header says otherwise.
    defaults: Vec<(&'static str, Vec<u8>)>,
    body: Option<Vec<u8>>,
    in_query: bool,
    head_only: bool,
}

impl Sent {
    fn take(
        &mut self,
        effect: Effect,
        value: &[u8],
        input: Option<&[u8]>,
    ) -> Result<(), CurlProblem> {
        match effect {
            Effect::Cookie if !value.contains(&b'=') => return Err(CurlProblem::File),
            Effect::Cookie => self.defaults.push(("cookie", value.to_vec())),
            Effect::Data | Effect::DataBinary | Effect::Json => {
                let lines;
                let data = match value.strip_prefix(b"@") {
                    None => value,
                    Some(b"-") if effect == Effect::Data => {
                        // curl drops these from what it reads.
                        let input = input.ok_or(CurlProblem::File)?.iter().copied();
                        lines = input.filter(|byte| !b"\r\n\0".contains(byte)).collect::<Vec<_>>();
                        &lines
                    }
                    Some(b"-") => input.ok_or(CurlProblem::File)?,
                    Some(_) => return Err(CurlProblem::File),
                };
                let joint: &[u8] = if effect == Effect::Json { b"" } else { b"&" };
                self.add(data, joint);
                if effect == Effect::Json {
                    self.defaults.push(("content-type", b"application/json".to_vec()));
                    self.defaults.push(("accept", b"application/json".to_vec()));
                }
            }
            Effect::DataRaw => self.add(value, b"&"),
            Effect::DataUrlEncoded => self.add(&url_encoded(value)?, b"&"),
            Effect::Get => self.in_query = true,
            Effect::Head => self.head_only = true,
            Effect::Header => self.header(value)?,
            Effect::Method => self.method = Some(text(value)?),
            Effect::Nothing => {}
            Effect::Referer => self.defaults.push(("referer", value.to_vec())),
            Effect::Refused => return Err(CurlProblem::Unsupported),
            Effect::Target => self.target = Some(text(value)?),
            Effect::Token => self.defaults.push(("authorization", [b"Bearer ", value].concat())),
            Effect::Url if self.url.is_some() => return Err(CurlProblem::UrlRepeated),
            Effect::Url => self.url = Some(text(value)?),
            Effect::User if !value.contains(&b':') => return Err(CurlProblem::Prompt),
            Effect::User => {
                let credentials = format!("Basic {}", Base64::encode_string(value));
                self.defaults.push(("authorization", credentials.into_bytes()));
            }
            Effect::UserAgent => self.defaults.push(("user-agent", value.to_vec())),
        }
        Ok(())
    }

    fn add(&mut self, data: &[u8], joint: &[u8]) {
        match &mut self.body {
            None => self.body = Some(data.to_vec()),
            Some(body) => {
                body.extend_from_slice(joint);
                body.extend_from_slice(data);
            }
        }
    }

    fn header(&mut self, line: &[u8]) -> Result<(), CurlProblem> {
        if line.starts_with(b"@") {
            return Err(CurlProblem::File);
        }
        let end = line.iter().position(|byte| *byte == b':');
        let (name, value) = match (end, line.strip_suffix(b";")) {
            (Some(end), _) => (&line[..end], line[end + 1..].trim_ascii()),
            (None, Some(name)) => {
                self.headers.push((text(name)?, Vec::new()));
                return Ok(());
            }
            // curl sends nothing of it.
            (None, None) => return Ok(()),
        };
        let name = text(name)?;
        if value.is_empty() {
            self.removed.push(name.to_ascii_lowercase());
        } else {
            self.headers.push((name, value.to_vec()));
        }
        Ok(())
    }

    fn request(self) -> Option<WireRequest> {
        let Self {
            method,
            url,
            target,
            mut headers,
            removed,
            mut defaults,
            body,
            in_query,
            head_only,
        } = self;
        let url = url?;
        let mut path = path_of(&url);
        let mut content = body.clone().unwrap_or_default();
        if in_query {
            let joint = if path.contains('?') { '&' } else { '?' };
            path = format!("{path}{joint}{}", String::from_utf8_lossy(&content));
            content.clear();
        } else if body.is_some() {
            defaults.push(("content-type", b"application/x-www-form-urlencoded".to_vec()));
        }
        if let Some(user) = user_of(&url) {
            let credentials = format!("Basic {}", Base64::encode_string(&user));
            defaults.push(("authorization", credentials.into_bytes()));
        }
        for (name, value) in defaults {
            let known = headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
            if !known && !removed.iter().any(|other| other == name) {
                headers.push((name.to_owned(), value));
            }
        }
        let own = match body {
            _ if head_only => "HEAD",
            Some(_) if !in_query => "POST",
            _ => "GET",
        };
        Some(WireRequest {
            method: method.unwrap_or_else(|| own.to_owned()),
            path: target.unwrap_or(path),
            headers,
            body: content,
        })
    }
}

fn text(bytes: &[u8]) -> Result<String, CurlProblem> {
    String::from_utf8(bytes.to_vec()).map_err(|_| CurlProblem::NotUtf8)
}

/// What is sent of a URL: without scheme, authority and fragment.
pub(super) fn path_of(url: &str) -> String {
    let url = url.split_once("://").map_or(url, |(_, rest)| rest);
    let url = url.split('#').next().unwrap_or_default();
    match url.find(['/', '?']) {
        Some(start) if url[start..].starts_with('?') => format!("/{}", &url[start..]),
        Some(start) => url[start..].to_owned(),
        None => "/".to_owned(),
    }
}

/// User and password in a URL, decoded.
fn user_of(url: &str) -> Option<Vec<u8>> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let (user, _) = authority.rsplit_once('@')?;
    Some(url_decoded(user.as_bytes()))
}

/// Undoes percent-encoding. What is none stays as it is.
pub(crate) fn url_decoded(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, tail)) = rest.split_first() {
        let code = tail.get(..2).and_then(|digits| base16ct::mixed::decode_vec(digits).ok());
        match (byte, code.as_deref()) {
            (b'%', Some([code])) => {
                plain.push(*code);
                rest = &tail[2..];
            }
            _ => {
                plain.push(*byte);
                rest = tail;
            }
        }
    }
    plain
}

/// What `--data-urlencode` makes of its value.
fn url_encoded(value: &[u8]) -> Result<Vec<u8>, CurlProblem> {
    let end = value.iter().position(|byte| matches!(byte, b'=' | b'@'));
    let (name, content) = match end {
        Some(end) if value[end] == b'@' => return Err(CurlProblem::File),
        Some(0) => (&b""[..], &value[1..]),
        Some(end) => value.split_at(end + 1),
        None => (&b""[..], value),
    };
    // As in a form.
    let encoded = content.split(|byte| *byte == b' ').map(percent_encoded).collect::<Vec<_>>();
    Ok([name, &encoded.join(&b'+')].concat())
}

/// Percent-encodes everything but the unreserved characters of RFC 3986, section 2.3.
pub(crate) fn percent_encoded(content: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(content.len());
    for byte in content {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            encoded.push(*byte);
        } else {
            encoded.extend_from_slice(format!("%{byte:02X}").as_bytes());
        }
    }
    encoded
}
