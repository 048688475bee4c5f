/// Defines the events of a sender from one table: the enum, its names, and the way from and to JSON.
///
/// | a field that is | has the type | `None` is |
/// |---|---|---|
/// | `required` | `T` | |
/// | `optional` | `Option<T>` | no such field; null is read as that |
/// | `nullable` | `Option<T>` | null; a missing field is read as that |
/// | `either` | `Option<Option<T>>` | no such field; `Some(None)`: null |
/// | `part` | `T`, of several fields | `$kind::part` reads it into the given value |
macro_rules! event_kinds {
    (
        $(#[$attributes:meta])*
        $kind:ident of $fields:ident among $names:ident, errors name $prefix:literal {
            $(
                $(#[$docs:meta])*
                $variant:ident = $name:literal {
                    $($(#[$field_docs:meta])* $field:ident: $how:ident $ty:ty $(= $part:expr)?,)*
                }
            )*
        }
        unknown { $($(#[$unknown_docs:meta])* $unknown:ident,)* }
    ) => {
        $(#[$attributes])*
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum $kind {
            $(
                $(#[$docs])*
                #[non_exhaustive]
                $variant {
                    $($(#[$field_docs])* $field: event_kinds!(@type $how $ty),)*
                },
            )*
            /// An event that this crate does not know. Its other fields are only in the body.
            #[non_exhaustive]
            Unknown {
                $($(#[$unknown_docs])* $unknown: alloc::string::String,)*
            },
        }

        impl $kind {
            /// The names of all events that this crate knows.
            pub const NAMES: &'static [&'static str] = &[$($name),*];

            /// Returns the name of an event that this crate knows.
            pub(super) fn known_name(&self) -> Option<&'static str> {
                match self {
                    $(Self::$variant { .. } => Some($name),)*
                    Self::Unknown { .. } => None,
                }
            }

            /// Takes what the event called `event` has out of an object. `None`: not known.
            pub(super) fn read(event: &str, object: &$fields<'_>) -> Result<Option<Self>, $crate::EventError> {
                let _ = object;
                match event {
                    $($name => Ok(Some(Self::$variant {
                        $($field: event_kinds!(
                            @read $how object, $names, $name, $prefix, $field $(, $part)?
                        ),)*
                    })),)*
                    _ => Ok(None),
                }
            }

            /// Writes the fields of the event.
            pub(super) fn write<M: serde::ser::SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
                let _ = &map;
                match self {
                    $(Self::$variant { $($field,)* } => {
                        $(event_kinds!(@write $how map, $field);)*
                    })*
                    Self::Unknown { .. } => {}
                }
                Ok(())
            }
        }
    };

    (@type required $ty:ty) => { $ty };
    (@type part $ty:ty) => { $ty };
    (@type optional $ty:ty) => { Option<$ty> };
    (@type nullable $ty:ty) => { Option<$ty> };
    (@type either $ty:ty) => { Option<Option<$ty>> };

    (@read part $object:ident, $names:ident, $event:literal, $prefix:literal, $field:ident, $part:expr) => {
        Self::part($part, $object, $event)?
    };
    (@read $how:ident $object:ident, $names:ident, $event:literal, $prefix:literal, $field:ident) => {
        $object
            .field(const { $crate::events::place_of(&$names, stringify!($field)) })
            .$how($crate::events::Place {
                event: $event,
                field: concat!($prefix, stringify!($field)),
            })?
    };

    (@write part $map:ident, $field:ident) => {
        $field.write($map)?
    };
    (@write required $map:ident, $field:ident) => {
        $map.serialize_entry(stringify!($field), $field)?
    };
    (@write nullable $map:ident, $field:ident) => {
        $map.serialize_entry(stringify!($field), $field)?
    };
    (@write $how:ident $map:ident, $field:ident) => {
        if let Some(value) = $field {
            $map.serialize_entry(stringify!($field), value)?;
        }
    };
}

pub(crate) use event_kinds;
