//! A connection whose stream was found fit: whatever fails ends it, and the next one is looked at again.

use core::{error::Error as _, sync::atomic::Ordering, time::Duration};
use std::{io, sync::Arc};

use async_nats::{
    Client, ConnectError, ConnectErrorKind, ConnectOptions, Event, HeaderMap, Message, Request,
    RequestErrorKind, ServerError, connection::State,
};
use bytes::Bytes;
use serde_json::Value;
use tokio::sync::watch;
use tokio_rustls::rustls::ClientConfig;

use super::{
    NatsError,
    address::{Address, Login},
    answer::{Answer, read},
    stream::Target,
    tls,
};
use crate::Outcome;

/// How a server is connected to, and what for.
pub(super) struct Place {
    pub(super) address: Address,
    pub(super) tls: ClientConfig,
    pub(super) target: Target,
    /// The limit for all of a posting.
    pub(super) time: Duration,
}

pub(super) struct Session {
    client: Client,
    place: Arc<Place>,
    signals: watch::Receiver<Option<Signal>>,
}

/// What a server says without being asked.
#[derive(Clone, Debug)]
enum Signal {
    Disconnected,
    /// With the subject and more around it.
    Forbidden(String),
}

impl Session {
    /// Connects, and returns what a person should know of the stream.
    pub(super) async fn open(place: Arc<Place>) -> Result<(Self, Vec<String>), NatsError> {
        let (signal, signals) = watch::channel(None);
        let count = place.address.servers.len();
        let options = ConnectOptions::new()
            .name("verify-outbox")
            // Those that a server names might be reached in the open.
            .ignore_discovered_servers()
            // What fails is connected to anew here, and its stream is looked at.
            .max_reconnects(count)
            // Time is left for another server, and for the message.
            .connection_timeout(
                place.time / u32::try_from(count.saturating_add(1)).unwrap_or(u32::MAX),
            )
            .request_timeout(None)
            .tls_client_config(place.tls.clone())
            .event_callback(move |event| {
                let signal = signal.clone();
                async move {
                    match event {
                        Event::Disconnected | Event::Closed => {
                            signal.send_replace(Some(Signal::Disconnected));
                        }
                        Event::ServerError(ServerError::Other(text))
                            if text.to_ascii_lowercase().starts_with("permissions violation") =>
                        {
                            signal.send_replace(Some(Signal::Forbidden(text)));
                        }
                        _ => {}
                    }
                }
            });
        let options = match &place.address.login {
            Login::Nobody => options,
            Login::Token(token) => options.token(token.clone()),
            Login::User { name, password } => {
                options.user_and_password(name.clone(), password.clone())
            }
            // They were read before.
            Login::Credentials(text) => {
                options.credentials(text).map_err(|_| place.refused(DENIED))?
            }
        };
        let client = options.connect(place.address.servers.clone()).await;
        let client = client.map_err(|error| place.meaning(&error))?;
        let session = Self { client, place, signals };
        let told = session.look().await?;
        Ok((session, told))
    }

    /// Returns whether it is still the connection whose stream was looked at.
    pub(super) fn is_alive(&self) -> bool {
        let connects = self.client.statistics().connects.load(Ordering::Relaxed);
        self.client.connection_state() == State::Connected && connects == 1
    }

    async fn look(&self) -> Result<Vec<String>, NatsError> {
        let Target { stream, subject, needed, .. } = &self.place.target;
        let ask = format!("$JS.API.STREAM.INFO.{stream}");
        let no_jetstream = "JetStream is not enabled for this account";
        let reply = match self.request(&ask, Request::new().payload(Bytes::new())).await? {
            Reply::Message(reply) => reply,
            Reply::Nobody => return Err(self.place.unavailable(no_jetstream)),
            Reply::TooLarge => {
                return Err(self.place.unavailable("no question fits its `max_payload`"));
            }
        };
        let said: Value = serde_json::from_slice(&reply.payload).unwrap_or_default();
        let error = said.pointer("/error/err_code").and_then(Value::as_u64);
        match (said.get("config"), error) {
            (Some(config), _) => self.place.target.judge(config),
            (None, Some(10059)) => Err(NatsError::StreamMissing {
                stream: stream.clone(),
                subject: subject.clone(),
                needed: *needed,
            }),
            (None, Some(10039 | 10076)) => Err(self.place.unavailable(no_jetstream)),
            (None, Some(code)) => {
                Err(self.place.unavailable(format!("JetStream answers with the error {code}")))
            }
            (None, None) => Err(self.place.unavailable("who answers is not JetStream")),
        }
    }

