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

    /// What is said of a value that is something else.
    const MISFIT: Misfit = Misfit::new(Self::EXPECTED);

    /// Reads JSON that was found well-formed.
    fn from_json(json: &'a str) -> Result<Self, Misfit>;
}

/// A number is taken as its digits: a verified event is not lost to a `version` without quotes.
impl<'a> FromJson<'a> for Cow<'a, str> {
    const EXPECTED: &'static str = "a string";

    fn from_json(json: &'a str) -> Result<Self, Misfit> {
        if json.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
            return Ok(Cow::Borrowed(json));
        }
        let text = json.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        match text.ok_or(Self::MISFIT)? {
            // Fails for half of a surrogate pair, which no text of Rust can hold.
            text if text.contains('\\') => {
                serde_json::from_str::<String>(json).map(Cow::Owned).map_err(|_| Self::MISFIT)
            }
            text => Ok(Cow::Borrowed(text)),
        }
    }
}

/// Numbers are read from their digits. What serde_json makes of them depends on features that any
/// other crate in the build can turn on, and its floats may be one unit off in the last place.
impl FromJson<'_> for f64 {
    const EXPECTED: &'static str = "a number";

    fn from_json(json: &str) -> Result<Self, Misfit> {
        json.parse().ok().filter(|number: &Self| number.is_finite()).ok_or(Self::MISFIT)
    }
}

impl FromJson<'_> for u64 {
    const EXPECTED: &'static str = "a non-negative integer";

    fn from_json(json: &str) -> Result<Self, Misfit> {
        json.parse().map_err(|_| Self::MISFIT)
    }
}

impl<'a> FromJson<'a> for BTreeMap<Cow<'a, str>, Cow<'a, str>> {
    const EXPECTED: &'static str = "an object of strings";

    fn from_json(json: &'a str) -> Result<Self, Misfit> {
        serde_json::Deserializer::from_str(json)
            .deserialize_map(Strings)
            .ok()
            .flatten()
            .ok_or(Self::MISFIT)
    }
}

/// The value of a tag: null is an empty one.
pub(crate) fn tag_value(json: &str) -> Result<Cow<'_, str>, Misfit> {
    if json == "null" { Ok(Cow::Borrowed("")) } else { FromJson::from_json(json) }
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
            let Ok(value) = tag_value(value.get()) else { return Ok(None) };
            strings.insert(key, value);
        }
        Ok(Some(strings))
    }
}

impl<'a, T: FromJson<'a>> FromJson<'a> for Vec<T> {
    const EXPECTED: &'static str = "a list";

    fn from_json(json: &'a str) -> Result<Self, Misfit> {
        serde_json::Deserializer::from_str(json)
            .deserialize_seq(List(PhantomData))
            .unwrap_or(Err(Self::MISFIT))
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
