use alloc::{borrow::Cow, collections::BTreeMap, vec::Vec};
use core::{fmt, marker::PhantomData, str::FromStr};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::events::{EventError, error::Misfit};

/// What stands under a key of a payload.
///
/// A value of another type than expected does not end the reading: whether it matters is known only
/// once the event is, and an error can then name both. So payloads are read into flat structs of
/// these first, in one pass and without buffering, whatever the order of the keys.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Slot<T> {
    #[default]
    Missing,
    Null,
    Value(T),
    Wrong(Misfit),
}

impl<T> Slot<T> {
    pub(crate) const fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }

    /// The value, which has to be there.
    pub(crate) fn required(self, event: &'static str, field: &'static str) -> Result<T, EventError>
    where
        T: Expected,
    {
        match self {
            Self::Value(value) => Ok(value),
            Self::Missing => Err(EventError::missing(event, field)),
            Self::Null => {
                Err(EventError::misfit(event, field, Misfit { item: None, expected: T::EXPECTED }))
            }
            Self::Wrong(misfit) => Err(EventError::misfit(event, field, misfit)),
        }
    }

    /// The value, if there is one.
    pub(crate) fn optional(
        self,
        event: &'static str,
        field: &'static str,
    ) -> Result<Option<T>, EventError> {
        match self {
            Self::Value(value) => Ok(Some(value)),
            Self::Missing | Self::Null => Ok(None),
            Self::Wrong(misfit) => Err(EventError::misfit(event, field, misfit)),
        }
    }

    /// The value, `null`, or nothing.
    pub(crate) fn either(
        self,
        event: &'static str,
        field: &'static str,
    ) -> Result<Option<Option<T>>, EventError> {
        match self {
            Self::Missing => Ok(None),
            present => present.optional(event, field).map(Some),
        }
    }

    /// A value, or `null`.
    pub(crate) fn or_null(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::Value)
    }
}

impl<T> From<Option<T>> for Slot<T> {
    /// A value, or no field at all.
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Missing, Self::Value)
    }
}

impl<T: Serialize> Serialize for Slot<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Value(value) => value.serialize(serializer),
            _ => serializer.serialize_unit(),
        }
    }
}

/// What a [`Slot`] should hold, in words.
pub(crate) trait Expected {
    const EXPECTED: &'static str;
}

/// A type that a [`Slot`] can hold, by the kind of JSON it is made of.
pub(crate) trait Shape<'de>: Expected + Sized {
    const MISFIT: Misfit = Misfit { item: None, expected: Self::EXPECTED };

    fn from_text(_: Cow<'de, str>) -> Result<Self, Misfit> {
        Err(Self::MISFIT)
    }

    fn from_list<A: SeqAccess<'de>>(mut list: A) -> Result<Result<Self, Misfit>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Err(Self::MISFIT))
    }

    fn from_object<A: MapAccess<'de>>(mut object: A) -> Result<Result<Self, Misfit>, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Err(Self::MISFIT))
    }
}

/// Lets a [`Slot`] hold a struct that is an object in JSON. What serde derives would take a list of
/// its fields' values for one as well.
macro_rules! object {
    ($name:ident) => {
        impl $crate::events::Expected for $name<'_> {
            const EXPECTED: &'static str = "an object";
        }

        impl<'de: 'a, 'a> $crate::events::Shape<'de> for $name<'a> {
            fn from_object<A: serde::de::MapAccess<'de>>(
                object: A,
            ) -> Result<Result<Self, $crate::events::Misfit>, A::Error> {
                let object = serde::de::value::MapAccessDeserializer::new(object);
                serde::Deserialize::deserialize(object).map(Ok)
            }
        }
    };
}

pub(crate) use object;

impl<T> From<Result<T, Misfit>> for Slot<T> {
    fn from(read: Result<T, Misfit>) -> Self {
        read.map_or_else(Self::Wrong, Self::Value)
    }
}

