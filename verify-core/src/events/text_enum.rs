/// Defines an enum of the texts that a field may have, with `Other` for the ones to come. A text
/// behind `|` is read as the same and written as the first.
macro_rules! text_enum {
    (
        $(#[$attributes:meta])*
        $name:ident {
            $($(#[$docs:meta])* $variant:ident = $text:literal $(| $alias:literal)*,)*
        }
    ) => {
        $(#[$attributes])*
        #[derive(Clone, Debug, Eq, Hash, PartialEq)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$docs])* $variant,)*
            /// A text that this crate does not know.
            Other(alloc::string::String),
        }

        impl $name {
            /// All texts that this crate knows.
            pub const NAMES: &'static [&'static str] = &[$($text),*];

            /// Returns the text, as the sender writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Other(text) => text,
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $($text $(| $alias)* => Self::$variant,)*
                    _ => Self::Other(text.into()),
                }
            }
        }

        impl $crate::events::FromJson<'_> for $name {
            const EXPECTED: &'static str = "a string";

            fn from_json(json: &str) -> Result<Self, $crate::events::Misfit> {
                alloc::borrow::Cow::from_json(json).map(|text| Self::from(&*text))
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.pad(self.as_str())
            }
        }

        /// For a type of one's own.
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text: alloc::borrow::Cow<'_, str> = serde::Deserialize::deserialize(deserializer)?;
                Ok(Self::from(&*text))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

pub(crate) use text_enum;
