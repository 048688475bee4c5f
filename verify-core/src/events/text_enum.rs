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
        pub enum $name<'a> {
            $($(#[$docs])* $variant,)*
            /// One that this crate does not know.
            Other(Cow<'a, str>),
        }

        impl $name<'_> {
            /// The texts of all that this crate knows.
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

        impl<'a> From<Cow<'a, str>> for $name<'a> {
            fn from(text: Cow<'a, str>) -> Self {
                match &*text {
                    $($text $(| $alias)* => Self::$variant,)*
                    _ => Self::Other(text),
                }
            }
        }

        impl $crate::events::IntoOwned for $name<'_> {
            type Owned = $name<'static>;

            fn owned(self) -> $name<'static> {
                match self {
                    $(Self::$variant => $name::$variant,)*
                    Self::Other(text) => $name::Other(text.owned()),
                }
            }
        }

        impl<'a> $crate::events::FromJson<'a> for $name<'a> {
            const EXPECTED: &'static str = "a string";

            fn from_json(json: &'a str) -> Result<Self, $crate::events::Misfit> {
                Cow::from_json(json).map(Self::from)
            }
        }

        impl core::fmt::Display for $name<'_> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.pad(self.as_str())
            }
        }

        /// For a type of one's own: holds nothing of the input.
        impl<'de> serde::Deserialize<'de> for $name<'_> {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let $crate::events::Key(text) = serde::Deserialize::deserialize(deserializer)?;
                Ok($crate::events::IntoOwned::owned($name::from(text)))
            }
        }

        impl serde::Serialize for $name<'_> {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

pub(crate) use text_enum;
