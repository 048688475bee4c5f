use core::fmt;

/// Why a delivery was refused. It is for the receiver's operator: **do not tell the sender**.
///
/// It is small, `Copy`, and holds no byte of the request, so you can log it as it is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Rejection {
    kind: RejectionKind,
    header: Option<&'static str>,
}

/// The kinds of [`Rejection`].
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum RejectionKind {
    /// `Authorization` is not one of the accepted values.
    AuthorizationMismatch,
    /// The body is larger than the limit.
    BodyTooLarge,
    /// A header that the verifier needs is missing.
    HeaderMissing,
    /// A header that the verifier needs occurs more than once.
    HeaderRepeated,
    /// The delivery id is empty, too long, not visible ASCII, or could move the boundary of the
    /// signed text.
    MalformedDeliveryId,
    /// The signature lacks its prefix or does not decode to 32 bytes. Or a list of signatures is empty, too
    /// long, or has such a signature.
    MalformedSignature,
    /// The timestamp is not plain decimal digits.
    MalformedTimestamp,
    /// Signature mismatch: no configured secret makes this signature for this delivery. The sender has
    /// another secret, or the raw body was changed on the way (a parser that writes JSON again is
    /// enough), or it is a forgery. The verifier cannot tell which. `verify explain`, of `verify-cli`, can.
    SignatureMismatch,
    /// The timestamp is further ahead than the tolerance: clock skew (the receiver's clock is behind), or a
    /// value in milliseconds.
    TimestampTooNew,
    /// The timestamp is further back than the tolerance: a late retry, a replay, or clock skew.
    TimestampTooOld,
}

/// One constructor for each kind that is about a header.
macro_rules! rejections {
    ($($name:ident => $kind:ident;)*) => {
        impl Rejection {
            $(pub(crate) const fn $name(header: &'static str) -> Self {
                Self { kind: RejectionKind::$kind, header: Some(header) }
            })*
        }
    };
}

rejections! {
    authorization_mismatch => AuthorizationMismatch;

    header_missing => HeaderMissing;
    header_repeated => HeaderRepeated;
    malformed_delivery_id => MalformedDeliveryId;
    malformed_signature => MalformedSignature;
    malformed_timestamp => MalformedTimestamp;
    signature_mismatch => SignatureMismatch;
    timestamp_too_new => TimestampTooNew;
    timestamp_too_old => TimestampTooOld;
}

impl Rejection {
    /// The body is larger than the limit: for an adapter that knows this from `Content-Length`.
    pub const BODY_TOO_LARGE: Self = Self { kind: RejectionKind::BodyTooLarge, header: None };

    /// Returns the kind.
    #[must_use]
    pub const fn kind(&self) -> RejectionKind {
        self.kind
    }

    /// Returns the name of the header that caused it, in lower case.
    #[must_use]
    pub const fn header(&self) -> Option<&'static str> {
        self.header
    }

    /// Returns a word for logs and metrics, the same in every release.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.kind.words().0
    }
}

impl RejectionKind {
    /// The stable word, and the sentence.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::AuthorizationMismatch => {
                ("authorization_mismatch", "header is not an accepted value")
            }
            Self::BodyTooLarge => ("body_too_large", "body is larger than the limit"),
            Self::HeaderMissing => ("header_missing", "header is missing"),
            Self::HeaderRepeated => ("header_repeated", "header occurs more than once"),
            Self::MalformedDeliveryId => {
                ("malformed_delivery_id", "header is not a usable delivery id")
            }
            Self::MalformedSignature => {
                ("malformed_signature", "header does not decode to a signature of 32 bytes")
            }
            Self::MalformedTimestamp => {
                ("malformed_timestamp", "header is not Unix seconds in plain digits")
            }
            Self::SignatureMismatch => {
                ("signature_mismatch", "signature does not match any configured secret")
            }
            Self::TimestampTooNew => {
                ("timestamp_too_new", "timestamp is ahead by more than the tolerance")
            }
            Self::TimestampTooOld => ("timestamp_too_old", "timestamp is older than the tolerance"),
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (_, text) = self.kind.words();
        match self.header {
            Some(header) => write!(f, "{text}: `{header}`"),
            None => f.write_str(text),
        }
    }
}

impl core::error::Error for Rejection {}
