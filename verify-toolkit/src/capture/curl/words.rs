//! The words of a command, as a POSIX shell and bash split and unquote them.

use super::{
    CurlProblem, decoded, find,
    variables::{Variables, name_length},
};

/// A word, unquoted.
pub(super) struct Word {
    pub(super) text: Vec<u8>,
    /// Where it begins.
    pub(super) at: usize,
}

/// Most words of a command: each takes some memory, however short it is.
const MOST: usize = 10_000;

/// Where it went wrong, and how.
pub(super) type Failure = (usize, CurlProblem);

/// Splits off the words of the first command. Returns them with the place where it ends: at a line
/// end, a pipe, a redirection, the parenthesis of `$(curl ..)`.
pub(super) fn split(text: &[u8], variables: &Variables) -> Result<(Vec<Word>, usize), Failure> {
    let mut reader = Reader { text, at: 0, variables };
    let mut words = Vec::new();
    loop {
        reader.skip_blanks();
        match reader.peek() {
            None | Some(b'\n' | b'\r' | b';' | b'&' | b'|' | b'<' | b'>' | b'#' | b')') => {
                return Ok((words, reader.at));
            }
            Some(_) => {
                let at = reader.at;
                if words.len() == MOST {
                    return Err((at, CurlProblem::TooManyWords));
                }
                let text = reader.word()?;
                // The `2` of `2>` is no word.
                let redirected = matches!(reader.peek(), Some(b'<' | b'>'));
                if !(redirected && text.iter().all(u8::is_ascii_digit)) {
                    words.push(Word { text, at });
                }
            }
        }
    }
}

/// Reads the word that a text begins with, and returns how long it is there.
pub(super) fn first(text: &[u8], variables: &Variables) -> Result<(Vec<u8>, usize), Failure> {
    let mut reader = Reader { text, at: 0, variables };
    let word = reader.word()?;
    Ok((word, reader.at))
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    variables: &'t Variables,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.rest().first().copied()
    }

    /// Goes past `start` if it is next.
    fn take(&mut self, start: &[u8]) -> bool {
        let next = self.rest().starts_with(start);
        self.at += if next { start.len() } else { 0 };
        next
    }

    /// A line end behind a backslash is as good as a space.
    fn skip_blanks(&mut self) {
        while self.take(b" ") || self.take(b"\t") || self.take(b"\\\n") || self.take(b"\\\r\n") {}
    }

    fn word(&mut self) -> Result<Vec<u8>, Failure> {
        let mut word = Vec::new();
        while let Some(byte) = self.peek() {
            let at = self.at;
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' | b';' | b'&' | b'|' | b'<' | b'>' | b')' => break,
                b'^' if matches!(self.rest().get(1), Some(b'"' | b'\n' | b'\r')) => {
                    return Err((at, CurlProblem::WindowsQuoting));
                }
                b'`' if matches!(self.rest().get(1), Some(b'\n' | b'\r')) => {
                    return Err((at, CurlProblem::WindowsQuoting));
                }
                b'\'' => {
                    self.at += 1;
                    let end = self.rest().iter().position(|byte| *byte == b'\'');
                    let end = end.ok_or((at, CurlProblem::QuoteOpen))?;
                    word.extend_from_slice(&self.rest()[..end]);
                    self.at += end + 1;
                }
                b'$' if self.take(b"$'") => {
                    let (text, length) =
                        unescape(self.rest(), b'\'').ok_or((at, CurlProblem::QuoteOpen))?;
                    word.extend_from_slice(&text);
                    self.at += length;
                }
                b'"' => self.double_quoted(&mut word)?,
                b'\\' => {
                    if !(self.take(b"\\\n") || self.take(b"\\\r\n")) {
                        self.at += 1;
                        if let Some(escaped) = self.peek() {
                            word.push(escaped);
                            self.at += 1;
                        }
                    }
                }
                _ => self.plain(byte, false, &mut word)?,
            }
        }
        Ok(word)
    }

    fn double_quoted(&mut self, word: &mut Vec<u8>) -> Result<(), Failure> {
        let open = (self.at, CurlProblem::QuoteOpen);
        self.at += 1;
        while let Some(byte) = self.peek() {
            if let Some((text, length)) = substituted(self.rest()) {
                word.extend_from_slice(&text);
                self.at += length;
                continue;
            }
            match byte {
                b'"' => {
                    self.at += 1;
                    return Ok(());
                }
                b'\\' => match self.rest().get(1) {
                    Some(escaped @ (b'"' | b'\\' | b'$' | b'`')) => {
                        word.push(*escaped);
                        self.at += 2;
                    }
                    Some(b'\n') => self.at += 2,
                    _ => {
                        word.push(b'\\');
                        self.at += 1;
                    }
                },
                _ => self.plain(byte, true, word)?,
            }
        }
        Err(open)
    }

    /// Reads a byte that stands for itself, or a variable. Refuses whatever else a shell would put
    /// something in place of.
    fn plain(&mut self, byte: u8, is_quoted: bool, word: &mut Vec<u8>) -> Result<(), Failure> {
        let rest = self.rest().get(1..).unwrap_or_default();
        let problem = match (byte, rest.first()) {
            (b'`', _) | (b'$', Some(b'(')) => CurlProblem::CommandOpen,
            (b'$', Some(next)) if is_special(*next) => match variable(rest) {
                Some((name, length)) => {
                    let value = self.variables.value(name).map_err(|problem| (self.at, problem))?;
                    // Without quotes, a shell makes words of the value, and looks for files.
                    let is_one = |byte: &u8| !byte.is_ascii_whitespace() && !b"*?[".contains(byte);
                    if is_quoted || value.iter().all(is_one) {
                        word.extend_from_slice(value);
                        self.at += length + 1;
                        return Ok(());
                    }
                    CurlProblem::Expansion
                }
                None => CurlProblem::Expansion,
            },
            _ => {
                word.push(byte);
                self.at += 1;
                return Ok(());
            }
        };
        Err((self.at, problem))
    }
}

