use core::{fmt, str};

use serde::{
    Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::events::{EventError, FromJson, Misfit, Place};

/// The fields of a JSON object that have one of `COUNT` names, as they stand in the body.
///
/// Nothing of a value is read before an event is known to need it: a field that another event has
/// cannot spoil this one, whatever it holds, and an error can name both event and field. It is also
/// one pass without buffering, whatever the order of the keys.
pub(crate) struct Object<'a, const COUNT: usize>([Field<'a>; COUNT]);

/// Where a name stands among the names of an object. For constants: a name that is not there does not
/// compile.
#[expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "runs while compiling"
)]
pub(crate) const fn place_of(names: &[&str], name: &str) -> usize {
    let mut place = 0;
    while place < names.len() {
        let (known, name) = (names[place].as_bytes(), name.as_bytes());
        let mut same = 0;
        while same < known.len() && same < name.len() && known[same] == name[same] {
            same += 1;
        }
        if same == known.len() && same == name.len() {
            return place;
        }
        place += 1;
    }
    panic!("the name of a field is not among the names of the object");
}

/// What stands under a name.
#[derive(Clone, Copy, Default)]
pub(crate) enum Field<'a> {
    #[default]
    Missing,
    /// JSON that was found well-formed.
    Once(&'a str),
    Repeated,
}

impl<'a, const COUNT: usize> Object<'a, COUNT> {
    /// Reads a body.
    pub(crate) fn from_body(
        names: &'static [&'static str; COUNT],
        body: &'a [u8],
    ) -> Result<Self, EventError> {
        let mut json =
            serde_json::Deserializer::from_str(str::from_utf8(body).map_err(EventError::utf8)?);
        let mut fields = [Field::Missing; COUNT];
        json.deserialize_map(Names { names, fields: &mut fields }).map_err(|error| {
            // Of all values, only the object itself is looked at.
            if error.is_data() { EventError::no_object() } else { EventError::json(error) }
        })?;
        json.end().map_err(EventError::json)?;
        Ok(Self(fields))
    }

    /// Reads the value of a field.
    pub(crate) fn from_value(
        names: &'static [&'static str; COUNT],
        json: &'a str,
    ) -> Result<Self, Misfit> {
        let mut fields = [Field::Missing; COUNT];
        serde_json::Deserializer::from_str(json)
            .deserialize_map(Names { names, fields: &mut fields })
            .map_err(|_| Misfit::new("an object"))?;
        Ok(Self(fields))
    }

    /// Returns the field whose name stands at `place`: see [`place_of`].
    pub(crate) fn field(&self, place: usize) -> Field<'a> {
        self.0.get(place).copied().unwrap_or_default()
    }
}

impl<'a> Field<'a> {
    /// The value, which has to be there.
    pub(crate) fn required<T: FromJson<'a>>(self, place: Place) -> Result<T, EventError> {
        match self {
            Self::Missing => Err(EventError::missing(place)),
            Self::Once(json) => {
                T::from_json(json).map_err(|misfit| EventError::misfit(place, misfit))
            }
            Self::Repeated => Err(EventError::misfit(place, Misfit::new("one value"))),
        }
    }

    /// The value, if there is one that is not null.
    pub(crate) fn optional<T: FromJson<'a>>(self, place: Place) -> Result<Option<T>, EventError> {
        match self {
            Self::Missing | Self::Once("null") => Ok(None),
            present => present.required(place).map(Some),
        }
    }

    /// The value; null, or nothing at all, is `None`.
    pub(crate) fn nullable<T: FromJson<'a>>(self, place: Place) -> Result<Option<T>, EventError> {
        self.optional(place)
    }

    /// The value, null, or nothing.
    pub(crate) fn either<T: FromJson<'a>>(
        self,
        place: Place,
    ) -> Result<Option<Option<T>>, EventError> {
        match self {
            Self::Missing => Ok(None),
            present => present.optional(place).map(Some),
        }
    }
}

/// Fills in the fields in their place: a move of all of them for each layer of the parser would be seen in the
/// time that an event takes.
struct Names<'f, 'a, const COUNT: usize> {
    names: &'static [&'static str; COUNT],
    fields: &'f mut [Field<'a>; COUNT],
}

impl<'de, const COUNT: usize> Visitor<'de> for Names<'_, 'de, COUNT> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        // The names stand in the order in which the sender writes them: mostly it is the next one.
        let mut next = 0;
        while let Some(place) = map.next_key_seed(NameSeed { names: self.names, next })? {
            next = place.saturating_add(1);
            match self.fields.get_mut(place) {
                Some(field @ Field::Missing) => {
                    *field = Field::Once(map.next_value::<&RawValue>()?.get());
                }
                Some(field) => {
                    map.next_value::<IgnoredAny>()?;
                    *field = Field::Repeated;
                }
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// Reads a key as its place among the names; beyond the last of them where it is none of them.
struct NameSeed<const COUNT: usize> {
    names: &'static [&'static str; COUNT],
    next: usize,
}

impl<'de, const COUNT: usize> DeserializeSeed<'de> for NameSeed<COUNT> {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<const COUNT: usize> Visitor<'_> for NameSeed<COUNT> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<usize, E> {
        if self.names.get(self.next).is_some_and(|name| *name == key) {
            return Ok(self.next);
        }
        Ok(self.names.iter().position(|name| *name == key).unwrap_or(COUNT))
    }
}
