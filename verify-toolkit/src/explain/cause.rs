mod table;

use core::fmt;

pub use table::Cause;

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
