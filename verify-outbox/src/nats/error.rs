use core::{fmt, time::Duration};
use std::{io, path::PathBuf};

/// Why nothing is posted to NATS. No variant holds a user, a password, a token or the content of a
/// file.
#[derive(Debug)]
#[non_exhaustive]
pub enum NatsError {
    /// The address of the servers is malformed, or not safe.
    Address(&'static str),
    /// A file with credentials or certificates cannot be used.
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        what: &'static str,
    },
    /// The name of a stream or a subject is malformed.
    Name(&'static str),
    /// The user has no permission for a subject.
    Permission {
        /// The hosts.
        place: String,
        /// The subject.
        subject: String,
    },
    /// The server does not let this client in.
    Refused {
        /// The hosts.
        place: String,
        /// Why.
        what: &'static str,
    },
    /// The stream has other subjects.
    SubjectMissing {
        /// The stream.
        stream: String,
        /// The subject.
        subject: String,
    },
    /// There is no such stream.
    StreamMissing {
        /// The stream.
        stream: String,
        /// The subject that it is to have.
        subject: String,
        /// How long it must remember an id.
        needed: Duration,
    },
    /// No thread can be started.
    Thread(io::Error),
    /// No server does it now. It recovers by itself once one does.
    Unavailable {
        /// The hosts.
        place: String,
        /// Why.
        what: String,
    },
    /// The stream forgets the ids of messages before the outbox forgets deliveries: a delivery that is posted twice
    /// would be in the stream twice.
    WindowTooShort {
        /// The stream.
        stream: String,
        /// How long the stream knows an id.
        window: Duration,
        /// How long it must: as long as the outbox remembers a delivery.
        needed: Duration,
        /// How long the stream keeps a message, if that is too short too.
        age: Option<Duration>,
    },
}

impl NatsError {
    /// Returns whether the cause may pass by itself, so that deliveries wait for it.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }
}

impl fmt::Display for NatsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(what) | Self::Name(what) => f.write_str(what),
            Self::File { path, what } => write!(f, "`{}`: {what}", path.display()),
            Self::Permission { place, subject } => write!(
                f,
                "`{place}`: the user has no permission for `{subject}`: add it to what the user may {} in the \
                 configuration of NATS",
                if subject.starts_with("_INBOX") { "subscribe to" } else { "publish to" }
            ),
            Self::Refused { place, what } => write!(f, "`{place}`: the server {what}"),
            Self::SubjectMissing { stream, subject } => write!(
                f,
                "the stream `{stream}` does not listen on `{subject}`: add that to the subjects of the stream, \
                 `nats stream edit {stream} --subjects=...` with those that it has already"
            ),
            Self::StreamMissing { stream, subject, needed } => write!(
                f,
                "there is no stream `{stream}` in the account of this user: make it, \
                 `nats stream add {stream} --subjects={subject} --dupe-window={} --defaults`",
                Hours(*needed)
            ),
            Self::Thread(error) => write!(f, "no thread for the connection to NATS: {error}"),
            Self::Unavailable { place, what } => write!(f, "`{place}`: {what}"),
            Self::WindowTooShort { stream, window, needed, age } => {
                let needs = Hours(*needed);
                write!(
                    f,
                    "the stream `{stream}` recognises a repeated message for {}, and the outbox may post a delivery \
                     again for {needs}: `nats stream edit {stream} --dupe-window={needs}",
                    Hours(*window)
                )?;
                if age.is_some() {
                    write!(f, " --max-age={needs}")?;
                }
                f.write_str("`, or a shorter retention of the outbox")
            }
        }
    }
}

impl core::error::Error for NatsError {}

/// A time in the largest unit in which it is whole, as the commands of NATS take it.
struct Hours(Duration);

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_millis();
        let units = [("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];
        let fits = |(_, unit): &&(&str, u128)| millis >= *unit && millis.is_multiple_of(*unit);
        match units.iter().find(fits) {
            Some((name, unit)) => write!(f, "{}{name}", millis / unit),
            None => f.write_str("0s"),
        }
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::{Hours, NatsError};

    #[test]
    fn times_are_those_of_the_commands_of_nats() {
        for (millis, expected) in [
            (0, "0s"),
            (1, "1ms"),
            (1500, "1500ms"),
            (90_000, "90s"),
            (120_000, "2m"),
            (604_800_000, "168h"),
        ] {
            assert_eq!(Hours(Duration::from_millis(millis)).to_string(), expected);
        }
    }

    #[test]
    fn a_window_that_is_too_short_is_told_with_both_figures_and_the_command() {
        let error = |age| NatsError::WindowTooShort {
            stream: "models".to_owned(),
            window: Duration::from_secs(120),
            needed: Duration::from_secs(604_800),
            age,
        };
        assert_eq!(
            error(None).to_string(),
            "the stream `models` recognises a repeated message for 2m, and the outbox may post a delivery again for \
             168h: `nats stream edit models --dupe-window=168h`, or a shorter retention of the outbox"
        );
        let both = "`nats stream edit models --dupe-window=168h --max-age=168h`";
        assert!(error(Some(Duration::from_secs(60))).to_string().contains(both));
    }
}
