/// Defines the events of a sender from one table: the enum, its names, and the way from and to the
/// flat struct of [`Slot`](super::Slot)s that the JSON is read into.
///
/// | a field that is | has the type | `None` is |
/// |---|---|---|
/// | `required` | `T` | |
/// | `optional` | `Option<T>` | no such field |
/// | `nullable` | `Option<T>` | `null`; a missing field is read as that |
/// | `either` | `Option<Option<T>>` | no such field; `Some(None)`: `null` |
/// | `integer`, `float` | `u64`, `f64` | |
macro_rules! event_kinds {
    (
        $(#[$attributes:meta])*
        $kind:ident from $fields:ident, errors name $prefix:literal {
            $(
                $(#[$docs:meta])*
                $variant:ident = $name:literal {
                    $($(#[$field_docs:meta])* $field:ident: $how:ident $($ty:ty)?,)*
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
                    $($(#[$field_docs])* $field: event_kinds!(@type $how $($ty)?),)*
                },
            )*
            /// An event that this crate does not know. What it says stands in the body.
            Unknown {
                $($(#[$unknown_docs])* $unknown: Cow<'a, str>,)*
            },
        }

        impl<'a> $kind<'a> {
            /// The names of all events that this crate knows.
            pub const NAMES: &'static [&'static str] = &[$($name),*];

            /// Returns the name of an event that this crate knows.
            fn known_name(&self) -> Option<&'static str> {
                match self {
                    $(Self::$variant { .. } => Some($name),)*
                    Self::Unknown { .. } => None,
                }
            }

            /// Takes what the event called `event` has out of the fields. `None`: not known.
            fn read(
                event: &str,
                fields: &mut $fields<'a>,
            ) -> Result<Option<Self>, $crate::EventError> {
                let _ = &fields;
                match event {
                    $($name => Ok(Some(Self::$variant {
                        $($field: event_kinds!(
                            @read $how core::mem::take(&mut fields.$field),
                            $name,
                            concat!($prefix, stringify!($field))
                        ),)*
                    })),)*
                    _ => Ok(None),
                }
            }

            /// Puts what the event has into the fields.
            fn write(&self, fields: &mut $fields<'a>) {
                match self {
                    $(Self::$variant { $($field,)* } => {
                        let _ = &fields;
                        $(fields.$field = event_kinds!(@write $how $field);)*
                    })*
                    Self::Unknown { .. } => {}
                }
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
    (@type integer) => { u64 };
    (@type float) => { f64 };

    (@read required $slot:expr, $event:expr, $field:expr) => { $slot.required($event, $field)? };
    (@read optional $slot:expr, $event:expr, $field:expr) => { $slot.optional($event, $field)? };
    (@read nullable $slot:expr, $event:expr, $field:expr) => { $slot.optional($event, $field)? };
    (@read either $slot:expr, $event:expr, $field:expr) => { $slot.either($event, $field)? };
    (@read integer $slot:expr, $event:expr, $field:expr) => {
        $slot.required($event, $field, "a non-negative integer")?
    };
    (@read float $slot:expr, $event:expr, $field:expr) => {
        $slot.required($event, $field, "a number")?
    };

    (@write required $field:ident) => { Slot::Value($field.clone()) };
    (@write optional $field:ident) => { Slot::from($field.clone()) };
    (@write nullable $field:ident) => { Slot::or_null($field.clone()) };
    (@write either $field:ident) => { $field.clone().map_or(Slot::Missing, Slot::or_null) };
    (@write integer $field:ident) => { Number::Integer(*$field) };
    (@write float $field:ident) => { Number::Float(*$field) };
}

pub(crate) use event_kinds;
