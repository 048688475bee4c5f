use alloc::string::String;

use serde::Serialize;

use crate::events::{Field, FromJson, Misfit, Object, place_of, tag_value};

/// A tag of a model version.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Tag {
    /// Its name.
    pub key: String,
    /// Its value.
    pub value: String,
}

const PARTS: [&str; 2] = ["key", "value"];

impl<'a> FromJson<'a> for Tag {
    const EXPECTED: &'static str = "an object";

    fn from_json(json: &'a str) -> Result<Self, Misfit> {
        let object = Object::from_value(&PARTS, json)?;
        let part = |name: &'static str, read: fn(&'a str) -> Result<String, Misfit>| {
            match object.field(place_of(&PARTS, name)) {
                Field::Once(json) => read(json).map_err(|misfit| misfit.in_part(name)),
                Field::Missing | Field::Repeated => Err(String::MISFIT.in_part(name)),
            }
        };
        Ok(Self { key: part("key", String::from_json)?, value: part("value", tag_value)? })
    }
}