/// Whether a shell puts something in place of `$` and this.
fn is_special(next: u8) -> bool {
    next.is_ascii_alphanumeric() || b"_{@*#?$!-".contains(&next)
}

/// The name of the variable that a text begins with, behind its `$`, and how long it is there.
fn variable(text: &[u8]) -> Option<(&[u8], usize)> {
    let braced = text.strip_prefix(b"{");
    let own = braced.unwrap_or(text);
    let length = name_length(own);
    let name = own.get(..length).filter(|name| !name.is_empty())?;
    match braced {
        Some(_) => (own.get(length) == Some(&b'}')).then_some((name, length + 2)),
        None => Some((name, length)),
    }
}

/// A text without the line ends at its end, as a shell puts it in place of a command.
pub(super) fn without_last_ends(mut text: Vec<u8>) -> Vec<u8> {
    text.truncate(text.iter().rposition(|byte| *byte != b'\n').map_or(0, |last| last + 1));
    text
}

/// What [`WireRequest::to_curl`](crate::WireRequest::to_curl) writes for text that is not plain:
/// returns the text as a shell puts it in place, without line ends at its end, and the length of what
/// stands for it.
fn substituted(text: &[u8]) -> Option<(Vec<u8>, usize)> {
    let [start, end]: [&[u8]; 2] = [b"$(echo '", b"' | base64 -d)"];
    let rest = text.strip_prefix(start)?;
    let length = find(rest, end)?;
    let plain = without_last_ends(decoded(&rest[..length])?);
    Some((plain, start.len() + length + end.len()))
}

/// Undoes the escapes of bash's `$'..'`, which are those of C and Python, up to the quote that ends
/// it. Returns what it stands for, and the length with the quote.
pub(crate) fn unescape(text: &[u8], quote: u8) -> Option<(Vec<u8>, usize)> {
    let mut plain = Vec::new();
    let mut at = 0;
    loop {
        match *text.get(at)? {
            byte if byte == quote => return Some((plain, at + 1)),
            b'\\' => {
                let escape = *text.get(at + 1)?;
                at += 2;
                let (start, radix, most) = match escape {
                    b'x' => (at, 16, 2),
                    b'u' => (at, 16, 4),
                    b'U' => (at, 16, 8),
                    b'0'..=b'7' => (at - 1, 8, 3),
                    _ => (at, 16, 0),
                };
                let digits = text.get(start..)?.iter().take(most);
                let digits = digits.take_while(|byte| char::from(**byte).is_digit(radix)).count();
                let code = core::str::from_utf8(text.get(start..start + digits)?).ok()?;
                match (escape, u32::from_str_radix(code, radix)) {
                    (b'n', _) => plain.push(b'\n'),
                    (b'r', _) => plain.push(b'\r'),
                    (b't', _) => plain.push(b'\t'),
                    (b'a', _) => plain.push(0x07),
                    (b'b', _) => plain.push(0x08),
                    (b'e' | b'E', _) => plain.push(0x1b),
                    (b'f', _) => plain.push(0x0c),
                    (b'v', _) => plain.push(0x0b),
                    (b'\\' | b'\'' | b'"' | b'?', _) => plain.push(escape),
                    // Tools that write UTF-16 mean the letter, whatever bash makes of its halves.
                    (b'u', Ok(high @ 0xd800..=0xdbff)) => {
                        let low = text.get(start + digits..)?.strip_prefix(br"\u")?.get(..4)?;
                        let low = u16::from_str_radix(core::str::from_utf8(low).ok()?, 16).ok()?;
                        let letter = char::decode_utf16([u16::try_from(high).ok()?, low]).next()?;
                        plain.extend_from_slice(letter.ok()?.encode_utf8(&mut [0; 4]).as_bytes());
                        at = start + digits + br"\uXXXX".len();
                        continue;
                    }
                    (b'u' | b'U', Ok(code)) => {
                        let letter = char::from_u32(code)?;
                        plain.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                    }
                    // Octal digits beyond 377 overflow, as in bash.
                    (_, Ok(code)) => plain.push((code & 0xff) as u8),
                    (_, Err(_)) => plain.extend_from_slice(&[b'\\', escape]),
                }
                at = start + digits;
            }
            byte => {
                plain.push(byte);
                at += 1;
            }
        }
    }
}
