use crate::{ConfigError, Encoding};

/// How one sender signs its deliveries, as data.
///
/// The senders this crate knows are constants; one of your own is built in the same way, in a
/// `const` if you like. Whether the description makes sense is checked when a verifier or a signer
/// is built from it.
///
/// # Examples
///
/// GitHub: `sha256=` and the hex digits of a MAC over the body alone.
///
/// ```
/// use verify_core::{Secret, Sender, UnixTime, Verifier};
///
/// const GITHUB: Sender = Sender::new("github", "x-hub-signature-256").with_prefix("sha256=");
///
/// let verifier = Verifier::builder(GITHUB)
///     .secret(Secret::new("It's a Secret to Everybody")?)
///     .build()?;
///
/// // The values of GitHub's own documentation.
/// let signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
/// let headers = [("X-Hub-Signature-256", signature)];
/// let verified = verifier.verify(UnixTime::from_secs(0), &headers, b"Hello, World!")?;
/// assert_eq!(verified.body(), b"Hello, World!");
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
///
/// Slack: `v0=` and the hex digits of a MAC over `v0:<timestamp>:<body>`.
///
/// ```
/// use verify_core::{Secret, Sender, SignedPart, UnixTime, Verifier};
///
/// const SLACK: Sender = Sender::new("slack", "x-slack-signature")
///     .with_prefix("v0=")
///     .with_signed_parts(&[
///         SignedPart::Text("v0:"),
///         SignedPart::Timestamp("x-slack-request-timestamp"),
///         SignedPart::Text(":"),
///     ]);
///
/// let verifier = Verifier::builder(SLACK)
///     .secret(Secret::new("8f742231b10e8888abcd99yyyzzz85a5")?)
///     .build()?;
///
/// // The values of Slack's own documentation.
/// let body = b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow\
///     &channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner\
///     &command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands\
///     %2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN\
///     &trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
/// let headers = [
///     ("X-Slack-Request-Timestamp", "1531420618"),
///     ("X-Slack-Signature", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"),
/// ];
/// let verified = verifier.verify(UnixTime::from_secs(1531420620), &headers, body)?;
/// assert_eq!(verified.receipt().skew(), Some(2));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Sender {
    name: &'static str,
    signature_header: &'static str,
    prefix: &'static str,
    encodings: &'static [Encoding],
    signed_parts: &'static [SignedPart],
    body_limit: usize,
}

