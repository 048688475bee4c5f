//! What the options of a command say of one request.

use base64ct::{Base64, Encoding as _};

use super::{CurlProblem, options::Effect, path_of, percent_encoded, url_decoded};
use crate::WireRequest;

/// What the options said so far.
#[derive(Default)]
pub(super) struct Sent {
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
    pub(super) fn take(
        &mut self,
        effect: Effect,
        value: &[u8],
        input: Option<&[u8]>,
    ) -> Result<(), CurlProblem> {
        match effect {
            Effect::Config => return Err(CurlProblem::ConfigFile),
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
            Effect::Next | Effect::Nothing => {}
            Effect::Referer => self.defaults.push(("referer", value.to_vec())),
            Effect::Refused => return Err(CurlProblem::Unsupported),
            Effect::Target => self.target = Some(text(value)?),
            Effect::Token => self.defaults.push(("authorization", [b"Bearer ", value].concat())),
            Effect::Upload => return Err(CurlProblem::File),
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

    pub(super) fn request(self) -> Option<WireRequest> {
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

/// User and password in a URL, decoded.
fn user_of(url: &str) -> Option<Vec<u8>> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let (user, _) = authority.rsplit_once('@')?;
    Some(url_decoded(user.as_bytes()))
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
