use core::{fmt, time::Duration};

/// One change to a genuine delivery, after which a receiver must refuse it.
///
/// [`Delivery::forge`](crate::Delivery::forge) makes the change. The [attack matrix](crate::attack)
/// knows many more. These are for trying by hand.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Forgery {
    /// One byte of the body is changed after signing.
    Body,
    /// The signature header occurs twice.
    Header,
    /// The delivery id is changed after signing.
    Id,
    /// It is signed with another secret.
    Secret,
    /// One character of the signature is changed.
    Signature,
    /// It is signed as it should be, but 40 minutes ago.
    Stale,
    /// The time is changed after signing, by a second.
    Timestamp,
    /// It has no signature.
    Unsigned,
}

impl Forgery {
    /// Every forgery, in alphabetical order.
    pub const ALL: &'static [Self] = &[
        Self::Body,
        Self::Header,
        Self::Id,
        Self::Secret,
        Self::Signature,
        Self::Stale,
        Self::Timestamp,
        Self::Unsigned,
    ];

    /// Not a whole or half hour, which looks like a time zone.
    pub(crate) const STALE: Duration = Duration::from_secs(40 * 60);

    /// Returns its name, such as `body`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.words().0
    }

    /// Returns what is done, as a sentence without its end.
    #[must_use]
    pub const fn does(self) -> &'static str {
        self.words().1
    }

    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Body => ("body", "change a byte of the body after signing"),
            Self::Header => ("header", "send the signature header twice"),
            Self::Id => ("id", "change the delivery id after signing"),
            Self::Secret => ("secret", "sign with another secret"),
            Self::Signature => ("signature", "change a character of the signature"),
            Self::Stale => ("stale", "sign as if it were 40 minutes ago"),
            Self::Timestamp => ("timestamp", "change the time after signing, by a second"),
            Self::Unsigned => ("unsigned", "leave out all that signs it, id and time as well"),
        }
    }
}

impl fmt::Display for Forgery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
