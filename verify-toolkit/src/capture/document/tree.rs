//! A value that some language or tool printed.

use std::borrow::Cow;

/// A value, over the text that it was read from.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::capture) enum Tree<'t> {
    /// Bytes: `b'..'` of Python, `<Buffer ..>` of Node.
    Bytes(Vec<u8>),
    /// Something that was left out when it was printed, such as `... 3 more items`.
    Cut,
    List(Vec<Tree<'t>>),
    Object(Vec<(Cow<'t, str>, Tree<'t>)>),
    /// What stood in quotes.
    Text(Cow<'t, str>),
    /// What stood there without quotes: a number, `true`, `None`.
    Word(&'t str),
}

impl<'t> Tree<'t> {
    /// The value at a path such as `request.headers`, in which case, `_` and `-` do not count. What
    /// is null is not there.
    pub(in crate::capture) fn at(&self, path: &str) -> Option<&Self> {
        // `rack.input` is one name.
        let one = self.field(path);
        one.or_else(|| path.split('.').try_fold(self, |tree, name| tree.field(name)))
    }

    /// A field of an object. In its name, case, `_` and `-` do not count.
    fn field(&self, name: &str) -> Option<&Self> {
        let mut fields = self.fields().iter();
        let found = fields.find(|(other, _)| is_same(other, name)).map(|(_, value)| value);
        found.filter(|value| !value.is_null())
    }

    /// A field of an object, by exactly this name.
    pub(in crate::capture) fn exact(&self, name: &str) -> Option<&Self> {
        let mut fields = self.fields().iter();
        fields.find(|(other, _)| other == name).map(|(_, value)| value)
    }

    pub(in crate::capture) fn fields(&self) -> &[(Cow<'t, str>, Self)] {
        if let Self::Object(fields) = self { fields } else { &[] }
    }

    pub(in crate::capture) fn items(&self) -> &[Self] {
        if let Self::List(items) = self { items } else { &[] }
    }

    pub(in crate::capture) fn is_null(&self) -> bool {
        matches!(self, Self::Word("null" | "None" | "nil" | "undefined" | "NULL" | "<nil>"))
    }

    pub(in crate::capture) fn is_true(&self) -> bool {
        matches!(self, Self::Word(word) if word.eq_ignore_ascii_case("true"))
    }

    pub(in crate::capture) fn is_false(&self) -> bool {
        matches!(self, Self::Word(word) if word.eq_ignore_ascii_case("false"))
    }

    /// A text or word.
    pub(in crate::capture) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Word(word) => Some(word),
            _ => None,
        }
    }

    /// Writes it as JSON, if it is all that was printed.
    #[cfg(feature = "explain")]
    pub(super) fn write_json(&self, json: &mut String) -> Option<()> {
        let quoted = |text: &str| serde_json::to_string(text).ok();
        match self {
            Self::Bytes(_) | Self::Cut => return None,
            Self::Text(text) => json.push_str(&quoted(text)?),
            _ if self.is_null() => json.push_str("null"),
            _ if self.is_true() => json.push_str("true"),
            _ if self.is_false() => json.push_str("false"),
            Self::Word(word) => {
                word.parse::<f64>().ok()?;
                json.push_str(word);
            }
            Self::List(items) => {
                json.push('[');
                for (number, item) in items.iter().enumerate() {
                    json.push_str(if number > 0 { "," } else { "" });
                    item.write_json(json)?;
                }
                json.push(']');
            }
            Self::Object(fields) => {
                json.push('{');
                for (number, (name, value)) in fields.iter().enumerate() {
                    json.push_str(if number > 0 { "," } else { "" });
                    json.push_str(&quoted(name)?);
                    json.push(':');
                    value.write_json(json)?;
                }
                json.push('}');
            }
        }
        Some(())
    }

    pub(in crate::capture) fn number<N: core::str::FromStr>(&self) -> Option<N> {
        self.text()?.parse().ok()
    }
}

/// Whether two names are the same, apart from case, `_` and `-`.
pub(in crate::capture) fn is_same(one: &str, other: &str) -> bool {
    let letters = |name| str::bytes(name).filter(|byte| !b"_-".contains(byte));
    let lower = |name| letters(name).map(|byte| byte.to_ascii_lowercase());
    one == other || lower(one).eq(lower(other))
}
