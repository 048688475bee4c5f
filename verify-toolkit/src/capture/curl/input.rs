//! What a command reads from the shell: lines behind `<<`, a word behind `<<<`, what `echo` or `printf`
//! print into it.

use super::{
    CurlProblem, find,
    variables::Variables,
    words::{self, Failure},
};

/// Reads what is redirected into a command that ends where this text begins, and how long that is.
pub(super) fn redirected(
    text: &[u8],
    variables: &Variables,
) -> Result<Option<(Vec<u8>, usize)>, Failure> {
    if let Some(rest) = text.strip_prefix(b"<<<") {
        let (words, end) =
            words::split(rest, variables).map_err(|(at, problem)| (at + 3, problem))?;
        let input = words.into_iter().next().map(|word| [&word.text[..], b"\n"].concat());
        return Ok(input.map(|input| (input, end + 3)));
    }
    let Some((document, rest)) = Document::of(text) else { return Ok(None) };
    let line = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |end| end + 1);
    let start = text.len() - rest.len() + line;
    let lines = document.lines(rest.get(line..).unwrap_or_default());
    // What is missing is missing where it is announced.
    lines.map(|(input, length)| Some((input, start + length))).map_err(|(at, problem)| {
        (if problem == CurlProblem::LinesOpen { 0 } else { start + at }, problem)
    })
}

/// Lines that go into a command, up to one that says that they end: `<<'END'`.
pub(super) struct Document {
    end: Vec<u8>,
    /// Whether the lines stand for themselves, and a shell puts nothing in place of anything.
    is_plain: bool,
    has_tabs: bool,
}

impl Document {
    /// Reads the announcement that a text begins with, and returns what follows.
    pub(super) fn of(text: &[u8]) -> Option<(Self, &[u8])> {
        let rest = text.strip_prefix(b"<<")?;
        let has_tabs = rest.starts_with(b"-");
        let rest = rest.get(usize::from(has_tabs)..)?.trim_ascii_start();
        let is_end = |byte: &u8| b" \t\r\n;|&>".contains(byte);
        let (mark, rest) = rest.split_at(rest.iter().position(is_end).unwrap_or(rest.len()));
        let end: Vec<u8> = mark.iter().copied().filter(|byte| !b"'\"\\".contains(byte)).collect();
        let is_plain = end.len() < mark.len();
        Some((Self { end, is_plain, has_tabs }, rest))
    }

    /// Reads the lines that a text begins with, and returns how long they are with the last.
    pub(super) fn lines(&self, text: &[u8]) -> Result<(Vec<u8>, usize), Failure> {
        let mut input = Vec::new();
        let mut at = 0;
        for line in text.split_inclusive(|byte| *byte == b'\n').filter(|_| !self.end.is_empty()) {
            let tabs = line.iter().take_while(|byte| **byte == b'\t').count();
            let own = line.get(if self.has_tabs { tabs } else { 0 }..).unwrap_or_default();
            if own.trim_ascii_end() == self.end {
                return Ok((input, at + line.len()));
            }
            let mut pairs = own.windows(2).filter(|_| !self.is_plain);
            if let Some(place) = pairs.position(is_expanded) {
                return Err((at + place, CurlProblem::Expansion));
            }
            input.extend_from_slice(own);
            at += line.len();
        }
        Err((0, CurlProblem::LinesOpen))
    }
}

fn is_expanded(pair: &[u8]) -> bool {
    match pair {
        [b'$', next] => next.is_ascii_alphabetic() || b"_({".contains(next),
        [b'\\', next] => b"$`\\\n".contains(next),
        [first, ..] => *first == b'`',
        [] => false,
    }
}

/// What a command in front puts into `curl`.
pub(super) enum Printed {
    Bytes(Vec<u8>),
    /// Lines that stand behind the whole command.
    Lines(Document),
}

/// Reads what the command prints that a text begins with, and returns the one behind its pipe.
pub(super) fn printed<'t>(
    text: &'t [u8],
    variables: &Variables,
) -> Result<Option<(Printed, &'t [u8])>, Failure> {
    let piped = |text: &'t [u8]| Some(text.strip_prefix(b"|")?.trim_ascii_start());
    if let Some(text) = text.strip_prefix(b"cat ") {
        let document = Document::of(text.trim_ascii_start());
        return Ok(document.and_then(|(document, rest)| {
            Some((Printed::Lines(document), piped(rest.trim_ascii_start())?))
        }));
    }
    let is_printer = [&b"echo "[..], b"printf "].iter().any(|name| text.starts_with(name));
    // The pipe stands in the same line or behind what is in quotes.
    let near = text.get(..LONGEST.min(text.len())).filter(|_| is_printer);
    if near.and_then(|near| find(near, b"|")).is_none() {
        return Ok(None);
    }
    let (words, end) = match words::split(text, variables) {
        Err(failure @ (_, CurlProblem::VariableOpen { .. })) => return Err(failure),
        Err(_) => return Ok(None),
        Ok(read) => read,
    };
    let Some(command) = text.get(end..).and_then(piped) else { return Ok(None) };
    let words: Vec<&[u8]> = words.iter().map(|word| word.text.as_slice()).collect();
    let printed = match words[..] {
        [b"echo", b"-n", word] | [b"printf", b"%s", word] => word.to_vec(),
        [b"echo", word] | [b"printf", b"%s\\n", word] => [word, b"\n"].concat(),
        // What has neither stands for itself.
        [b"printf", word] if !word.iter().any(|byte| b"%\\".contains(byte)) => word.to_vec(),
        _ => return Ok(None),
    };
    Ok(Some((Printed::Bytes(printed), command)))
}

/// Most bytes up to a pipe.
const LONGEST: usize = 1024 * 1024;