    /// Publishes a message, and waits for the acknowledgement. An error means that nobody knows whether it arrived,
    /// or that the stream has to be looked at.
    pub(super) async fn publish(
        &self,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Outcome, NatsError> {
        let Target { stream, subject, .. } = &self.place.target;
        let size = body.len();
        let request = Request::new().headers(headers).payload(body);
        let message = match self.request(subject, request).await? {
            Reply::Message(message) => message,
            Reply::Nobody => {
                return Err(self.place.unavailable(format!("no stream listens on `{subject}`")));
            }
            Reply::TooLarge => {
                let most = self.client.max_payload();
                let reason = format!(
                    "a body of {size} bytes with its headers is larger than the {most} of the server: raise its \
                     `max_payload`, and that of the stream"
                );
                return Ok(Outcome::Dead { reason });
            }
        };
        match read(&message.payload, stream) {
            Answer::Outcome(outcome) => Ok(outcome),
            Answer::Trouble(what) => Err(self.place.unavailable(what)),
        }
    }

    async fn request(&self, subject: &str, request: Request) -> Result<Reply, NatsError> {
        let mut signals = self.signals.clone();
        let quoted = format!("\"{subject}\"");
        let concerns = |signal: &Option<Signal>| match signal {
            Some(Signal::Forbidden(text)) => text.contains(&quoted) || is_of_answers(text),
            Some(Signal::Disconnected) => true,
            None => false,
        };
        let signal = tokio::select! {
            biased;
            said = self.client.send_request(subject.to_owned(), request) => {
                return match said {
                    Ok(message) => Ok(Reply::Message(message)),
                    Err(error) => match error.kind() {
                        RequestErrorKind::NoResponders => Ok(Reply::Nobody),
                        RequestErrorKind::MaxPayloadExceeded => Ok(Reply::TooLarge),
                        _ => Err(self.place.unavailable(BROKEN)),
                    },
                };
            }
            signal = signals.wait_for(concerns) => signal.ok().and_then(|signal| signal.clone()),
        };
        match signal {
            Some(Signal::Forbidden(text)) => {
                let subject = if is_of_answers(&text) { "_INBOX.>" } else { subject };
                let place = self.place.address.to_string();
                Err(NatsError::Permission { place, subject: subject.to_owned() })
            }
            _ => Err(self.place.unavailable(BROKEN)),
        }
    }
}

/// What comes of a question.
enum Reply {
    Message(Message),
    Nobody,
    TooLarge,
}

const BROKEN: &str = "the connection broke";
const DENIED: &str = "refuses the user, the password, the token or the credentials";

/// Whether a client may not hear answers.
fn is_of_answers(violation: &str) -> bool {
    violation.to_ascii_lowercase().contains("subscription to \"_inbox.")
}

impl Place {
    pub(super) fn unavailable(&self, what: impl Into<String>) -> NatsError {
        NatsError::Unavailable { place: self.address.to_string(), what: what.into() }
    }

    pub(super) fn too_slow(&self) -> NatsError {
        self.unavailable(format!("no answer within {} s", self.time.as_secs_f32()))
    }

    fn refused(&self, what: &'static str) -> NatsError {
        NatsError::Refused { place: self.address.to_string(), what }
    }

    /// In words of our own: the client's may hold what the server said.
    fn meaning(&self, error: &ConnectError) -> NatsError {
        if let Some(what) = tls::trouble(error) {
            return self.refused(what);
        }
        let inner = error.source().and_then(|source| source.downcast_ref::<io::Error>());
        match (error.kind(), inner.map(io::Error::kind)) {
            (ConnectErrorKind::AuthorizationViolation | ConnectErrorKind::Authentication, _) => {
                self.refused(DENIED)
            }
            (ConnectErrorKind::Dns, _) => self.unavailable("the host is not known"),
            (ConnectErrorKind::TimedOut, _) => self.unavailable("the server does not answer"),
            (ConnectErrorKind::Tls, _) => self.unavailable(
"TLS does not begin: the server does not agree, or a file with certificates of this machine cannot be read",
),
            (_, Some(io::ErrorKind::ConnectionRefused)) => {
                self.unavailable("the connection is refused: nothing listens there")
            }
            _ => self.unavailable("the server closes the connection, or does not speak NATS"),
        }
    }
}
