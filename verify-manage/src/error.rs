//! What can go wrong, each in one sentence that says what to do next.

use core::{fmt, time::Duration};

use crate::{SettingsError, Stage, Trouble, invalid::Invalid};

/// What a service said no with.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Refusal {
    /// The status.
    pub status: u16,
    /// The service's own code, such as `RESOURCE_DOES_NOT_EXIST`.
    pub code: Option<String>,
    /// What the service said, without confidential parts, and cut off if it is long.
    pub message: String,
    /// Whether it was a page for a browser.
    pub is_page: bool,
}

impl Refusal {
    /// Whether it is about who asks, and not about what that one may do. Databricks says so with a 403 on
    /// some paths.
    pub(crate) fn is_of_token(&self) -> bool {
        self.status == 401 || self.message.contains("Invalid access token")
    }
}

/// Why a call came to nothing.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// There are several webhooks with this name.
    Ambiguous {
        /// The name.
        name: String,
        /// Their ids.
        ids: Vec<String>,
    },
    /// The service is busy, for longer than was waited.
    Busy {
        /// The service.
        host: String,
        /// The status: 429 or 503.
        status: u16,
        /// How long it asks to wait.
        wait: Option<Duration>,
    },
    /// The answer to a create was lost, and the webhook is not listed.
    CreateLost {
        /// The service.
        host: String,
        /// The webhooks that may be it. With none, it was not made.
        candidates: Vec<String>,
    },
    /// The service did something else than it was asked.
    Differs {
        /// The webhook.
        id: String,
        /// The field.
        field: &'static str,
        /// What was asked.
        asked: String,
        /// What the service says.
        answered: String,
    },
    /// The token or the password is not accepted, or may not do this: 401 and 403.
    Denied {
        /// The service.
        host: String,
        /// What it said.
        refusal: Refusal,
    },
    /// This crate refused it before it was sent, because the service would silently do something
    /// else.
    Invalid(Invalid),
    /// There is no such webhook.
    NotFound {
        /// The id or the name.
        wanted: String,
    },
    /// What answers is not the service.
    NotTheService {
        /// The host.
        host: String,
        /// The status.
        status: u16,
        /// Where it would send a browser, or the title of its page.
        says: String,
    },
    /// The service refused what was asked.
    Refused {
        /// The service.
        host: String,
        /// What it said.
        refusal: Refusal,
    },
    /// Something that says where the service is, or who asks.
    Settings(SettingsError),
    /// There was no answer, or none to its end.
    Unanswered {
        /// The service.
        host: String,
        /// How far it got.
        stage: Stage,
        /// Why.
        trouble: Trouble,
        /// The limit, in MiB, where the answer is too large.
        limit: usize,
    },
    /// The answer is JSON, but not what the service answers.
    Unreadable {
        /// The service.
        host: String,
        /// What is missing.
        missing: &'static str,
    },
    /// This service has no such thing.
    Unsupported {
        /// What it lacks, as in `MLflow has no job webhooks`.
        what: &'static str,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ambiguous { name, ids } => {
                write!(f, "several webhooks are called `{name}`: use an id, {}", ids.join(" or "))
            }
            Self::Busy { host, status, wait } => {
                write!(f, "{host} is busy ({status})")?;
                match wait {
                    Some(wait) => write!(f, ", and asks to come back in {} s", wait.as_secs()),
                    None => f.write_str(", also when asked again: try it later"),
                }
            }
            Self::CreateLost { host, candidates } if candidates.is_empty() => write!(
                f,
                "{host} hung up before it said whether the webhook was made; it is not listed, so \
                 it can be made again"
            ),
            Self::CreateLost { host, candidates } => write!(
                f,
                "{host} hung up before it said whether the webhook was made; these look like it: \
                 {}; look at them before it is made again",
                candidates.join(", ")
            ),
            Self::Differs { id, field, asked, answered } => write!(
                f,
                "the service did something else than it was asked with webhook {id}: {field} is \
                 `{answered}`, and should be `{asked}`"
            ),
            Self::Denied { host, refusal } => {
                f.write_str(host)?;
                f.write_str(match refusal.is_of_token() {
                    true => " does not accept the token or password, which may have expired",
                    false => " does not allow this with the token or password given",
                })?;
                tail(f, refusal)
            }
            Self::Invalid(invalid) => invalid.fmt(f),
            Self::NotFound { wanted } => write!(f, "there is no webhook `{wanted}`"),
            Self::NotTheService { host, status, says } => write!(
                f,
                "{host} does not answer as a registry does ({status}, {says}): is the host right?"
            ),
            Self::Refused { host, refusal } if refusal.is_page && refusal.status == 404 => {
                write!(f, "{host} has no such API: is the host right, and the server new enough?")?;
                tail(f, refusal)
            }
            Self::Refused { host, refusal } => {
                write!(f, "{host} refused it")?;
                tail(f, refusal)
            }
            Self::Settings(error) => error.fmt(f),
            Self::Unanswered { host, trouble: Trouble::TooLarge, limit, .. } => {
                write!(
                    f,
                    "{host} answers with more than {limit} MiB, which is not read: is the host right?"
                )
            }
            Self::Unanswered { host, stage, trouble, .. } => match stage {
                Stage::Connecting => write!(f, "{host} cannot be reached: {trouble}"),
                Stage::Waiting => write!(f, "{host} did not answer: {trouble}"),
                Stage::Reading => write!(f, "{host} broke off its answer: {trouble}"),
            },
            Self::Unreadable { host, missing } => write!(
                f,
                "{host} answers with JSON, but without {missing}: is it a registry of this kind?"
            ),
            Self::Unsupported { what } => f.write_str(what),
        }
    }
}

fn tail(f: &mut fmt::Formatter<'_>, refusal: &Refusal) -> fmt::Result {
    write!(f, " ({}", refusal.status)?;
    if let Some(code) = &refusal.code {
        write!(f, " {code}")?;
    }
    f.write_str(")")?;
    if !refusal.message.is_empty() {
        write!(f, ": {}", refusal.message)?;
    }
    Ok(())
}

impl core::error::Error for Error {}

impl From<Invalid> for Error {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

impl From<SettingsError> for Error {
    fn from(error: SettingsError) -> Self {
        Self::Settings(error)
    }
}
