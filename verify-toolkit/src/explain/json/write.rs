//! One document, in the way of one library.

use std::rc::Rc;

use super::{Document, Place, plain, spaces::Space};

/// How letters are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Letters {
    AsTheyStand,
    /// `\u` for what is not ASCII, and for what means something in HTML, in capitals, as .NET does.
    DotNet,
    /// `\u` for what is not ASCII, as Python does.
    Escaped,
    /// As they are, but `<`, `>`, `&`, `=` and `'` escaped, as Gson does.
    Gson,
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

impl Letters {
    /// Whether a text with this byte may be written in another way than it stands.
    pub(super) fn may_change(self, byte: u8) -> bool {
        let is_escape = byte == b'\\';
        let is_wide = !byte.is_ascii();
        match self {
            Self::AsTheyStand => false,
            Self::DotNet => is_escape || is_wide || b"&'+<>`\x7f".contains(&byte),
            Self::Escaped => is_escape || is_wide || byte == 0x7f,
            Self::Gson => is_escape || is_wide || b"<>&='".contains(&byte),
            Self::HtmlEscaped => is_escape || is_wide || b"<>&".contains(&byte),
            Self::PhpEscaped => is_escape || is_wide || b"/\x7f".contains(&byte),
            Self::SlashEscaped => byte == b'/',
            Self::SlashUnescaped | Self::Unescaped => is_escape,
        }
    }
}

/// In which order an object's fields are written.
#[derive(Clone, Debug)]
pub(super) enum Order {
    AsTheyStand,
    /// Of these objects, the names of the fields, or of some of them.
    Given(Rc<Vec<(Place, Vec<Place>)>>),
}

/// How a document is written.
#[derive(Clone, Debug)]
pub(super) struct Style {
    pub(super) space: &'static Space,
    pub(super) letters: Letters,
    pub(super) order: Order,
    /// Values that are written in another way, in the order of their places.
    pub(super) values: Rc<Vec<(Place, String)>>,
}

/// What was written, and what is different from what stands there.
pub(super) struct Written {
    pub(super) text: String,
    /// Or lacks some.
    pub(super) is_reordered: bool,
    pub(super) is_lettered: bool,
    /// How many escapes `\u` more.
    pub(super) escapes: isize,
    /// How many escapes `\/` more.
    pub(super) slashes: isize,
}

impl Style {
    /// Writes a document, if that takes no more bytes than there is room for.
    pub(super) fn write(&self, document: &Document<'_>, room: usize) -> Option<Written> {
        let mut writer = Writer::new(document, self, room);
        writer.out.text.reserve(room.min(document.text.len()));
        writer.node(0, 0)?;
        (writer.out.text.len() <= room).then_some(writer.out)
    }

    /// Whether a document is written so. Ends at the first difference.
    pub(super) fn is_of(&self, document: &Document<'_>) -> bool {
        let stands = document.text.trim();
        let mut writer = Writer::new(document, self, stands.len());
        writer.expected = Some(stands.as_bytes());
        writer.node(0, 0).is_some() && writer.is_as_expected() && writer.expected == Some(b"")
    }
}

struct Writer<'d> {
    document: &'d Document<'d>,
    style: &'d Style,
    room: usize,
    out: Written,
    /// What is left to be written, if that is known. What was compared is not kept.
    expected: Option<&'d [u8]>,
}

impl<'d> Writer<'d> {
    fn new(document: &'d Document<'d>, style: &'d Style, room: usize) -> Self {
        let out = Written {
            text: String::new(),
            is_reordered: false,
            is_lettered: false,
            escapes: 0,
            slashes: 0,
        };
        Self { document, style, room, out, expected: None }
    }

    fn is_as_expected(&mut self) -> bool {
        let Some(expected) = self.expected else { return true };
        let rest = expected.strip_prefix(self.out.text.as_bytes());
        self.expected = rest;
        self.out.text.clear();
        rest.is_some()
    }

