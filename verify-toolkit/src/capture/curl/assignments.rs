//! The lines of a script that give values to names.

use super::{
    CurlProblem, input,
    variables::{Variables, name_length},
    words,
};

/// Words in front of a name that make no difference here.
const IN_FRONT: [&[u8]; 6] = [b"$ ", b"% ", b"export ", b"declare ", b"local ", b"readonly "];

/// Reads the lines of a text that give values: `NAME=word`, and `NAME=$(cat <<'END'`.
pub(super) fn read(variables: &mut Variables, text: &[u8]) {
    let mut rest = text;
    while !rest.is_empty() && !variables.is_full() {
        let mut own = rest.trim_ascii_start();
        while let Some(word) = IN_FRONT.iter().find_map(|word| own.strip_prefix(*word)) {
            own = word.trim_ascii_start();
        }
        let read = name_in(own).map(|name| {
            let value = own.get(name.len() + 1..).unwrap_or_default();
            (name, value, assigned(value, variables))
        });
        rest = match read {
            Some((name, value, Ok((content, length)))) => {
                variables.set(name, Some(content));
                let rest = value.get(length..).unwrap_or_default();
                rest.strip_prefix(b";").unwrap_or(rest)
            }
            // All the rest may be of these quotes or lines.
            Some((.., Err((_, CurlProblem::QuoteOpen | CurlProblem::LinesOpen)))) => return,
            Some((name, ..)) => {
                variables.set(name, None);
                after_line(own)
            }
            None => after_line(own),
        };
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