/// One piece of the text that a sender signs in front of the raw body.
///
/// An id or a time can be named here only, so one that is not signed cannot be taken for signed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum SignedPart {
    /// The value of the header of this name: 1 to 64 visible ASCII characters, and none of them
    /// the first character of the [`Text`](Self::Text) that follows, because that could move the
    /// boundary between the id and what comes after it.
    DeliveryId(&'static str),
    /// These characters.
    Text(&'static str),
    /// The value of the header of this name: Unix seconds in decimal digits, no sign, no leading
    /// zero, no fraction.
    Timestamp(&'static str),
}

impl Sender {
    /// Longest prefix, in bytes.
    pub(crate) const MAX_PREFIX: usize = 32;

    /// Describes a sender that puts the hex digits of HMAC-SHA256 over the raw body into
    /// `signature_header`. The methods below change what differs.
    ///
    /// `name` is what receipts, logs and metrics call the sender; it takes part in
    /// [`Receipt::replay_key`](crate::Receipt::replay_key). `signature_header` is in lower case, and is
    /// matched in any case; `authorization` cannot be one. A description that cannot work is a
    /// [`ConfigError::SenderInvalid`] when a verifier or a signer is built from it.
    #[must_use]
    pub const fn new(name: &'static str, signature_header: &'static str) -> Self {
        Self {
            name,
            signature_header,
            prefix: "",
            encodings: &[Encoding::Hex],
            signed_parts: &[],
            body_limit: 1024 * 1024,
        }
    }

    /// Sets the text in front of the encoded signature, such as `sha256=`: at most 32
    /// visible ASCII characters.
    #[must_use]
    pub const fn with_prefix(mut self, prefix: &'static str) -> Self {
        self.prefix = prefix;
        self
    }

    /// Sets the encodings of the signature that are accepted; a [`Signer`] uses the first.
    ///
    /// Their lengths differ, so the length says which one a signature claims to be. Name a single
    /// one to pin a sender that this crate is lenient about:
    ///
    /// ```
    /// use verify_core::{Encoding, Sender};
    ///
    /// const WANDB_HEX: Sender = Sender::WANDB.with_encodings(&[Encoding::Hex]);
    /// ```
    #[cfg_attr(feature = "sign", doc = "[`Signer`]: crate::Signer")]
    #[cfg_attr(not(feature = "sign"), doc = "[`Signer`]: Self")]
    #[must_use]
    pub const fn with_encodings(mut self, encodings: &'static [Encoding]) -> Self {
        self.encodings = encodings;
        self
    }

    /// Sets what is signed in front of the raw body, in order.
    #[must_use]
    pub const fn with_signed_parts(mut self, signed_parts: &'static [SignedPart]) -> Self {
        self.signed_parts = signed_parts;
        self
    }

    /// Sets the largest body accepted by default, in bytes. Without it: 1 MiB.
    #[must_use]
    pub const fn with_body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Returns the name used in receipts, logs and metrics.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the name of the header that carries the signature, in lower case.
    #[must_use]
    pub const fn signature_header(&self) -> &'static str {
        self.signature_header
    }

    /// Returns the text in front of the encoded signature.
    #[must_use]
    pub const fn prefix(&self) -> &'static str {
        self.prefix
    }

    /// Returns the encodings of the signature that are accepted.
    #[must_use]
    pub const fn encodings(&self) -> &'static [Encoding] {
        self.encodings
    }

    /// Returns what is signed in front of the raw body, in order.
    #[must_use]
    pub const fn signed_parts(&self) -> &'static [SignedPart] {
        self.signed_parts
    }

    /// Returns the name of the header that carries the signed delivery id, if there is one.
    #[must_use]
    pub fn delivery_id_header(&self) -> Option<&'static str> {
        self.signed_parts.iter().find_map(|part| match part {
            SignedPart::DeliveryId(header) => Some(*header),
            _ => None,
        })
    }

    /// Returns the name of the header that carries the signed time, if there is one.
    #[must_use]
    pub fn timestamp_header(&self) -> Option<&'static str> {
        self.signed_parts.iter().find_map(|part| match part {
            SignedPart::Timestamp(header) => Some(*header),
            _ => None,
        })
    }

    /// Returns the largest body accepted by default, in bytes.
    #[must_use]
    pub const fn body_limit(&self) -> usize {
        self.body_limit
    }

    /// Returns the text that ends the delivery id within the signed text.
    pub(crate) fn delivery_id_end(&self) -> &'static str {
        self.signed_parts
            .windows(2)
            .find_map(|pair| match pair {
                [SignedPart::DeliveryId(_), SignedPart::Text(text)] => Some(*text),
                _ => None,
            })
            .unwrap_or("")
    }

    /// Refuses a description under which two different deliveries could have the same signed
    /// text, or which no delivery could fit.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let invalid =
            |problem, header| ConfigError::SenderInvalid { sender: self.name, problem, header };
        let refuse = |problem| Err(invalid(problem, None));

        if self.name.is_empty() {
            return refuse("`name` is empty");
        }
        if self.prefix.len() > Self::MAX_PREFIX
            || !self.prefix.bytes().all(|b| b.is_ascii_graphic())
        {
            return refuse("`prefix` is not at most 32 visible ASCII characters");
        }
        if self.encodings.is_empty() {
            return refuse("`encodings` is empty");
        }

        let count =
            |wanted: fn(&&SignedPart) -> bool| self.signed_parts.iter().filter(wanted).count();
        if count(|part| matches!(part, SignedPart::DeliveryId(_))) > 1
            || count(|part| matches!(part, SignedPart::Timestamp(_))) > 1
        {
            return refuse("`signed_parts` names two delivery ids or two timestamps");
        }
        let following = self.signed_parts.iter().skip(1).map(Some).chain([None]);
        let separated = self.signed_parts.iter().zip(following).all(|pair| match pair {
            (SignedPart::Text(_), _) => true,
            (SignedPart::DeliveryId(_), Some(SignedPart::Text(text))) => !text.is_empty(),
            (SignedPart::Timestamp(_), Some(SignedPart::Text(text))) => {
                text.bytes().next().is_some_and(|first| !first.is_ascii_digit())
            }
            _ => false,
        });
        if !separated {
            return refuse("`signed_parts` has no separating text behind an id or a timestamp");
        }

        let headers =
            [Some(self.signature_header), self.delivery_id_header(), self.timestamp_header()];
        let mut names = headers.into_iter().flatten();
        while let Some(name) = names.next() {
            if !is_lower_case_token(name) {
                return Err(invalid("header name is not a lower-case token", Some(name)));
            }
            if name == "authorization" {
                return Err(invalid("header is for credentials", Some(name)));
            }
            if names.clone().any(|other| other == name) {
                return Err(invalid("header is used twice", Some(name)));
            }
        }
        Ok(())
    }
}

/// RFC 9110, section 5.6.2, without the upper-case letters.
fn is_lower_case_token(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&byte)
        })
}
