//! `.http` and `.rest` files of editors: requests between lines that begin with `###`, with comments,
//! variables, scripts and URLs where HTTP has paths. And the files of Hurl, in which the expected
//! answer ends a request.

mod hurl;

use super::{
    CaptureError, Note,
    curl::path_of,
    http::{MOST, Noted, is_answer, is_between},
};
use crate::WireRequest;

/// Reads the requests of such a file, if it is one.
pub(super) fn read(text: &str) -> Option<Vec<Result<Noted, CaptureError>>> {
    let sections: Vec<_> =
        sections(text).into_iter().filter_map(|lines| Section::of(&lines)).take(MOST).collect();
    let has_separator = text.lines().any(|line| line.starts_with("###"));
    let first = sections.first()?;
    let is_file = has_separator || first.is_url;
    if !is_file || !begins(text) {
        return None;
    }
    let variables: Vec<_> = text.lines().filter_map(variable).take(MOST).collect();
    Some(sections.into_iter().map(|section| section.request(&variables)).collect())
}

/// Whether nothing but comments and variables stands before the first request.
fn begins(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .find(|line| !is_comment(line) && variable(line).is_none() && !line.starts_with("< {%"))
        .is_some_and(|line| request_line(line).is_some())
}

fn sections(text: &str) -> Vec<Vec<&str>> {
    let mut sections: Vec<Vec<&str>> = vec![Vec::new()];
    let mut is_answered = false;
    // With their ends: a body may have one or the other.
    for line in text.split_inclusive('\n') {
        let is_separator = line.starts_with("###");
        // Hurl has nothing between an answer and the next request.
        let is_next = is_answered && request_line(line).is_some_and(|(.., is_url)| is_url);
        if is_separator || is_next {
            sections.push(Vec::new());
            is_answered = false;
        }
        is_answered |= hurl::is_answer(line);
        if let Some(section) = sections.last_mut().filter(|_| !is_separator) {
            section.push(line);
        }
    }
    sections
}

fn is_comment(line: &str) -> bool {
    line.starts_with('#') || line.starts_with("//")
}

/// `@name = value`.
fn variable(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.trim().strip_prefix('@')?.split_once('=')?;
    Some((name.trim(), value.trim()))
}

/// Method, target, and whether the target is a URL or there is no version, as HTTP itself has it not.
fn request_line(line: &str) -> Option<(&str, &str, bool)> {
    let mut words = line.split_ascii_whitespace();
    let (first, second, last) = (words.next()?, words.next(), words.next());
    let is_url = |target: &str| {
        target.starts_with("http://") || target.starts_with("https://") || target.starts_with("{{")
    };
    match (second, last) {
        (None, None) if is_url(first) => Some(("GET", first, true)),
        (Some(target), version) if first.bytes().all(|byte| byte.is_ascii_uppercase()) => {
            let is_target = is_url(target) || target.starts_with('/');
            let has_version = version.is_some_and(|version| version.starts_with("HTTP/"));
            (is_target && words.next().is_none() && (has_version || version.is_none())).then_some((
                first,
                target,
                is_url(target) || !has_version,
            ))
        }
        _ => None,
    }
}

/// Whether a line where a header may stand is the first of a body, or ends the request.
fn begins_body(line: &str) -> bool {
    let is_json = line.starts_with('{') && !line.starts_with("{{");
    let is_list = line.starts_with('[') && !hurl::is_section(line);
    is_json
        || is_list
        || line.starts_with(['`', '<'])
        || hurl::is_answer(line)
        || hurl::is_said(line)
}

/// A request, as it stands between two separators.
struct Section<'t> {
    method: &'t str,
    target: String,
    is_url: bool,
    headers: Vec<(&'t str, &'t str)>,
    body: String,
}

