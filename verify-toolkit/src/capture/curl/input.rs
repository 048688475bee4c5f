//! What a command reads from the shell: lines behind `<<`, a word behind `<<<`, what `echo` or `printf`
//! print into it.

use super::{CurlProblem, find, words};

/// Where it went wrong, and how.
type Failure = (usize, CurlProblem);

/// Reads what is redirected into a command that ends where this text begins, and how long that is.
pub(super) fn redirected(text: &[u8]) -> Result<Option<(Vec<u8>, usize)>, Failure> {
    if let Some(rest) = text.strip_prefix(b"<<<") {
        let (words, end) = words::split(rest).map_err(|(at, problem)| (at + 3, problem))?;
        let input = words.into_iter().next().map(|word| [&word.text[..], b"\n"].concat());
        return Ok(input.map(|input| (input, end + 3)));
    }
    let Some(rest) = text.strip_prefix(b"<<") else { return Ok(None) };
    let has_tabs = rest.starts_with(b"-");
    let rest = rest.get(usize::from(has_tabs)..).unwrap_or_default().trim_ascii_start();
    let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let mark = line.split(|byte| b" \t\r;|&>".contains(byte)).next().unwrap_or_default();
    let word: Vec<u8> = mark.iter().copied().filter(|byte| !b"'\"\\".contains(byte)).collect();
    let Some(content) = rest.get(line.len() + 1..).filter(|_| !word.is_empty()) else {
        return Err((0, CurlProblem::LinesOpen));
    };
    let mut input = Vec::new();
    let mut at = text.len() - content.len();
    for line in content.split_inclusive(|byte| *byte == b'\n') {
        let tabs = line.iter().take_while(|byte| **byte == b'\t').count();
        let own = line.get(if has_tabs { tabs } else { 0 }..).unwrap_or_default();
        if own.trim_ascii_end() == word {
            return Ok(Some((input, at + line.len())));
        }
        // Without quotes around the mark, a shell expands the lines.
        let mut pairs = own.windows(2).filter(|_| mark.len() == word.len());
        if let Some(place) = pairs.position(is_expanded) {
            return Err((at + place, CurlProblem::Expansion));
        }
        input.extend_from_slice(own);
        at += line.len();
    }
    Err((0, CurlProblem::LinesOpen))
}

fn is_expanded(pair: &[u8]) -> bool {
    match pair {
        [b'$', next] => next.is_ascii_alphabetic() || b"_({".contains(next),
        [b'\\', next] => b"$`\\\n".contains(next),
        [first, ..] => *first == b'`',
        [] => false,
    }
}

/// Reads what the command prints that a text begins with, and returns the one behind its pipe.
pub(super) fn printed(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let is_printer = [&b"echo "[..], b"printf "].iter().any(|name| text.starts_with(name));
    // The pipe stands in the same line or behind what is in quotes.
    find(text.get(..LONGEST.min(text.len())).filter(|_| is_printer)?, b"|")?;
    let (words, end) = words::split(text).ok()?;
    let command = text.get(end..)?.strip_prefix(b"|")?.trim_ascii_start();
    let words: Vec<&[u8]> = words.iter().map(|word| word.text.as_slice()).collect();
    let printed = match words[..] {
        [b"echo", b"-n", word] | [b"printf", b"%s", word] => word.to_vec(),
        [b"echo", word] | [b"printf", b"%s\\n", word] => [word, b"\n"].concat(),
        // What has neither stands for itself.
        [b"printf", word] if !word.iter().any(|byte| b"%\\".contains(byte)) => word.to_vec(),
        _ => return None,
    };
    Some((printed, command))
}

/// Most bytes up to a pipe.
const LONGEST: usize = 1024 * 1024;
