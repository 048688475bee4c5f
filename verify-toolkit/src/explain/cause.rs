use core::fmt;

use crate::remedy::Remedy;

/// Makes the enum and its table.
macro_rules! causes {
    ($($family:ident { $($cause:ident $name:literal $what:literal $(=> $remedy:literal)?)* })*) => {
        /// Why a delivery does not verify.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        #[non_exhaustive]
        pub enum Cause {
            $($(#[doc = concat!($what $(, ": ", $remedy)?)] $cause,)*)*
        }

        impl Cause {
            /// Every cause, by family.
            pub const ALL: &[Self] = &[$($(Self::$cause,)*)*];

            /// Returns its name, the same in every release.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $($(Self::$cause => $name,)*)* }
            }

            /// Returns what is wrong, and what to do about it.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $($(Self::$cause => concat!($what $(, ": ", $remedy)?),)*)* }
            }

            /// What is wrong without what to do about it, where that depends on who changed the bytes.
            pub(in crate::explain) const fn what(self) -> Option<&'static str> {
                match self { $($(Self::$cause => what!($what $(=> $remedy)?),)*)* }
            }

            /// Returns what it is about.
            #[must_use]
            pub const fn family(self) -> Family {
                match self { $($(Self::$cause => Family::$family,)*)* }
            }
        }
    };
}

macro_rules! what {
    ($what:literal) => {
        None
    };
    ($what:literal => $remedy:literal) => {
        Some($what)
    };
}

mod order;
mod table;

pub(super) use order::particular_first;
pub use table::Cause;

impl Cause {
    /// Returns what a receiver has to do about it.
    #[must_use]
    pub const fn remedy(self) -> Remedy {
        match (self, self.family()) {
            (Self::BodyOverLimit, _) => Remedy::Limit,
            (_, Family::Authorization) => Remedy::Token,
            (_, Family::Body) => Remedy::RawBody,
            (_, Family::Clock) => Remedy::Time,
            (_, Family::Header) => Remedy::Header,
            (_, Family::Mac | Family::Signature) => Remedy::Compare,
            (_, Family::Secret) => Remedy::Secret,
            (_, Family::SignedText) => Remedy::SignedText,
        }
    }
}

/// What a cause is about.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Family {
    /// The `Authorization` header.
    Authorization,
    /// The bytes of the body.
    Body,
    /// Time, and how it is written.
    Clock,
    /// Headers that are missing, renamed or doubled.
    Header,
    /// The function that makes the signature from secret and text.
    Mac,
    /// The signing secret.
    Secret,
    /// How the signature is written in its header.
    Signature,
    /// What is signed besides the body, and in which order.
    SignedText,
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Authorization => "authorization",
            Self::Body => "body",
            Self::Clock => "clock",
            Self::Header => "header",
            Self::Mac => "mac",
            Self::Secret => "secret",
            Self::Signature => "signature",
            Self::SignedText => "signed text",
        })
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
