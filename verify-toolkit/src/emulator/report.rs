use core::fmt;

/// Something that an emulated workspace did, to be shown to people. It holds no secret, token, URL or
/// body.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Report {
    /// A client called.
    #[non_exhaustive]
    Called {
        /// The method.
        method: String,
        /// The path, without the query: whatever the client wrote.
        path: String,
        /// The status of the answer.
        status: u16,
    },
    /// A webhook was triggered.
    #[non_exhaustive]
    Triggered {
        /// Which webhook.
        webhook_id: String,
        /// By which event.
        event: &'static str,
        /// Whether by a test call.
        is_test: bool,
        /// What became of the delivery.
        fate: Fate,
    },
}

/// What became of a delivery.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Fate {
    /// The receiver answered with this status.
    Answered(u16),
    /// Too many deliveries waited already.
    Dropped,
    /// There was no answer, for this reason.
    Failed(String),
    /// It is a webhook for a job, and the emulator runs none.
    NotRun,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Called { method, path, status } => write!(f, "{status} {method} {path}"),
            Self::Triggered { webhook_id, event, is_test, fate } => {
                let test = if *is_test { " (test)" } else { "" };
                write!(f, "{event}{test} to webhook {webhook_id}: {fate}")
            }
        }
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered(status) => write!(f, "the receiver answered {status}"),
            Self::Dropped => f.write_str("not delivered: too many deliveries wait already"),
            Self::Failed(why) => write!(f, "not delivered: {why}"),
            Self::NotRun => f.write_str("the emulator runs no jobs"),
        }
    }
}