    /// Returns nothing as soon as the room is used up.
    fn node(&mut self, place: Place, depth: usize) -> Option<()> {
        if self.out.text.len() > self.room || !self.is_as_expected() {
            return None;
        }
        let document = self.document;
        let is_object = document.is(place, b'{');
        if !is_object && !document.is(place, b'[') {
            self.scalar(place);
            return Some(());
        }
        let Space { comma, colon, lines, lists_on_a_line, .. } = self.style.space;
        let ordered = if is_object { self.ordered(place) } else { None };
        let children: &mut dyn Iterator<Item = Place> = match ordered {
            Some(names) => &mut names.iter().copied(),
            None => &mut document.children(place),
        };
        let is_on_a_line = !is_object && *lists_on_a_line;
        let (open, close) = if is_object { ('{', '}') } else { ('[', ']') };
        self.out.text.push(open);
        let mut is_empty = true;
        for child in children {
            if !is_empty {
                self.out.text.push_str(comma);
            }
            is_empty = false;
            match lines {
                Some(_) if is_on_a_line => self.out.text.push(' '),
                Some((end, indent)) => self.line(end, indent, depth + 1),
                None => {}
            }
            if is_object {
                self.scalar(child);
                self.out.text.push_str(colon);
                self.node(child + 1, depth + 1)?;
            } else {
                self.node(child, depth + usize::from(!is_on_a_line))?;
            }
        }
        match lines {
            // Jackson puts a space there.
            Some(_) if is_on_a_line || (is_empty && *lists_on_a_line) => self.out.text.push(' '),
            Some((end, indent)) if !is_empty => self.line(end, indent, depth),
            _ => {}
        }
        self.out.text.push(close);
        Some(())
    }

    /// The names of an object's fields in the order of the style, if that is another one.
    fn ordered(&mut self, place: Place) -> Option<&'d [Place]> {
        let names = match &self.style.order {
            Order::AsTheyStand => return None,
            Order::Given(orders) => {
                let found = orders.binary_search_by_key(&place, |(object, _)| *object).ok()?;
                orders.get(found)?.1.as_slice()
            }
        };
        let is_whole = || names.len() == self.document.children(place).count();
        self.out.is_reordered |= !(names.is_sorted() && is_whole());
        Some(names)
    }

    fn line(&mut self, end: &str, indent: &str, depth: usize) {
        self.out.text.push_str(end);
        (0..depth).for_each(|_| self.out.text.push_str(indent));
    }

    fn scalar(&mut self, place: Place) {
        let text = self.document.text_of(place);
        let start = self.out.text.len();
        let values = &self.style.values;
        let other = values.binary_search_by_key(&place, |(value, _)| *value).ok();
        if let Some((_, other)) = other.and_then(|found| values.get(found)) {
            return self.out.text.push_str(other);
        }
        match self.style.letters {
            _ if !text.starts_with('"') => return self.out.text.push_str(text),
            letters if !text.bytes().any(|byte| letters.may_change(byte)) => {
                return self.out.text.push_str(text);
            }
            Letters::SlashEscaped => self.slashes(text, "\\/"),
            Letters::SlashUnescaped => self.slashes(text, "/"),
            _ => match plain(text) {
                Some(plain) => {
                    self.out.text.push('"');
                    plain.chars().for_each(|letter| self.letter(letter));
                    self.out.text.push('"');
                }
                None => self.out.text.push_str(text),
            },
        }
        let written = self.out.text.get(start..).unwrap_or_default();
        if written != text {
            self.out.is_lettered = true;
            let more = |escape: u8| escapes(written, escape) - escapes(text, escape);
            let (escapes, slashes) = (more(b'u'), more(b'/'));
            self.out.escapes += escapes;
            self.out.slashes += slashes;
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
                        '/' => self.out.text.push_str(slash),
                        _ => self.out.text.extend([letter, escaped]),
                    }
                }
                ('/', _) => self.out.text.push_str(slash),
                _ => self.out.text.push(letter),
            }
        }
    }

    fn letter(&mut self, letter: char) {
        let is_escaped = match self.style.letters {
            Letters::HtmlEscaped => matches!(letter, '<' | '>' | '&' | '\u{2028}' | '\u{2029}'),
            Letters::Gson => {
                matches!(letter, '<' | '>' | '&' | '=' | '\'' | '\u{2028}' | '\u{2029}')
            }
            Letters::Escaped | Letters::PhpEscaped => !letter.is_ascii() || letter == '\u{7f}',
            Letters::DotNet => {
                !letter.is_ascii()
                    || matches!(letter, '"' | '&' | '\'' | '+' | '<' | '>' | '`' | '\u{7f}')
            }
            _ => false,
        };
        match letter {
            _ if is_escaped => self.escape(letter),
            '"' => self.out.text.push_str("\\\""),
            '\\' => self.out.text.push_str("\\\\"),
            '\n' => self.out.text.push_str("\\n"),
            '\r' => self.out.text.push_str("\\r"),
            '\t' => self.out.text.push_str("\\t"),
            '\u{8}' => self.out.text.push_str("\\b"),
            '\u{c}' => self.out.text.push_str("\\f"),
            '/' if self.style.letters == Letters::PhpEscaped => self.out.text.push_str("\\/"),
            '\0'..='\u{1f}' => self.escape(letter),
            _ => self.out.text.push(letter),
        }
    }

    fn escape(&mut self, letter: char) {
        for unit in letter.encode_utf16(&mut [0; 2]) {
            let is_upper = self.style.letters == Letters::DotNet;
            self.out.text.push_str("\\u");
            for shift in [12, 8, 4, 0] {
                let digit =
                    char::from_digit(u32::from(*unit >> shift & 15), 16).unwrap_or_default();
                self.out.text.push(if is_upper { digit.to_ascii_uppercase() } else { digit });
            }
        }
    }
}

