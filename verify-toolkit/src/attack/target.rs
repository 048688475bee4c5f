use core::{fmt, time::Duration};
use std::time::SystemTime;

use verify_core::{Sender, UnixTime};

use crate::{key, samples};

/// A receiver under attack: what it was configured with, and where it listens.
///
/// The cases are made for this receiver, with its own secret. Give it a secret of which every part
/// counts. Otherwise mistakes such as trimming do not show:
/// [`awkward_secret`](super::awkward_secret).
#[derive(Clone)]
#[must_use]
pub struct Target {
    pub(super) sender: Sender,
    pub(super) secret: Vec<u8>,
    pub(super) bearer: Option<String>,
    pub(super) path: String,
    pub(super) body: Vec<u8>,
    pub(super) body_limit: usize,
    pub(super) tolerance: Duration,
    pub(super) patience: Duration,
    pub(super) only: Option<Vec<String>>,
    now: Option<UnixTime>,
    /// Whether the receiver's clock is known to the second.
    is_exact: bool,
}

impl Target {
    /// Describes a receiver at `/` with the default limits of this project.
    pub fn new(sender: Sender, secret: impl Into<Vec<u8>>) -> Self {
        let sample = samples::of(sender.name()).next();
        Self {
            sender,
            secret: secret.into(),
            bearer: None,
            path: "/".to_owned(),
            body: sample.map_or(r#"{"key1": "value1"}"#, |sample| sample.body).into(),
            body_limit: sender.body_limit(),
            tolerance: Duration::from_secs(300),
            patience: Duration::from_secs(15),
            only: None,
            now: None,
            is_exact: false,
        }
    }

    /// Says that the receiver wants this bearer token besides the signature.
    pub fn with_bearer(mut self, token: impl Into<String>) -> Self {
        self.bearer = Some(token.into()).filter(|token| !token.is_empty());
        self
    }

    /// Sets the path. Without it: `/`.
    pub fn with_path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// Sets a body that the receiver's handler accepts. It should be a JSON object. Without it: a
    /// [sample](samples) of the sender.
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Says how large a body the receiver takes, in bytes. Without it: the sender's
    /// [`body_limit`](Sender::body_limit).
    pub fn with_body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Says how far from its clock the receiver lets a signed time be. Without it: 300 s.
    pub fn with_tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Says that the receiver's clock stands still at this time, so that the edges of the tolerance
    /// are tried to the second. Without it: the system's clock, and edges with a margin.
    pub fn with_now(mut self, now: UnixTime) -> Self {
        self.now = Some(now);
        self.is_exact = true;
        self
    }

    /// Sets how long to wait for an answer. Without it: 15 s. It should be longer than the receiver
    /// waits for a body that stalls.
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Runs only the cases whose names begin with one of these, such as `time/`, and the genuine
    /// delivery, without which the others show nothing.
    pub fn only(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.only = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// The same receiver at this moment, so that all parts of a case have the same time.
    pub(crate) fn at_this_moment(&self) -> Self {
        Self { now: Some(UnixTime::from_secs(self.now())), ..self.clone() }
    }

    /// The key that its secret stands for. A secret that stands for none is taken verbatim, and then
    /// the genuine delivery is refused.
    pub(super) fn key(&self) -> Vec<u8> {
        key::of(&self.sender, &self.secret).unwrap_or_else(|| self.secret.clone())
    }

    pub(crate) fn now(&self) -> u64 {
        let system = || UnixTime::try_from(SystemTime::now()).ok();
        self.now.or_else(system).map_or(0, UnixTime::as_secs)
    }

    #[cfg(feature = "explain")]
    pub(crate) const fn sender(&self) -> Sender {
        self.sender
    }

    #[cfg(feature = "explain")]
    pub(crate) fn secret(&self) -> &[u8] {
        &self.secret
    }

    #[cfg(feature = "explain")]
    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    /// The same receiver, taken for one of another sender.
    #[cfg(feature = "explain")]
    pub(crate) fn of_sender(mut self, sender: Sender) -> Self {
        self.sender = sender;
        self
    }

    /// How far from an edge of the tolerance a time has to be, to be safely on its side.
    pub(super) fn margin(&self) -> (u64, u64) {
        let tolerance = self.tolerance.as_secs();
        // The clocks may differ, and a request takes its time.
        let margin = if self.is_exact { 0 } else { (tolerance / 4).min(60) };
        (tolerance - margin, tolerance.saturating_add(margin).saturating_add(1))
    }

    /// The name of the header that has the signature.
    pub(super) fn header(&self) -> &'static str {
        self.sender.signature_header()
    }
}

/// Shows no secret.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("sender", &self.sender.name())
            .field("path", &self.path)
            .field("has_bearer", &self.bearer.is_some())
            .field("body_limit", &self.body_limit)
            .field("tolerance", &self.tolerance)
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}
