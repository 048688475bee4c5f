//! Reads a value as JSON has it, and as Python, JavaScript, Ruby, Go, Java and PHP print theirs.

mod printed;
mod quoted;

use std::borrow::Cow;

use super::tree::Tree;

/// Why a text is no value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::capture) enum Problem {
    /// The text ends in the middle.
    Cut,
    /// It is nested deeper than [`DEEPEST`].
    Deep,
    /// It has more than [`MOST`] values.
    Many,
    /// This cannot stand there.
    Unexpected(char),
}

/// Deepest nesting that is read. Each level takes some stack.
pub(in crate::capture) const DEEPEST: usize = 128;

/// Most values in one text. Each takes some memory, however few letters it has.
pub(in crate::capture) const MOST: usize = 2_000_000;

/// Where a problem is, in bytes from the start of the text.
type Failure = (usize, Problem);

/// Reads the value that begins at `start`, and returns where it ends. `values` counts those that were
/// read.
pub(super) fn read<'t>(
    text: &'t str,
    start: usize,
    values: &mut usize,
) -> Result<(Tree<'t>, usize), Failure> {
    let mut reader = Reader { text, at: start, values: *values };
    let tree = reader.value(DEEPEST, Place::Item);
    *values = reader.values;
    Ok((tree?, reader.at))
}

/// Reads the text in quotes that begins at `start`, and returns where it ends.
pub(super) fn text(text: &str, start: usize) -> Option<(Tree<'_>, usize)> {
    let mut reader = Reader { text, at: start, values: 0 };
    let quoted = reader.quoted().ok()??;
    Some((quoted, reader.at))
}

/// Where a value stands.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// It may be the name of a field.
    Item,
    /// Behind the name of a field. Without quotes, it may have `:` and `=` in it.
    Member,
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    values: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn skip(&mut self, part: &str) -> bool {
        let is_there = self.rest().starts_with(part);
        if is_there {
            self.at += part.len();
        }
        is_there
    }

    /// Takes what is in front of the first of these characters, or everything.
    fn take_until(&mut self, ends: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let taken = &rest[..rest.find(ends).unwrap_or(rest.len())];
        self.at += taken.len();
        taken
    }

    fn fail<T>(&self) -> Result<T, Failure> {
        let problem = self.rest().chars().next().map_or(Problem::Cut, Problem::Unexpected);
        Err((self.at, problem))
    }

    fn value(&mut self, levels: usize, place: Place) -> Result<Tree<'t>, Failure> {
        let levels = levels.checked_sub(1).ok_or((self.at, Problem::Deep))?;
        self.values += 1;
        if self.values > MOST {
            return Err((self.at, Problem::Many));
        }
        self.skip_space();
        if let Some(printed) = self.printed(levels)? {
            return Ok(printed);
        }
        if let Some(quoted) = self.quoted()? {
            // What is too long for a line is printed as several.
            return if levels + 1 < DEEPEST { self.joined(quoted) } else { Ok(quoted) };
        }
        match self.rest().bytes().next() {
            Some(b'{') => self.collection('}', levels),
            Some(b'(') => self.collection(')', levels),
            Some(b'[') => {
                let list = self.collection(']', levels)?;
                // `[INFO] {` of a log is no class.
                if list.items().is_empty() { self.behind_class(list, levels) } else { Ok(list) }
            }
            Some(b'<') => {
                let start = self.at;
                self.at += 1;
                let value = self.value(levels, Place::Member);
                self.skip_space();
                match value {
                    Ok(value) if self.skip(">") => Ok(value),
                    // `<_io.BytesIO object at 0x7f>` says nothing of what is in it.
                    _ => self.object(start),
                }
            }
            _ => self.word(levels, place),
        }
    }

    /// Reads what is in brackets: items, or fields with a separator after their names.
    fn collection(&mut self, close: char, levels: usize) -> Result<Tree<'t>, Failure> {
        let (mut items, mut fields) = (Vec::new(), Vec::new());
        self.at += 1;
        loop {
            self.skip_space();
            if self.rest().starts_with(close) {
                self.at += close.len_utf8();
                break;
            }
            if self.skip("...") {
                self.take_until(|c| c == '\n' || c == close);
                items.push(Tree::Cut);
                continue;
            }
            let item = self.value(levels, Place::Item)?;
            self.skip_space();
            if self.skip("=>") || self.skip(":") {
                fields.push((name(item), self.value(levels, Place::Member)?));
            } else if self.skip("=") {
                fields.push((name(item), self.unquoted(close, levels)?));
            } else {
                items.push(item);
            }
            self.skip_space();
            let _ = self.skip(",") || self.skip(";");
        }
        let is_object = !fields.is_empty() || (close == '}' && items.is_empty());
        Ok(if is_object { Tree::Object(fields) } else { Tree::List(items) })
    }

    /// Reads a word, or what a class printed behind its name.
    fn word(&mut self, levels: usize, place: Place) -> Result<Tree<'t>, Failure> {
        if place == Place::Item {
            // A symbol of Ruby.
            self.skip(":");
        }
        let word = self.take_until(|c| {
            c.is_whitespace()
                || ",;{}[]()<>'\"`".contains(c)
                || (place == Place::Item && (c == ':' || c == '='))
        });
        if word.is_empty() {
            return self.fail();
        }
        match self.rest().as_bytes() {
            // `array:1 [` of Symfony.
            [b' ', b'[', ..] if word.starts_with("array:") => {
                self.skip_space();
                self.collection(']', levels)
            }
            [b'{' | b'(' | b'[', ..] | [b' ', b'{', ..] => {
                let printed = self.value(levels, Place::Member)?;
                self.behind_class(printed, levels)
            }
            _ => Ok(Tree::Word(word)),
        }
    }

    /// Reads the object behind what says of which class it is: `[Object: null prototype] {`,
    /// `Map(2) {`, `[]string{`.
    fn behind_class(&mut self, class: Tree<'t>, levels: usize) -> Result<Tree<'t>, Failure> {
        let is_class = match &class {
            Tree::List(items) => items.len() < 3 && items.iter().all(|item| item.text().is_some()),
            Tree::Object(fields) => fields.len() == 1,
            _ => false,
        };
        let next = self.rest().trim_start_matches(' ').bytes().next();
        let is_type =
            class.items().is_empty() && next.is_some_and(|byte| byte.is_ascii_alphabetic());
        // `Uint8Array(3) [`
        let is_sized = next == Some(b'[')
            && matches!(class.items(), [size] if size.number::<usize>().is_some());
        if is_class && (next == Some(b'{') || is_type || is_sized) {
            self.value(levels, Place::Member)
        } else {
            Ok(class)
        }
    }
}

/// The name of a field. PHP and symbols of JavaScript have theirs in brackets.
fn name(item: Tree<'_>) -> Cow<'_, str> {
    match item {
        Tree::Text(name) => name,
        Tree::Word(name) => name.into(),
        Tree::Bytes(name) => String::from_utf8_lossy(&name).into_owned().into(),
        Tree::List(mut names) if names.len() == 1 => names.pop().map(name).unwrap_or_default(),
        _ => Cow::default(),
    }
}
