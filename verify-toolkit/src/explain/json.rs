//! JSON, written again in the ways that libraries write it. Numbers stay as they stand.

use serde::de::IgnoredAny;

use super::Cause;

/// A document, over the text that it was read from.
enum Node<'t> {
    Array(Vec<Node<'t>>),
    Object(Vec<(&'t str, Node<'t>)>),
    /// As it stands: a number, a word, or a text in its quotes.
    Scalar(&'t str),
}

/// White space between tokens.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Space {
    Compact,
    Indented(&'static str),
    Spaced,
}

/// How letters are written.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Letters {
    AsTheyStand,
    /// `\u` beyond ASCII, as Python does.
    Escaped,
    /// As they are, but `<`, `>` and `&` escaped, as Go does.
    HtmlEscaped,
    /// As Python does, and `/` escaped, as PHP does.
    SlashEscaped,
    Unescaped,
}

const SPACES: [(Space, Cause); 5] = [
    (Space::Compact, Cause::BodyJsonCompact),
    (Space::Spaced, Cause::BodyJsonSpaced),
    (Space::Indented("  "), Cause::BodyJsonIndented),
    (Space::Indented("    "), Cause::BodyJsonIndented),
    (Space::Indented("\t"), Cause::BodyJsonIndented),
];

const LETTERS: [(Letters, Option<Cause>); 5] = [
    (Letters::AsTheyStand, None),
    (Letters::Escaped, Some(Cause::BodyJsonEscaped)),
    (Letters::Unescaped, Some(Cause::BodyJsonUnescaped)),
    (Letters::HtmlEscaped, Some(Cause::BodyJsonHtmlEscaped)),
    (Letters::SlashEscaped, Some(Cause::BodyJsonSlashEscaped)),
];

/// Every way in which the text may have been written before, the nearest first. Each is written when
/// its turn comes.
pub(super) fn rewritten(text: &[u8]) -> impl Iterator<Item = (Vec<Cause>, Vec<u8>)> {
    let document = core::str::from_utf8(text).ok().and_then(parse);
    document.into_iter().flat_map(move |document| {
        let ways = ways(&document, text);
        ways.into_iter().map(move |(causes, style)| (causes, style.write(&document)))
    })
}

fn ways(document: &Node<'_>, text: &[u8]) -> Vec<(Vec<Cause>, Style)> {
    let kept = SPACES.iter().find(|(space, _)| {
        let style = Style { space: *space, letters: Letters::AsTheyStand, sorted: false };
        style.write(document) == text
    });
    let mut ways = Vec::new();
    for (space, spaced) in SPACES {
        let spaced = kept.is_none_or(|(kept, _)| *kept != space).then_some(spaced);
        for (letters, lettered) in LETTERS {
            for sorted in [false, true] {
                let ordered = sorted.then_some(Cause::BodyJsonSorted);
                let causes: Vec<_> = [spaced, ordered, lettered].into_iter().flatten().collect();
                ways.push((causes, Style { space, letters, sorted }));
            }
        }
    }
    // What needs no cause is the text itself.
    ways.retain(|(causes, _)| !causes.is_empty());
    ways.sort_by_key(|(causes, _)| causes.len());
    ways
}

fn parse(text: &str) -> Option<Node<'_>> {
    // What is valid can be read without looking at the details, and is not too deep.
    serde_json::from_str::<IgnoredAny>(text).ok()?;
    let mut reader = Reader { text, at: 0 };
    reader.node()
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

    fn node(&mut self) -> Option<Node<'t>> {
        match self.peek()? {
            b'{' => {
                let mut fields = Vec::new();
                self.at += 1;
                while self.peek()? != b'}' {
                    let name = self.scalar()?;
                    self.peek()?;
                    self.at += 1;
                    fields.push((name, self.node()?));
                    self.skip_comma()?;
                }
                self.at += 1;
                Some(Node::Object(fields))
            }
            b'[' => {
                let mut items = Vec::new();
                self.at += 1;
                while self.peek()? != b']' {
                    items.push(self.node()?);
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

/// How a library writes.
#[derive(Clone, Copy)]
struct Style {
    space: Space,
    letters: Letters,
    sorted: bool,
}

impl Style {
    fn write(self, document: &Node<'_>) -> Vec<u8> {
        let mut writer = Writer { out: String::new(), style: self };
        writer.node(document, 0);
        writer.out.into_bytes()
    }
}

struct Writer {
    out: String,
    style: Style,
}

impl Writer {
    fn node(&mut self, node: &Node<'_>, depth: usize) {
        match node {
            Node::Scalar(text) => self.scalar(text),
            Node::Array(items) => {
                self.out.push('[');
                for (place, item) in items.iter().enumerate() {
                    self.between(place == 0, depth + 1);
                    self.node(item, depth + 1);
                }
                self.end(items.is_empty(), depth, ']');
            }
            Node::Object(fields) => {
                let mut fields: Vec<_> = fields.iter().collect();
                if self.style.sorted {
                    fields.sort_by_key(|(name, _)| plain(name));
                }
                self.out.push('{');
                for (place, (name, value)) in fields.iter().enumerate() {
                    self.between(place == 0, depth + 1);
                    self.scalar(name);
                    self.out.push_str(if self.style.space == Space::Compact { ":" } else { ": " });
                    self.node(value, depth + 1);
                }
                self.end(fields.is_empty(), depth, '}');
            }
        }
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
        match plain(text) {
            Some(plain) if self.style.letters != Letters::AsTheyStand => {
                self.out.push('"');
                plain.chars().for_each(|letter| self.letter(letter));
                self.out.push('"');
            }
            _ => self.out.push_str(text),
        }
    }

    fn letter(&mut self, letter: char) {
        let is_escaped = match self.style.letters {
            Letters::HtmlEscaped => matches!(letter, '<' | '>' | '&' | '\u{2028}' | '\u{2029}'),
            Letters::Escaped | Letters::SlashEscaped => !letter.is_ascii(),
            Letters::AsTheyStand | Letters::Unescaped => false,
        };
        match letter {
            '"' => self.out.push_str("\\\""),
            '\\' => self.out.push_str("\\\\"),
            '\n' => self.out.push_str("\\n"),
            '\r' => self.out.push_str("\\r"),
            '\t' => self.out.push_str("\\t"),
            '\u{8}' => self.out.push_str("\\b"),
            '\u{c}' => self.out.push_str("\\f"),
            '/' if self.style.letters == Letters::SlashEscaped => self.out.push_str("\\/"),
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
