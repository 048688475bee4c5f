//! Finds the requests in a text, whoever printed it.

use super::{
    Capture, CaptureError, Note, bruno, curl, forms,
    http::{self, Noted, begins_request},
    http_file,
    line::{self, Prefix},
    signed_by, tools,
};

/// The requests that a text has.
pub(super) struct Source {
    origin: &'static str,
    requests: Vec<Result<Noted, CaptureError>>,
    /// What goes for all of them.
    pub(super) notes: Vec<Note>,
}

impl Source {
    /// Finds the requests of a text. Nothing if it does not look as if there were any.
    pub(super) fn find(text: &[u8]) -> Option<Self> {
        // What begins with a request is one as it stands, whatever is in its body.
        let first = without_blank_lines(text);
        if first.trim_ascii().is_empty() {
            return None;
        }
        if begins_request(first) || curl::begins(first) {
            return Self::plain(text);
        }
        let blocks = line::blocks(text).into_iter().filter_map(Self::plain);
        let in_blocks = blocks.reduce(|mut all, block| {
            all.requests.extend(block.requests);
            all
        });
        match in_blocks {
            Some(source) if source.is_good() => Some(source),
            other => Self::plain(text).or(other),
        }
    }

    /// The same where there are no fences.
    fn plain(text: &[u8]) -> Option<Self> {
        let text = without_blank_lines(text);
        let file = core::str::from_utf8(text).ok().filter(|_| !http::is_whole(text));
        if let Some(requests) = file.and_then(http_file::read) {
            return Some(Self::of("HTTP file", requests));
        }
        if let Some(requests) = file.and_then(bruno::read) {
            return Some(Self::of("Bruno file", requests));
        }
        if let Some(requests) = curl::config(text) {
            return Some(Self::of("file of `curl -K`", requests));
        }
        let place = http::request_line(text);
        let command =
            curl::command(text).filter(|(at, _)| place.is_none_or(|(line, _)| *at < line));
        let command = command.map(|(at, prompt)| Self::commands(text, at, prompt));
        match command {
            Some(source) if source.is_good() => Some(source),
            other => Self::http(text, place).or(other),
        }
    }

    fn of(origin: &'static str, requests: Vec<Result<Noted, CaptureError>>) -> Self {
        Self { origin, requests, notes: Vec::new() }
    }

    /// What a file of packets, or a tool, says was sent.
    pub(super) fn streams(streams: &[Vec<u8>], tool: &'static str, remedy: &'static str) -> Self {
        let requests: Vec<_> =
            streams.iter().flat_map(|stream| http::requests(stream)).take(http::MOST).collect();
        if requests.is_empty() {
            return Self::of("HTTP request", vec![Err(CaptureError::NoRequest { tool, remedy })]);
        }
        let mut source = Self::of("HTTP request", requests);
        source.notes.push(Note::PrintedBy { tool, remedy });
        source
    }

    /// Whether it has a request, or else knows what printed it.
    pub(super) fn is_known(&self) -> bool {
        let is_known = |error: &CaptureError| {
            !matches!(error, CaptureError::Folded { .. } | CaptureError::Http { .. })
        };
        self.requests.iter().any(|read| read.as_ref().err().is_none_or(is_known))
    }

    /// Whether it has a request with a signature.
    pub(super) fn is_signed(&self) -> bool {
        self.requests.iter().any(is_signed)
    }

    /// Whether it has a request that could be read.
    pub(super) fn is_good(&self) -> bool {
        self.requests.iter().any(Result::is_ok)
    }

    fn commands(text: &[u8], at: usize, prompt: usize) -> Self {
        let start = at - prompt;
        let own = text.get(start..).unwrap_or_default();
        let prefix = Prefix::new(own.get(..prompt).unwrap_or_default());
        let second = own.split(|byte| *byte == b'\n').nth(1);
        let is_common = prompt > 0
            && second
                .is_some_and(|line| !line.trim_ascii().is_empty() && prefix.strip(line).is_some());
        if is_common {
            let (plain, note) = prefix.take_off(own);
            let mut source = Self::of("curl command", curl::requests(&plain, 0));
            source.notes.push(note);
            return source;
        }
        if prompt == 0 {
            return Self::of("curl command", curl::requests(text, at));
        }
        let continued = curl::without_second_prompts(own);
        let before = text.get(..start).unwrap_or_default();
        Self::of("curl command", curl::requests(&[before, continued.as_slice()].concat(), at))
    }

