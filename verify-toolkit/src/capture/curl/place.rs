//! Where the commands of a text are.

use super::{
    input::{self, Document, Printed},
    variables::Variables,
    words::Failure,
};
use crate::capture::http::find;

/// What [`WireRequest::to_curl`](crate::WireRequest::to_curl) puts in front for a body that is no plain text, around its base64.
const DETOUR: [&[u8]; 2] = [b"echo '", b"' | base64 -d | "];
/// What it put in front before: the base64 stands on the lines after the command, up to `END`.
const OLD_DETOUR: &[u8] = b"base64 -d <<'END' | ";

/// Where the body of a command comes from, if not from its words.
pub(super) enum Detour<'t> {
    Echo(&'t [u8]),
    /// From lines behind the command, as they stand there.
    Document(Document),
    /// From lines behind the command, in base64.
    Lines,
    None,
    /// By a command in front.
    Printed(Vec<u8>),
}

/// Tells what stands in front of a command from the command.
pub(super) fn detour<'t>(
    text: &'t [u8],
    variables: &Variables,
) -> Result<(Detour<'t>, &'t [u8]), Failure> {
    if let Some(command) = text.strip_prefix(OLD_DETOUR) {
        return Ok((Detour::Lines, command));
    }
    let [start, end] = DETOUR;
    let rest = text.strip_prefix(start);
    if let Some((rest, at)) = rest.and_then(|rest| Some((rest, find(rest, end)?))) {
        return Ok((Detour::Echo(&rest[..at]), &rest[at + end.len()..]));
    }
    Ok(match input::printed(text, variables)? {
        Some((Printed::Bytes(input), command)) => (Detour::Printed(input), command),
        Some((Printed::Lines(document), command)) => (Detour::Document(document), command),
        None => (Detour::None, text),
    })
}

/// Whether a `curl` command begins here.
fn is_command(text: &[u8]) -> bool {
    let Ok((_, text)) = detour(text, &Variables::blank()) else { return false };
    let name = text.split(|byte| byte.is_ascii_whitespace() || *byte == b'\\').next();
    let name = name.unwrap_or_default();
    name == b"curl" || name == b"curl.exe" || name.ends_with(b"/curl")
}

/// Finds the first command of a text: where it begins, and how much stands in front in its line.
/// What is commented out counts only if nothing else is there.
pub(in crate::capture) fn command(text: &[u8]) -> Option<(usize, usize)> {
    first(text, false).or_else(|| first(text, true))
}

/// Whether a text begins with a command, if need be behind a prompt.
pub(in crate::capture) fn begins(text: &[u8]) -> bool {
    in_line(text.split(|byte| *byte == b'\n').next().unwrap_or_default(), false).is_some()
}

pub(super) fn first(text: &[u8], is_comment: bool) -> Option<(usize, usize)> {
    let mut at = 0;
    text.split_inclusive(|byte| *byte == b'\n').find_map(|line| {
        let start = at;
        at += line.len();
        let prompt = in_line(line, is_comment)?;
        Some((start + prompt, prompt))
    })
}

/// Where a line's command begins: at its start, or behind a prompt and the like.
fn in_line(line: &[u8], is_comment: bool) -> Option<usize> {
    const LONGEST: usize = 200;
    let front = line.get(..LONGEST).unwrap_or(line);
    let places = front.iter().enumerate().filter(|(place, byte)| {
        let before = place.checked_sub(1).and_then(|place| front.get(place));
        !byte.is_ascii_whitespace()
            && before.is_none_or(|byte| byte.is_ascii_whitespace() || b"!+(".contains(byte))
    });
    let mut places = places.map(|(place, _)| place);
    let place = places.find(|place| line.get(*place..).is_some_and(is_command))?;
    let prompt = front.get(..place)?.trim_ascii();
    let is_prompt = match prompt {
        [] => true,
        [.., b'#'] => is_comment || prompt.contains(&b'@'),
        [
            ..,
            b'$'
            | b'%'
            | b'>'
            | b'!'
            | b'+'
            | b'|'
            | b'.'
            | b'('
            | b')'
            | b'-'
            | b':'
            | b'0'..=b'9'
            | b'Z'
            | b'~'
            | 0x80..,
        ] => true,
        _ => [&b"sudo"[..], b"time", b"exec", b"Run"].iter().any(|word| prompt.ends_with(word)),
    };
    (is_prompt && !prompt.iter().any(|byte| b"'\"".contains(byte))).then_some(place)
}

/// Takes off the prompts that a shell prints where a command goes on.
pub(in crate::capture) fn without_second_prompts(text: &[u8]) -> Vec<u8> {
    let mut goes_on = false;
    let lines = text.split_inclusive(|byte| *byte == b'\n');
    let lines = lines.map(|line| {
        let own = if goes_on { line.strip_prefix(b"> ").unwrap_or(line) } else { line };
        goes_on = own.trim_ascii_end().ends_with(b"\\");
        own
    });
    lines.collect::<Vec<_>>().concat()
}
