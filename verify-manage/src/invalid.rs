use core::fmt;

/// Why something is not sent: the service would refuse it with an unclear message, or would silently
/// do something else.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Invalid {
    /// An `Authorization` value that no request could carry.
    AuthorizationUnfit,
    /// There are no events: MLflow keeps the old events and says nothing.
    EventsMissing,
    /// An event occurs twice: MLflow answers with the text of its database.
    EventRepeated(String),
    /// The sender has no such event: MLflow answers 500.
    EventUnknown(String),
    /// Not something that an id is made of.
    IdUnfit,
    /// Only a webhook for the whole registry can have this event.
    ModelNotCreatedYet,
    /// There is no name.
    NameMissing,
    /// A name of MLflow is at most 63 ASCII characters.
    NameUnfit,
    /// There is nothing to change, but MLflow would move the time of the last change.
    NothingToChange,
    /// The secret is not UTF-8, so JSON cannot carry it to the service.
    SecretNotText,
    /// The sender has no such status: MLflow makes the webhook active.
    StatusUnknown(String),
    /// It is no URL with `http` or `https` and a host.
    UrlUnfit,
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AuthorizationUnfit => {
                "the `Authorization` value holds a character that no request can carry"
            }
            Self::EventsMissing => "a webhook needs at least one event",
            Self::EventRepeated(event) => return write!(f, "the event `{event}` occurs twice"),
            Self::EventUnknown(event) => {
                return write!(f, "this sender has no event `{event}`: see `verify senders`");
            }
            Self::IdUnfit => "this is no id of a webhook: visible ASCII without `/`, `?` and `#`",
            Self::ModelNotCreatedYet => {
                "REGISTERED_MODEL_CREATED is for the whole registry: leave the model out"
            }
            Self::NameMissing => "the webhook needs a name",
            Self::NameUnfit => "the name of an MLflow webhook is 1 to 63 ASCII characters",
            Self::NothingToChange => "there is nothing to change",
            Self::SecretNotText => "the secret is not UTF-8, so it cannot be told to the service",
            Self::StatusUnknown(status) => {
                return write!(f, "this sender has no status `{status}`");
            }
            Self::UrlUnfit => "the URL is not one with `http://` or `https://` and a host",
        })
    }
}

impl core::error::Error for Invalid {}
