//! JSON, written again in the ways that libraries write it. Numbers stay as they stand.

mod write;

use serde::de::IgnoredAny;

use self::write::{Letters, Space, Style};
use super::Cause;

/// A document, over the text that it was read from.
enum Node<'t> {
    Array(Vec<Node<'t>>),
    Object(Vec<(&'t str, Node<'t>)>),
    /// As it stands: a number, a word, or a text in its quotes.
    Scalar(&'t str),
}

/// Deepest document that is read: as deep as serde_json reads one. Each level takes some stack.
const DEEPEST: usize = 128;

const SPACES: [(Space, Cause); 5] = [
    (Space::Compact, Cause::BodyJsonCompact),
    (Space::Spaced, Cause::BodyJsonSpaced),
    (Space::Indented("  "), Cause::BodyJsonIndented),
    (Space::Indented("    "), Cause::BodyJsonIndented),
    (Space::Indented("\t"), Cause::BodyJsonIndented),
];

const LETTERS: [(Letters, Option<Cause>); 7] = [
    (Letters::AsTheyStand, None),
    (Letters::SlashUnescaped, Some(Cause::BodyJsonSlashUnescaped)),
    (Letters::SlashEscaped, Some(Cause::BodyJsonSlashEscaped)),
    (Letters::Escaped, Some(Cause::BodyJsonEscaped)),
    (Letters::Unescaped, Some(Cause::BodyJsonUnescaped)),
    (Letters::HtmlEscaped, Some(Cause::BodyJsonHtmlEscaped)),
    (Letters::PhpEscaped, Some(Cause::BodyJsonSlashEscaped)),
];

/// The names of a JSON object's fields, in the order in which they stand there.
pub(super) fn field_names(text: &[u8]) -> Option<Vec<&str>> {
    match Document::read(text)?.root {
        Node::Object(fields) => Some(fields.into_iter().map(|(name, _)| name).collect()),
        Node::Array(_) | Node::Scalar(_) => None,
    }
}

/// A document, and the text that it was read from.
pub(super) struct Document<'t> {
    text: &'t str,
    root: Node<'t>,
}

impl<'t> Document<'t> {
    pub(super) fn read(text: &'t [u8]) -> Option<Self> {
        let text = core::str::from_utf8(text).ok()?;
        // What is valid can be read without looking at the details.
        serde_json::from_str::<IgnoredAny>(text).ok()?;
        let root = Reader { text, at: 0 }.node(DEEPEST)?;
        Some(Self { text, root })
    }

    /// Every way in which the text may have been written before, the nearest first.
    pub(super) fn ways(&self) -> Vec<(Vec<Cause>, Style)> {
        let kept = SPACES.iter().find(|(space, _)| {
            let style = Style { space: *space, letters: Letters::AsTheyStand, sorted: false };
            self.write(style, self.text.len()).is_some_and(|text| text == self.text)
        });
        let mut ways = Vec::new();
        for (space, spaced) in SPACES {
            let spaced = kept.is_none_or(|(kept, _)| *kept != space).then_some(spaced);
            for (letters, lettered) in LETTERS {
                for sorted in [false, true] {
                    let ordered = sorted.then_some(Cause::BodyJsonSorted);
                    let causes: Vec<_> =
                        [spaced, ordered, lettered].into_iter().flatten().collect();
                    ways.push((causes, Style { space, letters, sorted }));
                }
            }
        }
        // What needs no cause is the text itself.
        ways.retain(|(causes, _)| !causes.is_empty());
        ways.sort_by_key(|(causes, _)| causes.len());
        ways
    }

    /// Writes it again, if that takes no more bytes than there is room for: a deep document grows
    /// with each indent.
    pub(super) fn write(&self, style: Style, room: usize) -> Option<String> {
        style.write(&self.root, room)
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    fn node(&mut self, levels: usize) -> Option<Node<'t>> {
        let levels = levels.checked_sub(1)?;
        match self.peek()? {
            b'{' => {
                let mut fields = Vec::new();
                self.at += 1;
                while self.peek()? != b'}' {
                    let name = self.scalar()?;
                    self.peek()?;
                    self.at += 1;
                    fields.push((name, self.node(levels)?));
                    self.skip_comma()?;
                }
                self.at += 1;
                Some(Node::Object(fields))
            }
            b'[' => {
                let mut items = Vec::new();
                self.at += 1;
                while self.peek()? != b']' {
                    items.push(self.node(levels)?);
                    self.skip_comma()?;
                }
                self.at += 1;
                Some(Node::Array(items))
            }
            _ => self.scalar().map(Node::Scalar),
        }
    }

    fn skip_comma(&mut self) -> Option<()> {
        if self.peek()? == b',' {
            self.at += 1;
        }
        Some(())
    }

    fn scalar(&mut self) -> Option<&'t str> {
        self.peek()?;
        let rest = self.text.get(self.at..)?;
        let bytes = rest.as_bytes();
        let mut end = 1;
        if bytes.first() == Some(&b'"') {
            while *bytes.get(end)? != b'"' {
                end += if bytes[end] == b'\\' { 2 } else { 1 };
            }
            end += 1;
        } else {
            let ends = |byte: &u8| byte.is_ascii_whitespace() || b",]}".contains(byte);
            end = bytes.iter().position(ends).unwrap_or(bytes.len());
        }
        self.at += end;
        rest.get(..end)
    }
}
