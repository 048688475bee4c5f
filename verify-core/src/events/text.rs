use alloc::{boxed::Box, string::String};
use core::{borrow::Borrow, cmp::Ordering, fmt, hash, ops::Deref};

/// A text that a body says. It reads as a `str`; `String::from` takes it further.
///
/// Up to 38 bytes are kept in place, which names, versions and ids are: reading an event allocates
/// for long texts only.
#[derive(Clone)]
pub struct Text(Repr);

#[derive(Clone)]
enum Repr {
    Long(Box<str>),
    Short { length: u8, bytes: [u8; Text::IN_PLACE] },
}

impl Text {
    const IN_PLACE: usize = 38;

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Repr::Long(text) => text,
            Repr::Short { length, bytes } => {
                // `short` copies nothing but a whole `str`.
                let text = bytes.get(..usize::from(*length));
                text.and_then(|text| core::str::from_utf8(text).ok()).unwrap_or("")
            }
        }
    }

    fn short(text: &str) -> Option<Self> {
        let mut bytes = [0; Self::IN_PLACE];
        bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        Some(Self(Repr::Short { length: u8::try_from(text.len()).ok()?, bytes }))
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::short(text).unwrap_or_else(|| Self(Repr::Long(text.into())))
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::short(&text).unwrap_or_else(|| Self(Repr::Long(text.into())))
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        match text.0 {
            Repr::Long(text) => text.into(),
            Repr::Short { .. } => text.as_str().into(),
        }
    }
}

impl Default for Text {
    fn default() -> Self {
        Self::from("")
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        self
    }
}

impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        self
    }
}

impl Eq for Text {}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        **self == *other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        **self == **other
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Self) -> Ordering {
        (**self).cmp(other)
    }
}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl hash::Hash for Text {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

impl serde::Serialize for Text {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::{String, ToString};
    use core::hash::BuildHasher as _;

    use super::Text;

    #[test]
    fn it_is_the_text_that_was_put_in_at_every_length() {
        // Two bytes each, so that some length would cut one apart.
        for length in 0..50 {
            for text in ["e".repeat(length), "\u{e9}".repeat(length)] {
                let read = Text::from(text.as_str());
                assert_eq!(read.as_str(), text);
                assert_eq!(
                    (read.to_string(), String::from(read.clone())),
                    (text.clone(), text.clone())
                );
                assert_eq!(Text::from(text), read);
            }
        }
    }

    #[test]
    fn it_compares_orders_and_hashes_as_a_str_does() {
        let hasher = std::hash::RandomState::new();
        let long = "m".repeat(60);
        for left in ["", "a", "b", &long] {
            let read = Text::from(left);
            assert_eq!(hasher.hash_one(&read), hasher.hash_one(left));
            assert_eq!(
                alloc::format!("{:?} {0:>3}", Text::from(left)),
                alloc::format!("{left:?} {left:>3}")
            );
            for right in ["", "a", "b", &long] {
                assert_eq!(read == right, left == right);
                assert_eq!(read == *right, left == right);
                assert_eq!(read.cmp(&right.into()), left.cmp(right));
            }
        }
        assert_eq!(Text::default(), "");
    }
}
