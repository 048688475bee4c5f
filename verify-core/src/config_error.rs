use core::fmt;

/// A mistake in a configuration. It names the setting, never a key.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ConfigError {
    /// An `Authorization` value is empty, begins or ends with white space, or has a character other than
    /// visible ASCII and spaces. No request could carry it.
    AuthorizationInvalid,
    /// A bearer token is empty or has a character other than visible ASCII: a space, a line break, or the
    /// word `Bearer` pasted with it.
    BearerInvalid,
    /// The environment variable of a secret is empty, or holds only NUL bytes.
    #[cfg(feature = "std")]
    EnvironmentEmpty {
        /// Its name.
        variable: alloc::string::String,
    },
    /// The environment variable of a secret is not set.
    #[cfg(feature = "std")]
    EnvironmentUnset {
        /// Its name.
        variable: alloc::string::String,
    },
    /// The file of a secret is empty, or holds only a newline or NUL bytes.
    #[cfg(feature = "std")]
    FileEmpty {
        /// Its path.
        path: std::path::PathBuf,
    },
    /// The file of a secret could not be read.
    #[cfg(feature = "std")]
    FileUnreadable {
        /// Its path.
        path: std::path::PathBuf,
        /// Why.
        kind: std::io::ErrorKind,
    },
    /// A label is empty, longer than 32 bytes, or has a character other than visible ASCII.
    LabelInvalid,
    /// Two secrets have the same label.
    LabelRepeated,
    /// [`forget_secret`](crate::VerifierBuilder::forget_secret) was called with a label that no secret
    /// has.
    LabelUnknown,
    /// `without_signature` was called and there is no credential either. The verifier would accept
    /// everything.
    NothingToCheck,
    /// A secret is empty, and did not come from a variable or a file that this error could name.
    SecretEmpty,
    /// There is no secret. To check only a credential, call
    /// [`without_signature`](crate::VerifierBuilder::without_signature).
    SecretMissing,
    /// This sender's secrets are base64, and a secret does not decode:
    /// [`SecretEncoding::Base64`](crate::SecretEncoding::Base64).
    SecretUndecodable,
    /// There is a secret, and `without_signature` was called.
    SecretUnused,
    /// A [`Sender`](crate::Sender) is described in a way that cannot work or is not safe.
    SenderInvalid {
        /// The sender's name.
        sender: &'static str,
        /// What is wrong.
        problem: &'static str,
        /// The header that it is about.
        header: Option<&'static str>,
    },
    /// The tolerance is longer than a day, which would not check freshness.
    ToleranceTooLong,
    /// A tolerance was set for a verifier that sees no signed time. It would check nothing.
    ToleranceUnused,
    /// There are more than four credentials.
    TooManyCredentials,
    /// There are more than four secrets.
    TooManySecrets,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::AuthorizationInvalid => {
                "`authorization` is not a value that a request could carry"
            }
            Self::BearerInvalid => {
                "`bearer` is not a token: visible ASCII characters, without the word `Bearer`"
            }
            #[cfg(feature = "std")]
            Self::EnvironmentEmpty { variable } => {
                return write!(f, "environment variable holds no secret: `{variable}` is empty");
            }
            #[cfg(feature = "std")]
            Self::EnvironmentUnset { variable } => {
                return write!(f, "environment variable is not set: `{variable}`");
            }
            #[cfg(feature = "std")]
            Self::FileEmpty { path } => {
                return write!(f, "file holds no secret: `{}` is empty", path.display());
            }
            #[cfg(feature = "std")]
            Self::FileUnreadable { path, kind } => {
                return write!(f, "file could not be read: `{}`: {kind}", path.display());
            }
            Self::LabelInvalid => "`label` is not 1 to 32 visible ASCII characters",
            Self::LabelRepeated => "`label` is used for two secrets",
            Self::LabelUnknown => "no secret has this `label`",
            Self::NothingToCheck => {
                "`without_signature` leaves nothing to check: no credential is set"
            }
            Self::SecretMissing => "`secret` is missing, and `without_signature` was not called",
            Self::SecretEmpty => "`secret` is empty",
            Self::SecretUndecodable => {
                "`secret` does not decode: this sender's secrets are base64 of 1 to 128 bytes that are \
                 not all zero, such as `whsec_...`; copy it again"
            }
            Self::SecretUnused => "`secret` is set, and `without_signature` would never check it",
            Self::SenderInvalid { sender, problem, header: None } => {
                return write!(f, "sender `{sender}`: {problem}");
            }
            Self::SenderInvalid { sender, problem, header: Some(header) } => {
                return write!(f, "sender `{sender}`: {problem}: `{header}`");
            }
            Self::ToleranceTooLong => "`tolerance` is longer than a day",
            Self::ToleranceUnused => "`tolerance` checks nothing: no timestamp is signed",
            Self::TooManyCredentials => "more than 4 credentials",
            Self::TooManySecrets => "more than 4 secrets",
        };
        f.write_str(text)
    }
}

impl core::error::Error for ConfigError {}
