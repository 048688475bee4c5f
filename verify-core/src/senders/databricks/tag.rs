use alloc::borrow::Cow;

use serde::Serialize;

use crate::events::{Field, FromJson, IntoOwned, Misfit, Object, place_of, tag_value};

/// A tag of a model version.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
pub struct Tag<'a> {
    /// Its name.
    pub key: Cow<'a, str>,
    /// Its value.
    pub value: Cow<'a, str>,
}

impl IntoOwned for Tag<'_> {
    type Owned = Tag<'static>;

    fn owned(self) -> Tag<'static> {
        Tag { key: self.key.owned(), value: self.value.owned() }
    }
}

const PARTS: [&str; 2] = ["key", "value"];

impl<'a> FromJson<'a> for Tag<'a> {
    const EXPECTED: &'static str = "an object";

    fn from_json(json: &'a str) -> Result<Self, Misfit> {
        let object = Object::from_value(&PARTS, json)?;
        let part = |name: &'static str, read: fn(&'a str) -> Result<Cow<'a, str>, Misfit>| {
            match object.field(place_of(&PARTS, name)) {
                Field::Once(json) => read(json).map_err(|misfit| misfit.in_part(name)),
                Field::Missing | Field::Repeated => Err(<Cow<'_, str>>::MISFIT.in_part(name)),
            }
        };
        Ok(Self { key: part("key", Cow::from_json)?, value: part("value", tag_value)? })
    }
}
