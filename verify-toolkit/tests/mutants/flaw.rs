//! What can be wrong with a receiver.

macro_rules! flaws {
    ($($(#[doc = $text:literal])* $flaw:ident,)*) => {
        /// What is wrong with a receiver.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub(crate) enum Flaw {
            $($(#[doc = $text])* $flaw,)*
        }

        impl Flaw {
            pub(crate) const ALL: &[Self] = &[$(Self::$flaw,)*];

            pub(crate) fn describe(self) -> &'static str {
                match self {
                    $(Self::$flaw => concat!($($text,)*).trim_ascii(),)*
                }
            }
        }
    };
}

flaws! {
    /// A delivery without a signature is accepted.
    MissingHeaderAccepted,
    /// A delivery with an empty signature is accepted.
    EmptySignatureAccepted,
    /// Of several signatures, the first counts.
    FirstHeaderWins,
    /// Of several signatures, the last counts.
    LastHeaderWins,
    /// A signature of a list may fit.
    AnyOfAList,
    /// Of a list that the sender may send, the first signature counts.
    FirstOfTheList,
    /// Of a list that the sender may send, the version of a signature is not looked at.
    VersionIgnored,
    /// A list with a signature of another version is refused.
    OtherVersionRefused,
    /// Only the first 16 bytes are compared.
    HalfCompared,
    /// As many bytes are compared as there are.
    ShorterLengthCompared,
    /// Signatures are compared as text without regard to case.
    CaseIgnored,
    /// A fixed signature of zeros is accepted, left over from a test.
    ZerosAccepted,
    /// The signature is looked for in the query.
    SignatureFromQuery,
    /// The signature is looked for in a cookie.
    SignatureFromCookie,
    /// The signature is looked for behind the body.
    SignatureFromTrailer,
    /// The signature is looked for under the name that a CGI gateway makes.
    UnderscoresAccepted,
    /// The signature is looked for under the names of other senders.
    AnySendersHeader,
    /// The signature may stand in `Authorization`.
    SignatureFromAuthorization,
    /// A prefix is stripped if there is one.
    PrefixOptional,
    /// A prefix is stripped as often as it is there.
    PrefixStrippedOften,
    /// The prefix is cut off by its length, whatever it is.
    PrefixCutOff,
    /// `sha256=` and `v1,` are stripped for every sender.
    AnyPrefix,
    /// Quotes and spaces are stripped from the signature.
    SignatureTrimmed,
    /// What is not text is taken for text, and cut to the length of a signature.
    SignatureCutToLength,
    /// Base64 is decoded by a lax decoder.
    LaxBase64,
    /// Hex is decoded by the integer parser, two digits at a time.
    LaxHex,
    /// Every encoding is understood for every sender.
    AnyEncoding,
    /// Base64 is decoded twice if it can be.
    DecodedTwice,
    /// A signature of the wrong length panics.
    PanicOnShort,
    /// The secret is trimmed.
    SecretTrimmed,
    /// The empty secret is accepted beside the real one.
    EmptySecret,
    /// The secret, if not set, is what the language calls that.
    UndefinedSecret,
    /// The token is accepted for the secret.
    TokenForSecret,
    /// `whsec_` is stripped off the secret.
    SecretUnprefixed,
    /// The secret is decoded.
    SecretDecoded,
    /// The secret is used as ASCII.
    SecretAscii,
    /// The secret is used in lower case.
    SecretLowerCase,
    /// The secret's digest is accepted as a key.
    SecretHashed,
    /// The secret of a file, newline and all, is accepted beside the real one.
    SecretWithNewline,
    /// The secret is cut to a length.
    SecretCutShort,
    /// A digest without a key is accepted.
    Unkeyed,
    /// Secret and text are hashed one after the other.
    Extensible,
    /// Key and text are swapped.
    Swapped,
    /// Half of HMAC-SHA512 is accepted as well.
    OtherHash,
    /// A signature over `{}` is good for every body.
    ConstantSigned,
    /// A signature over nothing is good for every body.
    NothingSigned,
    /// A signature over the body alone is accepted where id and time are signed.
    BodyAloneSigned,
    /// A body of no bytes is not checked.
    EmptyBodyUnchecked,
    /// The body is parsed before it is verified.
    ParsedFirst,
    /// The body is parsed, and verified as it is written again.
    Reserialised,
    /// The body is verified with its keys sorted.
    SortedKeys,
    /// The body is verified without white space.
    Compacted,
    /// The body is verified with letters escaped.
    Escaped,
    /// The body is decompressed before it is verified.
    DecompressedFirst,
    /// The body is unwrapped from base64 before it is verified.
    UnwrappedFirst,
    /// The body is converted from its charset before it is verified.
    CharsetConverted,
    /// The body is read as text, with a mark in place of what is none.
    LossyText,
    /// A body that is no text is refused.
    TextOnly,
    /// A byte order mark is taken off.
    BomStripped,
    /// White space around the body is taken off.
    BodyTrimmed,
    /// Line ends are made those of Unix.
    LineEndsConverted,
    /// What follows a NUL byte is not seen.
    CutAtNul,
    /// A content type of JSON is required.
    TypeRequired,
    /// Times are not looked at.
    NoTolerance,
    /// A time ahead of the clock is good, however far.
    FutureAccepted,
    /// A time ahead of the clock is bad, however near.
    AheadRefused,
    /// The edge of the tolerance is a few minutes off.
    ToleranceHalved,
    /// Milliseconds are understood.
    Milliseconds,
    /// Times are read by a lax integer parser.
    LaxInteger,
    /// Times are read as floats.
    FloatTime,
    /// The distance of times wraps around.
    WrappingTime,
    /// A time that cannot be read is not checked.
    UnreadableTimeAccepted,
    /// A time that is missing is not checked.
    MissingTimeAccepted,
    /// Of several times, the first is checked and the last is signed.
    TimesMixedUp,
    /// A delivery without an id has an empty one.
    MissingIdAccepted,
    /// Of several ids, the first counts.
    FirstIdWins,
    /// Of several ids, the last counts.
    LastIdWins,
    /// An id may hold the separator.
    SeparatorInId,
    /// Ids are compared in lower case.
    IdLowerCase,
    /// An id that is no text panics.
    PanicOnId,
    /// A right token makes the signature unnecessary, and the reverse.
    TokenOrSignature,
    /// The token is not looked at.
    TokenUnchecked,
    /// A part of the token is enough.
    TokenPrefix,
    /// The token may be longer.
    TokenContained,
    /// The token is right under every scheme and without.
    AnyScheme,
    /// `bearer` is not `Bearer`.
    SchemeCaseCounts,
    /// Of several credentials, the first counts.
    FirstCredentialWins,
    /// Of several credentials, the last counts.
    LastCredentialWins,
    /// The token is looked for in the query.
    TokenFromQuery,
    /// A credential that was not asked for is refused.
    UnaskedCredentialRefused,
    /// There is no limit.
    NoLimit,
    /// The limit holds for announced lengths only.
    LimitOnLengthOnly,
    /// The limit is that of the framework, 256 KiB.
    FrameworkLimit,
    /// The limit is one byte less than it says.
    LimitOffByOne,
    /// A body that is too large is read to its end.
    LargeBodyRead,
    /// The body is read before the head is looked at.
    BufferedFirst,
    /// There is no deadline.
    NoDeadline,
    /// A body that does not come in time is answered 408.
    DeadlineIs408,
    /// What was read of a body that breaks off is taken for all of it.
    BrokenBodyAccepted,
    /// A body of several chunks is not put together.
    FirstChunkOnly,
    /// Other methods than POST go past the guard.
    OtherMethodsOpen,
    /// The guard compares paths as they are written, and the router does not.
    PathsNormalised,
    /// The reason is told.
    ReasonTold,
    /// A stale delivery has a status of its own.
    StatusTellsReason,
    /// The expected signature is told.
    SignatureTold,
    /// What was sent is shown.
    Reflected,
    /// A refused delivery is sent to a login page.
    LoginPage,
    /// A refused delivery is answered 500.
    RefusedIs500,
    /// A refused delivery is answered 200, so that the sender is content.
    RefusedIs200,
    /// A sender that is to try again is told to wait for an hour.
    LongRetryAfter,
    /// A sender that is to try again is told to do so every second, and gives up after three.
    ShortRetryAfter,
    /// A sender that is to try again is told when by two headers.
    RepeatedRetryAfter,
    /// A sender that is to try again is told when by a number with a sign.
    SignedRetryAfter,
}
