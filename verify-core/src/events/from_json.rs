use alloc::{borrow::Cow, collections::BTreeMap, string::String, vec::Vec};
use core::{fmt, marker::PhantomData};

use serde::{
    Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::events::{Misfit, object::Key};

/// A type that the value of a field is read into.
pub(crate) trait FromJson<'a>: Sized {
    /// What the value should be, in words.
    const EXPECTED: &'static str;

    /// Reads well-formed JSON. `None`: it is something else.
    fn read(json: &'a str) -> Option<Self>;

    /// As [`read`](Self::read), with where within the value it is something else.
    fn from_json(json: &'a str) -> Result<Self, Misfit> {
        Self::read(json).ok_or(Misfit::new(Self::EXPECTED))
    }
}

impl<'a> FromJson<'a> for Cow<'a, str> {
    const EXPECTED: &'static str = "a string";

    fn read(json: &'a str) -> Option<Self> {
        let text = json.strip_prefix('"')?.strip_suffix('"')?;
        if text.contains('\\') {
            // Fails for half of a surrogate pair, which no text of Rust can hold.
            serde_json::from_str::<String>(json).ok().map(Cow::Owned)
        } else {
            Some(Cow::Borrowed(text))
        }
    }
}

/// Numbers are read from their digits. What serde_json makes of them depends on features that any
/// other crate in the build can turn on, and its floats may be one unit off in the last place.
impl FromJson<'_> for f64 {
    const EXPECTED: &'static str = "a number";

    fn read(json: &str) -> Option<Self> {
        json.parse().ok().filter(|number: &Self| number.is_finite())
    }
}

impl FromJson<'_> for u64 {
    const EXPECTED: &'static str = "a non-negative integer";

    fn read(json: &str) -> Option<Self> {
        json.parse().ok()
    }
}

impl<'a> FromJson<'a> for BTreeMap<Cow<'a, str>, Cow<'a, str>> {
    const EXPECTED: &'static str = "an object of strings";

    fn read(json: &'a str) -> Option<Self> {
        serde_json::Deserializer::from_str(json).deserialize_map(Strings).ok()?
    }
}

struct Strings;

impl<'de> Visitor<'de> for Strings {
    type Value = Option<BTreeMap<Cow<'de, str>, Cow<'de, str>>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut strings = BTreeMap::new();
        while let Some((Key(key), value)) = map.next_entry::<Key<'de>, &RawValue>()? {
            let Some(value) = FromJson::read(value.get()) else { return Ok(None) };
            strings.insert(key, value);
        }
        Ok(Some(strings))
    }
}

impl<'a, T: FromJson<'a>> FromJson<'a> for Vec<T> {
    const EXPECTED: &'static str = "a list";

    fn read(json: &'a str) -> Option<Self> {
        Self::from_json(json).ok()
    }

    fn from_json(json: &'a str) -> Result<Self, Misfit> {
        serde_json::Deserializer::from_str(json)
            .deserialize_seq(List(PhantomData))
            .unwrap_or(Err(Misfit::new(Self::EXPECTED)))
    }
}

struct List<T>(PhantomData<T>);

impl<'de, T: FromJson<'de>> Visitor<'de> for List<T> {
    type Value = Result<Vec<T>, Misfit>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut items = Ok(Vec::new());
        while let Some(item) = list.next_element::<&RawValue>()? {
            let Ok(read) = &mut items else { continue };
            match T::from_json(item.get()) {
                Ok(item) => read.push(item),
                Err(misfit) => items = Err(misfit.in_item(read.len())),
            }
        }
        Ok(items)
    }
}
