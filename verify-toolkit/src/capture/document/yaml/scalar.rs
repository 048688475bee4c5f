//! Texts, in quotes and without, in one line and in several.

use super::Reader;
use crate::capture::document::{body, literal, tree::Tree};

impl<'t> Reader<'t> {
    /// Reads a value that begins in this line. What belongs to it is further in than `parent`.
    pub(super) fn value(&mut self, parent: Option<usize>, levels: usize) -> Option<Tree<'t>> {
        self.values += 1;
        let mut is_binary = false;
        // Types and names of values.
        while self.rest().starts_with(['!', '&']) {
            let word = self.rest();
            let word = word.get(..word.find(char::is_whitespace).unwrap_or(word.len()))?;
            is_binary |= word == "!!binary";
            self.at += word.len();
            self.skip_spaces();
        }
        let value = match self.rest().chars().next() {
            None | Some('\n' | '\r') => {
                return self.node(parent.map_or(0, |column| column + 1), levels);
            }
            Some('|' | '>') => self.block(parent)?,
            Some('\'' | '"') => {
                let (text, length) = quoted(self.rest())?;
                self.at += length;
                self.end_of_line()?;
                text
            }
            Some('{' | '[') => {
                let (tree, end) = literal::read(self.text, self.at, &mut self.values).ok()?;
                self.at = end;
                self.end_of_line()?;
                tree
            }
            // YAML lets no text begin so.
            Some('`' | '@' | '%') => return None,
            Some('*') => {
                self.skip_line();
                Tree::Cut
            }
            _ => self.plain(parent)?,
        };
        match value.text().filter(|_| is_binary) {
            Some(code) => Some(body::base64(code).map_or(Tree::Cut, Tree::Bytes)),
            None => Some(value),
        }
    }

    /// Goes past the rest of a line that has nothing more than a comment.
    fn end_of_line(&mut self) -> Option<()> {
        let rest = self.line().trim();
        (rest.is_empty() || rest.starts_with('#')).then(|| self.skip_line())
    }

    /// A text without quotes, which goes on in lines that are further in.
    fn plain(&mut self, parent: Option<usize>) -> Option<Tree<'t>> {
        let first = without_comment(self.line());
        self.skip_line();
        let mut text = String::new();
        while self.next().is_some_and(|column| parent.is_some_and(|parent| column > parent)) {
            if self.key().is_some() {
                return None;
            }
            text.push(' ');
            text.push_str(without_comment(self.line()));
            self.skip_line();
        }
        Some(match first {
            "~" | "null" if text.is_empty() => Tree::Word("null"),
            "true" | "false" if text.is_empty() => Tree::Word(first),
            _ if text.is_empty() => first.into(),
            _ => Tree::Text((first.to_owned() + &text).into()),
        })
    }

    /// The lines below `|` or `>`.
    fn block(&mut self, parent: Option<usize>) -> Option<Tree<'t>> {
        let head = without_comment(self.line());
        let is_folded = head.starts_with('>');
        let digit = head.chars().find_map(|c| c.to_digit(10)).and_then(|n| usize::try_from(n).ok());
        self.skip_line();
        let least = parent.map_or(0, |column| column + 1);
        let mut indent = digit.map(|digit| parent.unwrap_or(0) + digit);
        let (mut text, mut ends) = (String::new(), 0_usize);
        let mut was_further = false;
        while !self.rest().is_empty() {
            let line = self.line();
            let own = line.strip_suffix('\r').unwrap_or(line);
            let column = own.len() - own.trim_start_matches(' ').len();
            if own.trim_start_matches(' ').is_empty() && column <= indent.unwrap_or(usize::MAX) {
                ends += 1;
                self.skip_line();
                continue;
            }
            let indent = *indent.get_or_insert(column);
            if column < indent.max(least) {
                break;
            }
            let own = own.get(indent..)?;
            let is_further = own.starts_with([' ', '\t']);
            let is_joined =
                is_folded && ends > 0 && !is_further && !was_further && !text.is_empty();
            match ends {
                1 if is_joined => text.push(' '),
                _ => (usize::from(is_joined)..ends).for_each(|_| text.push('\n')),
            }
            text.push_str(own);
            (ends, was_further) = (1, is_further);
            self.skip_line();
        }
        if !text.is_empty() && !head.contains('-') {
            let last = if head.contains('+') { ends } else { 1 };
            (0..last).for_each(|_| text.push('\n'));
        }
        Some(Tree::Text(text.into()))
    }
}

/// A line without the comment at its end.
fn without_comment(line: &str) -> &str {
    line.split(" #").next().unwrap_or_default().trim()
}

/// Reads a text in quotes, which may go on in other lines, and returns how long it is there.
pub(super) fn quoted(text: &str) -> Option<(Tree<'_>, usize)> {
    let quote = text.chars().next()?;
    let special = |c: char| c == quote || c == '\n' || (c == '\\' && quote == '"');
    let mut plain = String::new();
    // What a fold takes away must not have been an escape.
    let mut kept = 0;
    let mut at = 1;
    loop {
        let rest = text.get(at..)?;
        let own = rest.get(..rest.find(special)?)?;
        plain.push_str(own);
        at += own.len();
        let rest = text.get(at + 1..)?;
        match text.as_bytes().get(at)? {
            b'\n' => {
                plain.truncate(plain.get(kept..)?.trim_end().len() + kept);
                let next = rest.trim_start();
                let ends = rest.get(..rest.len() - next.len())?.matches('\n').count();
                match ends {
                    0 => plain.push(' '),
                    _ => (0..ends).for_each(|_| plain.push('\n')),
                }
                at = text.len() - next.len();
            }
            b'\\' => {
                at += 1 + escape(rest, &mut plain)?;
                kept = plain.len();
            }
            b'\'' if rest.starts_with('\'') => {
                plain.push('\'');
                at += 2;
            }
            _ => return Some((Tree::Text(plain.into()), at + 1)),
        }
    }
}

/// Undoes the escape behind a backslash, and returns how long it is.
fn escape(text: &str, plain: &mut String) -> Option<usize> {
    let kind = text.chars().next()?;
    let digits = match kind {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        _ => 0,
    };
    let code = |text: &str| u32::from_str_radix(text.get(1..=digits)?, 16).ok();
    plain.push(match kind {
        'x' | 'u' | 'U' => {
            let high = code(text)?;
            // JSON's half of a pair, and the other half.
            if kind == 'u' && (0xd800..0xdc00).contains(&high) {
                let low = code(text.get(5..)?.strip_prefix('\\')?)?.checked_sub(0xdc00)?;
                plain.push(char::from_u32(0x10000 + ((high - 0xd800) << 10) + low)?);
                return Some(11);
            }
            char::from_u32(high)?
        }
        '0' => '\0',
        'a' => '\x07',
        'b' => '\x08',
        't' | '\t' => '\t',
        'n' => '\n',
        'v' => '\x0b',
        'f' => '\x0c',
        'r' => '\r',
        'e' => '\x1b',
        'N' => '\u{85}',
        '_' => '\u{a0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        // A line that goes on in the next one without a space.
        '\n' | '\r' => return Some(text.len() - text.trim_start().len()),
        ' ' | '"' | '/' | '\\' => kind,
        _ => return None,
    });
    Some(kind.len_utf8() + digits)
}
