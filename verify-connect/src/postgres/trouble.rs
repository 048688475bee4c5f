use core::{error::Error as _, fmt};

use tokio_postgres::error::{Error, SqlState};

use crate::tls;

/// What went wrong. The text follows the name of the server, and is our own, because the text of a client or a server
/// may quote the request.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Trouble {
    /// The runtime of the pool has ended.
    Closed,
    /// There is no such database.
    DatabaseMissing,
    /// The user may not do it.
    Forbidden,
    /// The disk or the memory is full. The connection can still be used.
    Full,
    /// The user or the password is refused.
    LoginRefused,
    /// It took too long, or waited too long for something else.
    TimedOut,
    /// The connection was not encrypted as the address asks, for this reason.
    Tls(&'static str),
    /// It may be done later, for this reason.
    Unavailable(String),
}

/// What the client says itself, without asking the server. Tests of the two stores hold it to that.
const NO_PASSWORD: &str = "password missing";
const NO_TLS: &str = "server does not support TLS";
const NOT_WRITABLE: &str = "database does not allow writes";
const STANDBY: &str = "is a standby: its primary is needed";

impl Trouble {
    /// Returns what an error is about.
    #[must_use]
    pub fn of(error: &Error) -> Self {
        let unavailable = |what: &str| Self::Unavailable(what.to_owned());
        let Some(state) = error.code() else {
            if let Some(what) = tls::trouble(error, tls::UNTRUSTED) {
                return Self::Tls(what);
            }
            let source = error.source().map(ToString::to_string);
            return match source.as_deref() {
                Some(NO_PASSWORD) => unavailable("asks for a password, and the address has none"),
                Some(NO_TLS) => Self::Tls(tls::NONE),
                Some(NOT_WRITABLE) => unavailable(STANDBY),
                _ => unavailable("cannot be reached"),
            };
        };
        match state {
            &SqlState::DISK_FULL | &SqlState::OUT_OF_MEMORY => Self::Full,
            &SqlState::QUERY_CANCELED | &SqlState::LOCK_NOT_AVAILABLE => Self::TimedOut,
            &SqlState::INVALID_PASSWORD | &SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
                Self::LoginRefused
            }
            &SqlState::INVALID_CATALOG_NAME => Self::DatabaseMissing,
            &SqlState::INSUFFICIENT_PRIVILEGE => Self::Forbidden,
            &SqlState::READ_ONLY_SQL_TRANSACTION => unavailable(STANDBY),
            &SqlState::TOO_MANY_CONNECTIONS => unavailable("has no connection left"),
            &SqlState::CANNOT_CONNECT_NOW
            | &SqlState::ADMIN_SHUTDOWN
            | &SqlState::CRASH_SHUTDOWN => unavailable("is starting or stopping"),
            state => Self::Unavailable(format!("answers with the error {}", state.code())),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "cannot be asked any more",
            Self::DatabaseMissing => "has no such database",
            Self::Forbidden => "refuses the user",
            Self::Full => "is full",
            Self::LoginRefused => "refuses the user or the password of the address",
            Self::TimedOut => "took too long",
            Self::Tls(what) => what,
            Self::Unavailable(what) => what,
        })
    }
}
