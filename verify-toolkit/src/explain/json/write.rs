//! One document, in the way of one library.

use super::Node;

/// White space between tokens.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Space {
    Compact,
    Indented(&'static str),
    Spaced,
}

/// How letters are written.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Letters {
    AsTheyStand,
    /// `\u` beyond ASCII, as Python does.
    Escaped,
    /// As they are, but `<`, `>` and `&` escaped, as Go does.
    HtmlEscaped,
    /// As Python does, and `/` escaped, as PHP does.
    PhpEscaped,
    /// As they stand, but `/` escaped.
    SlashEscaped,
    /// As they stand, but `/` not escaped.
    SlashUnescaped,
    Unescaped,
}

/// How a library writes.
#[derive(Clone, Copy)]
pub(in crate::explain) struct Style {
    pub(super) space: Space,
    pub(super) letters: Letters,
    pub(super) sorted: bool,
}

struct Writer {
    out: String,
    style: Style,
    room: usize,
}

impl Style {
    /// Writes a document, if that takes no more bytes than there is room for.
    pub(super) fn write(self, root: &Node<'_>, room: usize) -> Option<String> {
        let mut writer = Writer { out: String::new(), style: self, room };
        writer.node(root, 0)?;
        (writer.out.len() <= room).then_some(writer.out)
    }
}

impl Writer {
    /// Returns nothing as soon as the room is used up.
    fn node(&mut self, node: &Node<'_>, depth: usize) -> Option<()> {
        if self.out.len() > self.room {
            return None;
        }
        match node {
            Node::Scalar(text) => self.scalar(text),
            Node::Array(items) => {
                self.out.push('[');
                for (place, item) in items.iter().enumerate() {
                    self.between(place == 0, depth + 1);
                    self.node(item, depth + 1)?;
                }
                self.end(items.is_empty(), depth, ']');
            }
            Node::Object(fields) => {
                let mut fields: Vec<_> = fields.iter().collect();
                if self.style.sorted {
                    fields.sort_by_cached_key(|(name, _)| plain(name));
                }
                self.out.push('{');
                for (place, (name, value)) in fields.iter().enumerate() {
                    self.between(place == 0, depth + 1);
                    self.scalar(name);
                    self.out.push_str(if self.style.space == Space::Compact { ":" } else { ": " });
                    self.node(value, depth + 1)?;
                }
                self.end(fields.is_empty(), depth, '}');
            }
        }
        Some(())
    }

    fn between(&mut self, is_first: bool, depth: usize) {
        if !is_first {
            self.out.push_str(if self.style.space == Space::Spaced { ", " } else { "," });
        }
        self.line(depth);
    }

    fn end(&mut self, is_empty: bool, depth: usize, bracket: char) {
        if !is_empty {
            self.line(depth);
        }
        self.out.push(bracket);
    }

    fn line(&mut self, depth: usize) {
        if let Space::Indented(indent) = self.style.space {
            self.out.push('\n');
            (0..depth).for_each(|_| self.out.push_str(indent));
        }
    }

    fn scalar(&mut self, text: &str) {
        match self.style.letters {
            Letters::AsTheyStand => return self.out.push_str(text),
            Letters::SlashEscaped => return self.slashes(text, "\\/"),
            Letters::SlashUnescaped => return self.slashes(text, "/"),
            _ => {}
        }
        match plain(text) {
            Some(plain) => {
                self.out.push('"');
                plain.chars().for_each(|letter| self.letter(letter));
                self.out.push('"');
            }
            None => self.out.push_str(text),
        }
    }

    /// Writes a scalar as it stands, with each `/` written so.
    fn slashes(&mut self, text: &str, slash: &str) {
        let mut letters = text.chars().peekable();
        while let Some(letter) = letters.next() {
            match (letter, letters.peek().copied()) {
                ('\\', Some(escaped)) => {
                    letters.next();
                    match escaped {
                        '/' => self.out.push_str(slash),
                        _ => self.out.extend([letter, escaped]),
                    }
                }
                ('/', _) => self.out.push_str(slash),
                _ => self.out.push(letter),
            }
        }
    }

    fn letter(&mut self, letter: char) {
        let is_escaped = match self.style.letters {
            Letters::HtmlEscaped => matches!(letter, '<' | '>' | '&' | '\u{2028}' | '\u{2029}'),
            Letters::Escaped | Letters::PhpEscaped => !letter.is_ascii(),
            _ => false,
        };
        match letter {
            '"' => self.out.push_str("\\\""),
            '\\' => self.out.push_str("\\\\"),
            '\n' => self.out.push_str("\\n"),
            '\r' => self.out.push_str("\\r"),
            '\t' => self.out.push_str("\\t"),
            '\u{8}' => self.out.push_str("\\b"),
            '\u{c}' => self.out.push_str("\\f"),
            '/' if self.style.letters == Letters::PhpEscaped => self.out.push_str("\\/"),
            '\0'..='\u{1f}' => self.escape(letter),
            _ if is_escaped => self.escape(letter),
            _ => self.out.push(letter),
        }
    }

    fn escape(&mut self, letter: char) {
        for unit in letter.encode_utf16(&mut [0; 2]) {
            self.out.push_str(&format!("\\u{unit:04x}"));
        }
    }
}

/// What a text in quotes says. Half a surrogate pair cannot be said.
fn plain(scalar: &str) -> Option<String> {
    scalar.starts_with('"').then(|| serde_json::from_str(scalar).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::{super::Document, Letters, Space, Style, Writer};

    /// Each item of this one becomes a line of 480 spaces.
    #[test]
    fn writing_ends_where_the_room_does() {
        let text = format!("{}{}1{}", "[".repeat(120), "1,".repeat(10_000), "]".repeat(120));
        let document = Document::read(text.as_bytes()).unwrap();
        let style = |space| Style { space, letters: Letters::AsTheyStand, sorted: false };
        let indented = style(Space::Indented("    "));
        let mut writer = Writer { out: String::new(), style: indented, room: text.len() };
        assert!(writer.node(&document.root, 0).is_none());
        assert!(writer.out.len() < text.len() + 1000, "{}", writer.out.len());

        let compact = style(Space::Compact);
        assert_eq!(document.write(compact, text.len()).as_ref(), Some(&text));
        assert_eq!(document.write(compact, text.len() - 1), None);
    }
}
