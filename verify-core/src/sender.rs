mod check;

use crate::{Encoding, SecretEncoding};

/// How one sender signs its deliveries, as data.
///
/// The senders that this crate knows are constants. You can build a sender of your own in the same way, in a
/// `const` if you like. The description is checked when a verifier or a signer
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
    title: &'static str,
    signature_header: &'static str,
    prefix: &'static str,
    encodings: &'static [Encoding],
    signed_parts: &'static [SignedPart],
    secret_encoding: SecretEncoding,
    max_signatures: usize,
    signs_retries_anew: bool,
    sends_bearer: bool,
    has_template: bool,
    body_limit: usize,
}

/// One piece of the text that a sender signs before the raw body.
///
/// Only here can you name an id or a time. So an unsigned id or time cannot be mistaken for a signed one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum SignedPart {
    /// The value of the header of this name: 1 to 64 visible ASCII characters. It must not contain
    /// the first character of the [`Text`](Self::Text) that follows, because that could move the
    /// boundary between the id and the rest.
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
    /// `signature_header`. The methods below change this.
    ///
    /// `name` is the sender's name in receipts, logs and metrics, and a part of
    /// [`Receipt::replay_key`](crate::Receipt::replay_key). `signature_header` is in lower case, and matches
    /// in any case. It cannot be `authorization`. A description that cannot work is a
    /// [`ConfigError::SenderInvalid`](crate::ConfigError::SenderInvalid) when a verifier or a signer is built from it.
    #[must_use]
    pub const fn new(name: &'static str, signature_header: &'static str) -> Self {
        Self {
            name,
            title: name,
            signature_header,
            prefix: "",
            encodings: &[Encoding::Hex],
            signed_parts: &[],
            secret_encoding: SecretEncoding::Verbatim,
            max_signatures: 1,
            signs_retries_anew: false,
            sends_bearer: false,
            has_template: false,
            body_limit: 1024 * 1024,
        }
    }

    /// Sets the title of the sender, such as `MLflow`. Without it: the name.
    #[must_use]
    pub const fn with_title(mut self, title: &'static str) -> Self {
        self.title = title;
        self
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
    /// Their lengths differ, so the length tells the encoding of a signature. For a sender with several encodings,
    /// you can allow only one:
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

    /// Sets what is signed before the raw body, in order.
    #[must_use]
    pub const fn with_signed_parts(mut self, signed_parts: &'static [SignedPart]) -> Self {
        self.signed_parts = signed_parts;
        self
    }

    /// Sets how the key is written in the text of a secret. Without it: the text is the key.
    #[must_use]
    pub const fn with_secret_encoding(mut self, encoding: SecretEncoding) -> Self {
        self.secret_encoding = encoding;
        self
    }

    /// Says that the header of the signature holds a list, separated by spaces, and how many
    /// signatures in it are tried: at most 4. Without it: the header is one signature.
    ///
    /// Items without the [prefix](Self::with_prefix) belong to another scheme and are skipped. A header
    /// is refused if more than `most` of its items have the prefix, or if such an item
    /// does not decode. This bounds the work for one request.
    ///
    /// The list itself is not signed. An attacker who records a delivery can remove a signature from it, and
    /// then another secret matches. So the replay key must not depend on the secret that matches: a list needs
    /// [`with_retries_signed_anew`](Self::with_retries_signed_anew).
    #[must_use]
    pub const fn with_signature_list(mut self, most: usize) -> Self {
        self.max_signatures = most;
        self
    }

    /// Says that a retry keeps its delivery id and has a new time, and so a new signature. The replay
    /// key is then made of the id: see [`Receipt::replay_key`](crate::Receipt::replay_key).
    #[must_use]
    pub const fn with_retries_signed_anew(mut self) -> Self {
        self.signs_retries_anew = true;
        self
    }

    /// Says that the sender can send a bearer token in `Authorization`.
    ///
    /// It makes no verifier check a token: [`VerifierBuilder::bearer`](crate::VerifierBuilder::bearer)
    /// does that. Programs that read settings refuse a token for a sender that never sends a token,
    /// because then no delivery would be accepted.
    #[must_use]
    pub const fn with_bearer(mut self) -> Self {
        self.sends_bearer = true;
        self
    }

    /// Says that the body is a template which the user of the sender wrote. Two deliveries may then
    /// have the same body, and the name of the event may be any word.
    #[must_use]
    pub const fn with_template(mut self) -> Self {
        self.has_template = true;
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

    /// Returns the title of the sender.
    #[must_use]
    pub const fn title(&self) -> &'static str {
        self.title
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

    /// Returns how the key is written in the text of a secret.
    #[must_use]
    pub const fn secret_encoding(&self) -> SecretEncoding {
        self.secret_encoding
    }

    /// Returns how many signatures a delivery may carry. More than one: the header is a list.
    #[must_use]
    pub const fn max_signatures(&self) -> usize {
        self.max_signatures
    }

    /// Returns whether a retry has a new time and a new signature.
    #[must_use]
    pub const fn signs_retries_anew(&self) -> bool {
        self.signs_retries_anew
    }

    /// Returns whether the sender can be told to send a bearer token.
    #[must_use]
    pub const fn sends_bearer(&self) -> bool {
        self.sends_bearer
    }

    /// Returns whether the body is a template which the user of the sender wrote.
    #[must_use]
    pub const fn has_template(&self) -> bool {
        self.has_template
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
}