impl<'de, T: Shape<'de>> Deserialize<'de> for Slot<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SlotVisitor(PhantomData))
    }
}

struct SlotVisitor<T>(PhantomData<T>);

impl<'de, T: Shape<'de>> Visitor<'de> for SlotVisitor<T> {
    type Value = Slot<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(T::from_text(Cow::Borrowed(text)).into())
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(T::from_text(Cow::Owned(text.into())).into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        T::from_list(list).map(Into::into)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
        T::from_object(object).map(Into::into)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Slot::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Slot::Wrong(T::MISFIT))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Slot::Wrong(T::MISFIT))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Slot::Wrong(T::MISFIT))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Slot::Wrong(T::MISFIT))
    }
}

impl Expected for Cow<'_, str> {
    const EXPECTED: &'static str = "a string";
}

impl<'de: 'a, 'a> Shape<'de> for Cow<'a, str> {
    fn from_text(text: Cow<'de, str>) -> Result<Self, Misfit> {
        Ok(text)
    }
}

impl Expected for BTreeMap<Cow<'_, str>, Cow<'_, str>> {
    const EXPECTED: &'static str = "an object of strings";
}

impl<'de: 'a, 'a> Shape<'de> for BTreeMap<Cow<'a, str>, Cow<'a, str>> {
    fn from_object<A: MapAccess<'de>>(mut object: A) -> Result<Result<Self, Misfit>, A::Error> {
        let mut all = Ok(Self::new());
        while let Some((Key(key), value)) = object.next_entry::<Key<'de>, Slot<Cow<'de, str>>>()? {
            match (&mut all, value) {
                (Ok(map), Slot::Value(value)) => drop(map.insert(key, value)),
                _ => all = Err(Self::MISFIT),
            }
        }
        Ok(all)
    }
}

impl Expected for Vec<Cow<'_, str>> {
    const EXPECTED: &'static str = "a list";
}

impl<'de: 'a, 'a> Shape<'de> for Vec<Cow<'a, str>> {
    fn from_list<A: SeqAccess<'de>>(mut list: A) -> Result<Result<Self, Misfit>, A::Error> {
        let mut all = Ok(Self::new());
        while let Some(text) = list.next_element::<Slot<Cow<'de, str>>>()? {
            match (&mut all, text) {
                (Ok(texts), Slot::Value(text)) => texts.push(text),
                (Ok(texts), _) => {
                    let item = Some((texts.len(), None));
                    all = Err(Misfit { item, expected: <Cow<'_, str>>::EXPECTED });
                }
                (Err(_), _) => {}
            }
        }
        Ok(all)
    }
}

/// A key, borrowed where it can be.
struct Key<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Slot::deserialize(deserializer)? {
            Slot::Value(key) => Ok(Self(key)),
            _ => Err(serde::de::Error::custom("a key is a string")),
        }
    }
}

/// A number.
///
/// Read from its digits, as they stand in the body, and not by serde_json: what that makes of
/// numbers depends on features that any other crate in the build can turn on, and its floats may
/// be one unit off in the last place.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Number<'a> {
    Digits(&'a RawValue),
    Float(f64),
    Integer(u64),
    #[default]
    Missing,
}

impl Number<'_> {
    pub(crate) const fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }

    pub(crate) fn required<N: FromStr>(
        self,
        event: &'static str,
        field: &'static str,
        expected: &'static str,
    ) -> Result<N, EventError> {
        let Self::Digits(digits) = self else { return Err(EventError::missing(event, field)) };
        let misfit = EventError::misfit(event, field, Misfit { item: None, expected });
        digits.get().parse().map_err(|_| misfit)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Number<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&RawValue>::deserialize(deserializer).map(Self::Digits)
    }
}

impl Serialize for Number<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Digits(digits) => digits.serialize(serializer),
            Self::Float(number) => serializer.serialize_f64(*number),
            Self::Integer(number) => serializer.serialize_u64(*number),
            Self::Missing => serializer.serialize_unit(),
        }
    }
}