impl<'t> Section<'t> {
    fn of(lines: &[&'t str]) -> Option<Self> {
        let mut lines = lines.iter().copied().peekable();
        let is_first = |line: &&str| request_line(line).is_some();
        while lines.next_if(|line| !is_first(line)).is_some() {}
        let (method, target, is_url) = request_line(lines.next()?)?;
        let mut target = target.to_owned();
        // A long query goes on in the next lines.
        while let Some(line) = lines.next_if(|line| {
            line.starts_with([' ', '\t']) && line.trim_start().starts_with(['?', '&'])
        }) {
            target += line.trim();
        }
        let mut headers = Vec::new();
        // Hurl has no empty line in front of a body, but may have other fields.
        let mut is_header = true;
        while let Some(line) = lines.next_if(|line| !(line.trim().is_empty() || begins_body(line)))
        {
            is_header &= !hurl::is_section(line);
            let is_read = is_header && !is_comment(line);
            if let Some((name, value)) = line.split_once(':').filter(|_| is_read) {
                headers.push((name.trim(), value.trim()));
            }
        }
        while lines.next_if(|line| line.trim().is_empty()).is_some() {}
        let is_end = |line: &&str| {
            ["> {%", ">>", "<> "].iter().any(|mark| line.starts_with(mark))
                || line.strip_prefix("> ").is_some_and(|rest| rest.trim_end().ends_with(".js"))
                || is_answer(line.as_bytes())
                || hurl::is_answer(line)
        };
        let body: String = lines.take_while(|line| !is_end(line)).collect();
        let body = body.trim_end_matches(['\r', '\n']).to_owned();
        Some(Self { method, target, is_url, headers, body })
    }

    fn request(self, variables: &[(&str, &str)]) -> Result<Noted, CaptureError> {
        let mut notes = Vec::new();
        let mut filled = |text: &str| fill(text, variables, &mut notes);
        let path = path_of(&filled(&self.target));
        let headers = self.headers.iter();
        let headers = headers.map(|(name, value)| ((*name).to_owned(), filled(value).into_bytes()));
        let headers: Vec<_> = headers.collect();
        let body = self.body.as_str();
        let file = body.strip_prefix("< ").or(body.strip_prefix("<@ "));
        if let Some(path) = file.filter(|path| !path.contains('\n')) {
            return Err(CaptureError::BodyInFile { path: path.trim().to_owned() });
        }
        let body = match hurl::body(body) {
            Some(body) => body?,
            None => filled(body).into_bytes(),
        };
        let mut request = WireRequest { method: self.method.to_owned(), path, headers, body };
        let announced = request
            .header("content-length")
            .next()
            .and_then(|length| core::str::from_utf8(length).ok()?.parse().ok());
        // Fiddler puts a line between the request and its answer.
        if let Some(announced) = announced
            && request.body.get(announced..).is_some_and(is_between)
        {
            request.body.truncate(announced);
        }
        let found = request.body.len();
        let differs = announced.filter(|announced| *announced != found);
        notes.extend(differs.map(|announced| Note::LengthDiffers { announced, found }));
        Ok((request, notes))
    }
}

/// Longest name of a variable.
const LONGEST_NAME: usize = 100;

/// Puts values in place of `{{name}}`.
fn fill(text: &str, variables: &[(&str, &str)], notes: &mut Vec<Note>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        filled += before;
        let near = after.as_bytes().get(..LONGEST_NAME).unwrap_or(after.as_bytes());
        let end = near.windows(2).position(|bytes| bytes == b"}}");
        let name = end.and_then(|end| after.get(..end)).unwrap_or_default();
        let is_name = !name.is_empty() && !name.contains(['"', '{', '\n']);
        let value = variables.iter().find(|(own, _)| *own == name.trim());
        match value {
            Some((_, value)) if is_name => filled += value,
            _ => {
                if is_name && notes.len() < 10 {
                    notes.push(Note::VariableOpen { name: name.trim().to_owned() });
                }
                filled += "{{";
                rest = after;
                continue;
            }
        }
        rest = after.get(name.len() + 2..).unwrap_or_default();
    }
    filled + rest
}
