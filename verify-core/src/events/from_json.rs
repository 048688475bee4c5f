use alloc::{borrow::Cow, collections::BTreeMap, string::String, vec::Vec};

use serde_json::value::RawValue;

use crate::events::Misfit;

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
        let text = text.ok_or(Self::MISFIT)?;
        // To the end in any case: then sixteen bytes are looked at a time. `contains` makes reading an
        // event 8 % slower.
        if text.bytes().fold(false, |found, byte| found | (byte == b'\\')) {
            // Fails for half of a surrogate pair, which no text of Rust can hold.
            return serde_json::from_str(json).map(Cow::Owned).map_err(|_| Self::MISFIT);
        }
        Ok(Cow::Borrowed(text))
    }
}

impl FromJson<'_> for String {
    const EXPECTED: &'static str = <Cow<'_, str>>::EXPECTED;

    fn from_json(json: &str) -> Result<Self, Misfit> {
        Cow::from_json(json).map(Cow::into_owned)
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

impl FromJson<'_> for BTreeMap<String, String> {
    const EXPECTED: &'static str = "an object of strings";

    /// Of a repeated key the last counts, whatever stands before it: as Python, which the sender is written in, reads it.
    fn from_json(json: &str) -> Result<Self, Misfit> {
        let tags: BTreeMap<String, &RawValue> =
            serde_json::from_str(json).map_err(|_| Self::MISFIT)?;
        let text = |value: &RawValue| tag_value(value.get()).map_err(|_| Self::MISFIT);
        tags.into_iter().map(|(key, value)| Ok((key, text(value)?))).collect()
    }
}

/// The value of a tag: null is an empty one.
pub(crate) fn tag_value(json: &str) -> Result<String, Misfit> {
    if json == "null" { Ok(String::default()) } else { String::from_json(json) }
}

impl<'a, T: FromJson<'a>> FromJson<'a> for Vec<T> {
    const EXPECTED: &'static str = "a list";

    fn from_json(json: &'a str) -> Result<Self, Misfit> {
        let items: Vec<&RawValue> = serde_json::from_str(json).map_err(|_| Self::MISFIT)?;
        let item = |(index, item): (usize, &'a RawValue)| {
            T::from_json(item.get()).map_err(|misfit| misfit.in_item(index))
        };
        items.into_iter().enumerate().map(item).collect()
    }
}
