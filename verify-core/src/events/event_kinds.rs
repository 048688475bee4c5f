/// Defines the events of a sender from one table: the enum, its names, and the way from and to JSON.
///
/// | a field that is | has the type | `None` is |
/// |---|---|---|
/// | `required` | `T` | |
/// | `optional` | `Option<T>` | no such field; null is read as that |
/// | `nullable` | `Option<T>` | null; a missing field is read as that |
/// | `either` | `Option<Option<T>>` | no such field; `Some(None)`: null |
macro_rules! event_kinds {
    (
        $(#[$attributes:meta])*
        $kind:ident of $fields:ident among $names:ident, errors name $prefix:literal {
            $(
                $(#[$docs:meta])*
                $variant:ident = $name:literal {
                    $($(#[$field_docs:meta])* $field:ident: $how:ident $ty:ty,)*
                }
            )*
        }
        unknown { $($(#[$unknown_docs:meta])* $unknown:ident,)* }
    ) => {
        $(#[$attributes])*
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum $kind<'a> {
            $(
                $(#[$docs])*
                $variant {
                    $($(#[$field_docs])* $field: event_kinds!(@type $how $ty),)*
                },
            )*
            /// An event that this crate does not know. What else it says stands in the body.
            Unknown {
                $($(#[$unknown_docs])* $unknown: Cow<'a, str>,)*
            },
        }

        impl<'a> $kind<'a> {
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
            pub(super) fn read(event: &str, object: &$fields<'a>) -> Result<Option<Self>, $crate::EventError> {
                let _ = object;
                match event {
                    $($name => Ok(Some(Self::$variant {
                        $($field: object
                            .field(const { $crate::events::place_of(&$names, stringify!($field)) })
                            .$how($crate::events::Place {
                            event: $name,
                            field: concat!($prefix, stringify!($field)),
                        })?,)*
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

            /// Copies what is borrowed from the body.
            #[must_use]
            pub fn into_owned(self) -> $kind<'static> {
                match self {
                    $(Self::$variant { $($field,)* } => $kind::$variant {
                        $($field: $field.owned(),)*
                    },)*
                    Self::Unknown { $($unknown,)* } => $kind::Unknown {
                        $($unknown: $unknown.owned(),)*
                    },
                }
            }
        }
    };

    (@type required $ty:ty) => { $ty };
    (@type optional $ty:ty) => { Option<$ty> };
    (@type nullable $ty:ty) => { Option<$ty> };
    (@type either $ty:ty) => { Option<Option<$ty>> };

    (@write required $map:ident, $field:ident) => {
        $map.serialize_entry(stringify!($field), $field)?
    };
    (@write nullable $map:ident, $field:ident) => {
        $map.serialize_entry(stringify!($field), $field)?
    };
    (@write optional $map:ident, $field:ident) => {
        if let Some(value) = $field {
            $map.serialize_entry(stringify!($field), value)?;
        }
    };
    (@write either $map:ident, $field:ident) => {
        if let Some(value) = $field {
            $map.serialize_entry(stringify!($field), value)?;
        }
    };
}

pub(crate) use event_kinds;
