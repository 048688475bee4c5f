//! What lines have in front of them: indentation, quote marks, numbers, times, names of programs.

use super::Note;

/// What the lines of a request have in common at their start.
pub(super) struct Prefix<'t> {
    parts: Vec<Part>,
    pub(super) text: &'t [u8],
}

/// A part of a prefix.
#[derive(PartialEq)]
enum Part {
    /// The same byte in each line, but for `:`, in place of which `grep` prints `-`.
    Byte(u8),
    /// A number, which may differ from line to line, and what it is indented by.
    Number,
}

impl<'t> Prefix<'t> {
    pub(super) fn new(text: &'t [u8]) -> Self {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((byte, tail)) = rest.split_first() {
            let number = rest.trim_ascii_start();
            let number = if parts.is_empty() { number } else { rest };
            if number.first().is_some_and(u8::is_ascii_digit) {
                parts.push(Part::Number);
                rest = after_digits(number);
            } else {
                parts.push(Part::Byte(*byte));
                rest = tail;
            }
        }
        Self { parts, text }
    }

    /// The rest of a line, if it begins so. White space at the end of an otherwise empty line may be
    /// missing.
    pub(super) fn strip<'l>(&self, line: &'l [u8]) -> Option<&'l [u8]> {
        let mut rest = line;
        for (place, part) in self.parts.iter().enumerate() {
            if rest.trim_ascii().is_empty() {
                let is_blank =
                    |part: &Part| matches!(part, Part::Byte(byte) if byte.is_ascii_whitespace());
                let after = self.parts.get(place..).unwrap_or_default();
                return after.iter().all(is_blank).then_some(line_end(line));
            }
            rest = match part {
                Part::Number => {
                    let number = if place == 0 { rest.trim_ascii_start() } else { rest };
                    let after = after_digits(number);
                    if after.len() == number.len() {
                        return None;
                    }
                    after
                }
                Part::Byte(byte) => match rest.split_first() {
                    Some((own, after)) if own == byte || (*byte == b':' && *own == b'-') => after,
                    _ => return None,
                },
            };
        }
        Some(rest)
    }

    /// Takes it off all lines. What has it not is left out.
    pub(super) fn take_off(&self, text: &[u8]) -> (Vec<u8>, Note) {
        let mut plain = Vec::with_capacity(text.len());
        let mut left_out = 0;
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            match self.strip(line) {
                Some(rest) => plain.extend_from_slice(rest),
                None => left_out += usize::from(!line.trim_ascii().is_empty()),
            }
        }
        plain.truncate(without_last_end(&plain).len());
        (plain, self.note(left_out))
    }

    pub(super) fn note(&self, left_out: usize) -> Note {
        Note::PrefixTakenOff {
            prefix: String::from_utf8_lossy(self.text).into_owned(),
            lines_left_out: left_out,
        }
    }
}

fn after_digits(text: &[u8]) -> &[u8] {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    text.get(digits..).unwrap_or_default()
}

/// The line end of a line that is otherwise empty.
fn line_end(line: &[u8]) -> &[u8] {
    let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let start = line.iter().position(is_end).unwrap_or(line.len());
    line.get(start..).unwrap_or_default()
}

/// The text without what ends its last line, which is of the lines, and not of what was written in
/// them; but not without the empty line that ends a head.
pub(super) fn without_last_end(text: &[u8]) -> &[u8] {
    let own = without_end(text);
    if own.ends_with(b"\n") { text } else { own }
}

/// What stands between Markdown's fences.
pub(super) fn blocks(text: &[u8]) -> Vec<&[u8]> {
    let mut blocks = Vec::new();
    let mut open = None;
    let mut at = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if is_fence(line) {
            match open.take() {
                Some(start) => blocks.extend(text.get(start..at).map(without_end)),
                None => open = Some(at + line.len()),
            }
        }
        at += line.len();
    }
    blocks.extend(open.and_then(|start| text.get(start..)).map(without_end));
    blocks
}

/// Three backticks or tildes, if need be quoted or indented.
fn is_fence(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    let line = line.strip_prefix(b"> ").unwrap_or(line).trim_ascii_start();
    line.starts_with(b"```") || line.starts_with(b"~~~")
}

/// A block without the line end before its fence.
fn without_end(block: &[u8]) -> &[u8] {
    let block = block.strip_suffix(b"\n").unwrap_or(block);
    block.strip_suffix(b"\r").unwrap_or(block)
}
