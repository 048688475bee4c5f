//! Texts and bytes in quotes.

use std::borrow::Cow;

use super::{Failure, Problem, Reader};
use crate::capture::document::tree::Tree;

impl<'t> Reader<'t> {
    /// Reads a text or bytes in quotes, if there are some.
    pub(super) fn quoted(&mut self) -> Result<Option<Tree<'t>>, Failure> {
        let (is_bytes, prefix) = match self.rest().as_bytes() {
            [b'\'' | b'"' | b'`', ..] => (false, 0),
            [b'u', b'\'' | b'"', ..] => (false, 1),
            [b'b' | b'B', b'\'' | b'"', ..] => (true, 1),
            _ => return Ok(None),
        };
        let quote = char::from(self.rest().as_bytes()[prefix]);
        self.at += prefix + 1;
        let plain = self.take_until(|c| c == quote || c == '\\' || c == '\n');
        if self.rest().starts_with(quote) {
            self.at += 1;
            return Ok(Some(if is_bytes {
                Tree::Bytes(plain.as_bytes().to_vec())
            } else {
                Tree::Text(plain.into())
            }));
        }
        let mut bytes = plain.as_bytes().to_vec();
        loop {
            let mut next = self.rest().chars();
            match next.next() {
                Some(c) if c == quote => {
                    self.at += 1;
                    break;
                }
                Some('\\') => self.escape(&mut bytes, is_bytes)?,
                // Only JavaScript has texts of several lines.
                Some('\n') if quote == '`' => {
                    self.at += 1;
                    bytes.push(b'\n');
                }
                Some(c) if c != '\n' => {
                    let plain = self.take_until(|c| c == quote || c == '\\' || c == '\n');
                    bytes.extend_from_slice(plain.as_bytes());
                }
                _ => return self.fail(),
            }
        }
        Ok(Some(if is_bytes {
            Tree::Bytes(bytes)
        } else {
            Tree::Text(String::from_utf8_lossy(&bytes).into_owned().into())
        }))
    }

    /// Adds the parts behind the first: with `+` between them in Node, with nothing in Python.
    pub(super) fn joined(&mut self, first: Tree<'t>) -> Result<Tree<'t>, Failure> {
        let mut joined = first;
        loop {
            let start = self.at;
            self.skip_space();
            if self.skip("+") {
                self.skip_space();
            }
            match (joined, self.quoted()?) {
                (Tree::Text(mut text), Some(Tree::Text(part))) => {
                    text.to_mut().push_str(&part);
                    joined = Tree::Text(text);
                }
                (Tree::Bytes(mut bytes), Some(Tree::Bytes(part))) => {
                    bytes.extend_from_slice(&part);
                    joined = Tree::Bytes(bytes);
                }
                (whole, _) => {
                    self.at = start;
                    return Ok(whole);
                }
            }
        }
    }

    /// Undoes one escape, of any of the languages.
    fn escape(&mut self, out: &mut Vec<u8>, is_bytes: bool) -> Result<(), Failure> {
        self.at += 1;
        let Some(kind) = self.rest().chars().next() else { return Err((self.at, Problem::Cut)) };
        self.at += kind.len_utf8();
        let plain = match kind {
            'a' => b'\x07',
            'b' => b'\x08',
            'e' => b'\x1b',
            'f' => b'\x0c',
            'n' => b'\n',
            'r' => b'\r',
            't' => b'\t',
            'v' => b'\x0b',
            '\n' => return Ok(()),
            'x' | 'u' | 'U' => return self.code(kind, out, is_bytes),
            '0'..='7' => {
                self.at -= 1;
                let digits = self.digits(8, 3);
                let code = u32::from_str_radix(digits, 8).unwrap_or_default();
                push(code, out, is_bytes);
                return Ok(());
            }
            '"' | '\'' | '`' | '\\' | '/' | '#' | '$' => {
                out.push(u8::try_from(kind).unwrap_or_default());
                return Ok(());
            }
            _ => {
                out.push(b'\\');
                out.extend_from_slice(kind.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
        };
        out.push(plain);
        Ok(())
    }

    /// Undoes `\xHH`, `\uHHHH`, `\u{H..}` and `\UHHHHHHHH`.
    fn code(&mut self, kind: char, out: &mut Vec<u8>, is_bytes: bool) -> Result<(), Failure> {
        let in_braces = kind == 'u' && self.skip("{");
        let most = match kind {
            _ if in_braces => 6,
            'x' => 2,
            'u' => 4,
            _ => 8,
        };
        let digits = self.digits(16, most);
        let Ok(mut code) = u32::from_str_radix(digits, 16) else { return self.fail() };
        let is_whole = if in_braces { self.skip("}") } else { digits.len() == most };
        if !is_whole {
            return self.fail();
        }
        // Half of a pair, and the other half.
        if (0xd800..0xdc00).contains(&code) {
            let start = self.at;
            let low =
                if self.skip("\\u") { u32::from_str_radix(self.digits(16, 4), 16) } else { Ok(0) };
            match low {
                Ok(low @ 0xdc00..0xe000) => {
                    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00)
                }
                _ => self.at = start,
            }
        }
        push(code, out, is_bytes && kind == 'x');
        Ok(())
    }

    fn digits(&mut self, radix: u32, most: usize) -> &'t str {
        let rest = self.rest();
        let end =
            rest.bytes().take(most).take_while(|byte| char::from(*byte).is_digit(radix)).count();
        self.at += end;
        &rest[..end]
    }
}

/// Adds a byte, or a character; half of a pair is none.
fn push(code: u32, out: &mut Vec<u8>, is_byte: bool) {
    match u8::try_from(code) {
        Ok(byte) if is_byte => out.push(byte),
        _ => {
            let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
}

/// A text without escapes.
impl<'t> From<&'t str> for Tree<'t> {
    fn from(text: &'t str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}