    fn http(text: &[u8], place: Option<(usize, usize)>) -> Option<Self> {
        let is_plain = begins_request(text);
        if let Some((tool, streams)) = tools::read(text, is_plain) {
            let mut source = Self::streams(&streams, tool.name, tool.remedy);
            if tool.is_pretty {
                let reformatted = Note::Reformatted { tool: tool.name, remedy: tool.remedy };
                source.notes.iter_mut().for_each(|note| *note = reformatted.clone());
            }
            if tool.is_curl() {
                source.requests =
                    source.requests.into_iter().map(|read| read.and_then(with_body)).collect();
            }
            return Some(source);
        }
        let (line, offset) = place?;
        let own = text.get(line..)?;
        let prefix = Prefix::new(own.get(..offset)?);
        let header = own.split_inclusive(|byte| *byte == b'\n').nth(1).unwrap_or_default();
        let is_common = offset > 0
            && prefix.strip(header).is_some_and(|header| !header.trim_ascii().is_empty());
        if is_common {
            let (plain, note) = prefix.take_off(own);
            return Some(Self {
                notes: vec![note],
                ..Self::of("HTTP request", http::requests(&plain))
            });
        }
        // A log may indent all lines but the first.
        let indent = header.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        if offset > 0 && indent > 0 {
            let hanging = Prefix::new(header.get(..indent)?);
            let rest = own.get(own.iter().position(|byte| *byte == b'\n')? + 1..)?;
            let first = own.get(offset..own.len() - rest.len())?;
            let (plain, _) = hanging.take_off(rest);
            let requests = http::requests(&[first, plain.as_slice()].concat());
            return Some(Self {
                notes: vec![prefix.note(0)],
                ..Self::of("HTTP request", requests)
            });
        }
        Some(Self::of("HTTP request", http::requests(text)))
    }

    /// Takes the request with this number, from 1; without one, the only one, or the first one that is
    /// signed.
    pub(super) fn choose(mut self, entry: Option<usize>) -> Result<Capture, CaptureError> {
        let found = self.requests.len();
        let signed = self.requests.iter().filter(|read| is_signed(read)).count();
        let place = match entry {
            Some(entry) => entry.checked_sub(1),
            None => {
                let mut good = self.requests.iter().enumerate().filter(|(_, read)| read.is_ok());
                let only = good.next().filter(|_| good.next().is_none()).map(|(place, _)| place);
                let first_signed = self.requests.iter().position(is_signed);
                let failed = (!self.is_good()).then_some(0);
                Some(first_signed.or(only).or(failed).ok_or(CaptureError::NotOne { found })?)
            }
        };
        let place = place.filter(|place| *place < found);
        let missing = CaptureError::EntryMissing { entry: entry.unwrap_or(1), found };
        let place = place.ok_or(missing)?;
        let (mut request, mut notes) = self.requests.swap_remove(place)?;
        if let Some(form) = forms::undo(&mut request) {
            notes.retain(|note| !matches!(note, Note::LengthDiffers { .. }));
            notes.push(Note::BodyUndone { form });
        }
        if found > 1 {
            self.notes.push(Note::MoreRequests { entry: place + 1, found, signed });
        }
        Ok(Capture::of(self.origin, None, request).with_notes(self.notes).with_notes(notes))
    }
}

fn is_signed(read: &Result<Noted, CaptureError>) -> bool {
    read.as_ref().is_ok_and(|(request, _)| signed_by(request.names()).is_some())
}

/// `curl -v` prints no body.
fn with_body(noted: Noted) -> Result<Noted, CaptureError> {
    let (request, _) = &noted;
    let has_body = request.header("content-length").any(|length| length != b"0");
    if has_body && request.body.is_empty() { Err(CaptureError::CurlVerbose) } else { Ok(noted) }
}

/// The text from the first line on that is not blank.
fn without_blank_lines(text: &[u8]) -> &[u8] {
    let blank = text.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let blank = text.get(..blank).unwrap_or_default();
    let start = blank.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    text.get(start..).unwrap_or_default()
}
