use core::{fmt, time::Duration};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use async_nats::ConnectOptions;

use super::{
    Nats, NatsError,
    address::{Address, Login},
    session::{Place, Session},
    stream::Target,
    tls,
};
use crate::{
    Delivery, Outbox, background::Background, cloud_events::Attributes, delivery::EventOf,
};

/// Describes a NATS stream to post to. Made by [`Nats::builder`].
#[must_use]
pub struct NatsBuilder {
    address: Address,
    source: String,
    authorities: Option<PathBuf>,
    event_of: Option<EventOf>,
    time: Duration,
    is_open: bool,
    is_synced: bool,
}

impl Nats {
    /// Begins with the address of a server, such as `tls://user:password@host:4222`, or of several of a cluster with
    /// commas between them. Write special characters in a user or a password with percent signs. A name alone,
    /// `tls://token@host`, is a token. `source` is the URI of the events' source.
    ///
    /// # Errors
    ///
    /// [`NatsError::Address`]. The text contains nothing of the address.
    pub fn builder(address: &str, source: &str) -> Result<NatsBuilder, NatsError> {
        Ok(NatsBuilder {
            address: Address::new(address)?,
            source: source.to_owned(),
            authorities: None,
            event_of: None,
            time: Duration::from_secs(5),
            is_open: false,
            is_synced: false,
        })
    }
}

impl NatsBuilder {
    /// Sets the PEM file with the certificate authorities of the servers. Without it: Mozilla's.
    pub fn authorities(mut self, file: impl Into<PathBuf>) -> Self {
        self.authorities = Some(file.into());
        self
    }

    /// Reads a credentials file, as `nsc generate creds` writes it. It replaces a user in the address.
    ///
    /// # Errors
    ///
    /// [`NatsError::File`]. The text contains nothing of the file.
    pub fn credentials_file(mut self, file: impl AsRef<Path>) -> Result<Self, NatsError> {
        let file = file.as_ref();
        let failed = |what| NatsError::File { path: file.to_owned(), what };
        let text = fs::read_to_string(file).map_err(|_| failed("the file cannot be read"))?;
        let read = ConnectOptions::new().credentials(&text);
        read.map_err(|_| {
            failed("the file has no credentials as `nsc generate creds` writes them")
        })?;
        self.address.login = Login::Credentials(text);
        Ok(self)
    }

    /// Sets a token, which counts instead of a user in the address.
    pub fn token(mut self, token: &str) -> Self {
        self.address.login = Login::Token(token.to_owned());
        self
    }

    /// Sets a function that names the event of a delivery, for `ce-type`. Without it: the function
    /// for the [log](crate::Builder::event_of).
    pub fn event_of(
        mut self,
        event: impl Fn(&Delivery) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.event_of = Some(Arc::new(event));
        self
    }

    /// Sets the time limit for a posting, including the time to connect. Without it: 5 s.
    pub const fn time(mut self, time: Duration) -> Self {
        self.time = time;
        self
    }

    /// Says that the servers have `sync_interval: always`, so that acknowledged messages are on the disk. Then the
    /// warning about this is not logged.
    pub const fn synced(mut self) -> Self {
        self.is_synced = true;
        self
    }

    /// Allows `nats://` to another machine: everybody in the network can read the password and the
    /// deliveries.
    pub const fn without_tls(mut self) -> Self {
        self.is_open = true;
        self
    }

    /// Connects, and checks the stream. The stream must exist, listen on the subject, and remember an id for as long
    /// as the outbox remembers a delivery ([`Builder::retention`](crate::Builder::retention)). Waits for the server.
    /// **A server that cannot be reached is no error**, so that deliveries are kept meanwhile: it is logged, and each
    /// posting tries again.
    ///
    /// # Errors
    ///
    /// A mistake that a person must correct: [`NatsError`].
    pub fn open(self, outbox: &Outbox, stream: &str, subject: &str) -> Result<Nats, NatsError> {
        let place = Arc::new(self.place(stream, subject, outbox.known_for())?);
        let background = background()?;
        let session = match look(&background, &place) {
            Ok((session, told)) => {
                for risk in told {
                    tracing::warn!(target: "outbox", stream, "{risk}");
                }
                Some(session)
            }
            Err(error) if error.may_pass() => {
                tracing::warn!(target: "outbox", stream, %error, "nothing is posted to NATS until it can be reached");
                None
            }
            Err(error) => return Err(error),
        };
        let event_of = self.event_of.unwrap_or_else(|| {
            let outbox = outbox.clone();
            Arc::new(move |delivery| outbox.event_of(delivery))
        });
        let attributes = Attributes::new(&self.source, event_of);
        Ok(Nats { background, place, attributes, session })
    }

    /// Checks what can be checked without a server: names, the file of authorities, and whether others could read
    /// what is sent.
    ///
    /// # Errors
    ///
    /// [`NatsError`].
    pub fn check(&self, stream: &str, subject: &str) -> Result<(), NatsError> {
        self.place(stream, subject, Duration::ZERO).map(drop)
    }

    /// Connects, checks the stream like [`open`](Self::open), and disconnects. Returns what a person should know
    /// about the stream. `known_for` is how long the outbox remembers a delivery.
    ///
    /// # Errors
    ///
    /// [`NatsError`], also for a server that cannot be reached.
    pub fn look(
        &self,
        known_for: Duration,
        stream: &str,
        subject: &str,
    ) -> Result<Vec<String>, NatsError> {
        let place = Arc::new(self.place(stream, subject, known_for)?);
        look(&background()?, &place).map(|(_, told)| told)
    }

    fn place(&self, stream: &str, subject: &str, known_for: Duration) -> Result<Place, NatsError> {
        if self.address.is_open() && !self.is_open {
            return Err(NatsError::Address(
                "`nats://` to another machine, where everybody on the way can read what is sent: use `tls://`, or \
                 say `without_tls` if nobody else is in that network",
            ));
        }
        let target = Target::new(stream, subject, known_for)?;
        let target = Target { is_synced: self.is_synced, ..target };
        let tls = tls::config(self.authorities.as_deref())?;
        Ok(Place { address: self.address.clone(), tls, target, time: self.time })
    }
}

fn background() -> Result<Background, NatsError> {
    Background::silent("outbox-nats").map_err(NatsError::Thread)
}

/// Connects, and returns what a person should know of the stream.
fn look(background: &Background, place: &Arc<Place>) -> Result<(Session, Vec<String>), NatsError> {
    let opened = background.wait(place.time, Session::open(Arc::clone(place)));
    opened.unwrap_or_else(|| Err(place.too_slow()))
}

impl fmt::Debug for NatsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NatsBuilder").field("address", &self.address).finish_non_exhaustive()
    }
}
