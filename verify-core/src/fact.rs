use core::fmt;

/// A fact about what a sender puts on the wire, and how certain it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Fact {
    /// The fact, in Markdown.
    pub text: &'static str,
    /// The marks, the strongest first. There is at least one.
    pub certainty: &'static [Certainty],
}

/// How certain a [`Fact`] is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Certainty {
    /// The vendor's documentation, or its published source, says so.
    Documented,
    /// A receiver that was written against real deliveries shows it.
    Field,
    /// It follows from other facts.
    Inferred,
    /// A real server was recorded doing so.
    Measured,
    /// The sources contradict each other.
    Open,
    /// Somebody looked for it and did not find it, so nothing is promised.
    Unknown,
}

impl Certainty {
    /// Returns the mark in lower case, such as `measured`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::Field => "field",
            Self::Inferred => "inferred",
            Self::Measured => "measured",
            Self::Open => "open",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Certainty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Makes the constant `FACTS`, and the table in its documentation.
macro_rules! facts {
    ($($text:literal: $first:ident $($more:ident)*;)*) => {
        /// What is known of its deliveries, and how certain that is.
        ///
        /// | fact | certainty |
        /// |---|---|
        $(#[doc = concat!(
            "| ", $text, " | ", stringify!($first) $(, ", ", stringify!($more))*, " |"
        )])*
        pub const FACTS: &[crate::Fact] = {
            use crate::{Certainty::*, Fact};
            &[$(Fact { text: $text, certainty: &[$first $(, $more)*] },)*]
        };
    };
}

pub(crate) use facts;