/// How many escapes of this kind a text has.
fn escapes(text: &str, kind: u8) -> isize {
    let (mut count, mut bytes) = (0, text.bytes());
    while bytes.any(|byte| byte == b'\\') {
        count += isize::from(bytes.next() == Some(kind));
    }
    count
}

#[cfg(test)]
mod tests {
    use super::{super::spaces::SPACES, Document, Letters, Order, Rc, Style, Writer};

    /// Each item of this one becomes a line of 480 spaces.
    #[test]
    fn writing_ends_where_the_room_does() {
        let text = format!("{}{}1{}", "[".repeat(120), "1,".repeat(10_000), "]".repeat(120));
        let document = Document::read(text.as_bytes()).unwrap();
        let style = |number: usize| Style {
            space: &SPACES[number],
            letters: Letters::AsTheyStand,
            order: Order::AsTheyStand,
            values: Rc::default(),
        };
        let (indented, compact) = (style(3), style(0));
        let mut writer = Writer::new(&document, &indented, text.len());
        assert!(writer.node(0, 0).is_none());
        assert!(writer.out.text.len() < text.len() + 1000, "{}", writer.out.text.len());

        assert_eq!(compact.write(&document, text.len()).unwrap().text, text);
        assert!(compact.write(&document, text.len() - 1).is_none());
    }

    /// A style that is left out because of this makes no difference.
    #[test]
    fn letters_change_nothing_but_what_they_may() {
        use Letters::*;

        for letters in [
            AsTheyStand,
            DotNet,
            Escaped,
            Gson,
            HtmlEscaped,
            PhpEscaped,
            SlashEscaped,
            SlashUnescaped,
            Unescaped,
        ] {
            for letter in (' '..='\u{2100}').filter(|letter| *letter != '"') {
                let letter =
                    if letter == '\\' { r"\\\/\u00e9".to_owned() } else { letter.to_string() };
                let text = format!("[\"{letter}\"]");
                let document = Document::read(text.as_bytes()).unwrap();
                let (order, values) = (Order::AsTheyStand, Rc::default());
                let style = Style { space: &SPACES[0], letters, order, values };
                let is_same = style.write(&document, 1000).unwrap().text == text;
                let may_change = text.bytes().any(|byte| letters.may_change(byte));
                assert!(is_same || may_change, "{letters:?} {text}");
            }
        }
    }

    #[test]
    fn the_style_in_which_a_text_stands_is_told() {
        let style = |space| Style {
            space,
            letters: Letters::AsTheyStand,
            order: Order::AsTheyStand,
            values: Rc::default(),
        };
        let full = r#"{"a":[1,{"b":"c"},[]],"d":{}}"#;
        for text in [full, "[1,2]", "{\"a\":{\"b\":1}}"] {
            let document = Document::read(text.as_bytes()).unwrap();
            for space in &SPACES {
                let written = style(space).write(&document, 1000).unwrap().text;
                let other = Document::read(written.as_bytes()).unwrap();
                assert!(style(space).is_of(&other), "{written}");
                for odd in [written.replacen(':', " :", 1), written.replacen(']', " ]", 1)] {
                    let other = Document::read(odd.as_bytes()).unwrap();
                    let is_same = style(space).write(&other, 1000).unwrap().text == odd;
                    assert_eq!(style(space).is_of(&other), is_same, "{odd}");
                }
                let spaced = format!(" {written}\n");
                assert!(style(space).is_of(&Document::read(spaced.as_bytes()).unwrap()));
            }
        }
    }
}
