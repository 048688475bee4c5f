//! The values that a script gives to names in front of a command.

use core::cell::Cell;
use std::collections::HashMap;

use super::{CurlProblem, input, words};

/// Values by name. `None` is a value that a shell would have to find out.
pub(super) struct Variables {
    values: HashMap<Vec<u8>, Option<Vec<u8>>>,
    /// How many bytes may still be put in place of names.
    left: Cell<usize>,
    /// Whether each name stands for nothing: to find out where a command ends.
    is_blank: bool,
}

/// Most names of a text.
const MOST: usize = 1000;

/// Most bytes that are put in place of names: a few lines can make very many.
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// Words in front of a name that make no difference here.
const IN_FRONT: [&[u8]; 6] = [b"$ ", b"% ", b"export ", b"declare ", b"local ", b"readonly "];

impl Variables {
    pub(super) fn new() -> Self {
        Self { values: HashMap::new(), left: Cell::new(MOST_BYTES), is_blank: false }
    }

    /// Each name stands for nothing.
    pub(super) fn blank() -> Self {
        Self { is_blank: true, ..Self::new() }
    }

    /// What stands for a name.
    pub(super) fn value(&self, name: &[u8]) -> Result<&[u8], CurlProblem> {
        if self.is_blank {
            return Ok(b"");
        }
        let value = self.values.get(name).and_then(Option::as_deref);
        let value = value.and_then(|value| {
            self.left.set(self.left.get().checked_sub(value.len())?);
            Some(value)
        });
        let name = || String::from_utf8_lossy(name).into_owned();
        value.ok_or_else(|| CurlProblem::VariableOpen { name: name() })
    }

    /// Reads the lines of a text that give values: `NAME=word`, and `NAME=$(cat <<'END'`.
    pub(super) fn read(&mut self, text: &[u8]) {
        let mut rest = text;
        while !rest.is_empty() && self.values.len() < MOST {
            let mut own = rest.trim_ascii_start();
            while let Some(word) = IN_FRONT.iter().find_map(|word| own.strip_prefix(*word)) {
                own = word.trim_ascii_start();
            }
            let read = name_in(own).map(|name| {
                let value = own.get(name.len() + 1..).unwrap_or_default();
                (name, value, assigned(value, self))
            });
            rest = match read {
                Some((name, value, Ok((content, length)))) => {
                    self.values.insert(name.to_vec(), Some(content));
                    let rest = value.get(length..).unwrap_or_default();
                    rest.strip_prefix(b";").unwrap_or(rest)
                }
                // All the rest may be of these quotes or lines.
                Some((.., Err((_, CurlProblem::QuoteOpen | CurlProblem::LinesOpen)))) => return,
                Some((name, ..)) => {
                    self.values.insert(name.to_vec(), None);
                    after_line(own)
                }
                None => after_line(own),
            };
        }
    }
}

fn after_line(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| *byte == b'\n').unwrap_or(text.len());
    text.get(end..).unwrap_or_default()
}

/// The name in front of a `=`.
fn name_in(text: &[u8]) -> Option<&[u8]> {
    let length = name_length(text);
    (length > 0 && text.get(length) == Some(&b'=')).then(|| text.get(..length)).flatten()
}

/// How long a name is that a text begins with.
pub(super) fn name_length(text: &[u8]) -> usize {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let length = text.iter().take_while(|byte| is_letter(byte)).count();
    if text.first().is_some_and(u8::is_ascii_digit) { 0 } else { length }
}

/// Reads a value, and returns how long it is in the text.
fn assigned(text: &[u8], variables: &Variables) -> Result<(Vec<u8>, usize), words::Failure> {
    let Some(document) = text.strip_prefix(b"$(cat ") else {
        return words::first(text, variables);
    };
    let document = document.trim_ascii_start();
    let start = text.len() - document.len();
    let failed = |(at, problem)| (start + at, problem);
    let read = input::redirected(document, variables).map_err(failed)?;
    let (content, length) = read.ok_or((0, CurlProblem::CommandOpen))?;
    let rest = text.get(start + length..).unwrap_or_default();
    let end = rest.trim_ascii_start().strip_prefix(b")").ok_or((0, CurlProblem::CommandOpen))?;
    Ok((words::without_last_ends(content), text.len() - end.len()))
}
