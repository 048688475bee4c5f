use core::fmt;

use crate::Invalid;

/// Makes the type of a sender's events, from the names that the core knows.
macro_rules! event {
    ($(#[$attributes:meta])* names: $names:expr, such as $example:literal) => {
        $(#[$attributes])*
        #[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
        pub struct Event(&'static str);

        impl Event {
            /// Reads the name of an event, in any case.
            ///
            /// # Errors
            ///
            /// [`Invalid::EventUnknown`](crate::Invalid::EventUnknown).
            pub fn new(name: &str) -> Result<Self, $crate::Invalid> {
                let known = $names.iter().find(|known| known.eq_ignore_ascii_case(name));
                known.map(|name| Self(name)).ok_or_else(|| $crate::Invalid::EventUnknown(name.to_owned()))
            }

            /// All events of this sender.
            pub fn all() -> impl Iterator<Item = Self> {
                $names.iter().map(|name| Self(name))
            }

            #[doc = concat!("Returns the name, such as `", $example, "`.")]
            #[must_use]
            pub const fn name(&self) -> &'static str {
                self.0
            }
        }

        impl core::fmt::Display for Event {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.0)
            }
        }
    };
}

pub(crate) use event;

/// Looks at a list of events, before it is sent.
pub(crate) fn check<E: fmt::Display + Ord + Copy>(events: &[E]) -> Result<(), Invalid> {
    if events.is_empty() {
        return Err(Invalid::EventsMissing);
    }
    let mut sorted = events.to_vec();
    sorted.sort_unstable();
    match sorted.windows(2).find(|pair| pair.first() == pair.last()).and_then(|pair| pair.first()) {
        Some(event) => Err(Invalid::EventRepeated(event.to_string())),
        None => Ok(()),
    }
}

/// The names of events, for JSON and for people.
pub(crate) fn names<E: fmt::Display>(events: &[E]) -> Vec<String> {
    events.iter().map(ToString::to_string).collect()
}
