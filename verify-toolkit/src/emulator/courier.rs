//! Signs and makes deliveries, a bounded number at a time.

use core::{fmt, time::Duration};
use std::{
    io::{self, ErrorKind},
    sync::Arc,
};

use tokio::{
    sync::Semaphore,
    time::{Instant, timeout_at},
};
use verify_core::UnixTime;

use super::{
    Fate, Report, StartError,
    registry::{Hidden, HttpSpec, Outgoing, Spec},
};
use crate::{Delivery, Endpoint, UrlError, attack::Answer};

/// How many may wait. What comes then is dropped.
const WAITING: u32 = 1000;
/// How many are made at a time.
const AT_A_TIME: usize = 32;

pub(super) type Observer = Arc<dyn Fn(&Report) + Send + Sync>;

#[derive(Clone)]
pub(super) struct Courier {
    patience: Duration,
    authority: Option<Arc<[u8]>>,
    waiting: Arc<Semaphore>,
    going: Arc<Semaphore>,
    pub(super) observer: Observer,
}

impl Courier {
    pub(super) fn new(
        patience: Duration,
        authority: Option<Vec<u8>>,
        observer: Observer,
    ) -> Result<Self, StartError> {
        let courier = Self {
            patience,
            authority: authority.map(Into::into),
            waiting: Arc::new(Semaphore::new(WAITING as usize)),
            going: Arc::new(Semaphore::new(AT_A_TIME)),
            observer,
        };
        // So that it is told now, and not with the first delivery.
        let endpoint = courier.endpoint("https://localhost/", true);
        endpoint.map_err(|_| StartError::Certificates)?;
        Ok(courier)
    }

    fn endpoint(&self, url: &str, is_verified: bool) -> Result<Endpoint, UrlError> {
        let endpoint = Endpoint::new(url)?;
        let endpoint = match &self.authority {
            Some(pem) => endpoint.with_authority(pem)?,
            None => endpoint,
        };
        Ok(if is_verified { endpoint } else { endpoint.dangerous_without_verification() })
    }

    /// Makes a delivery some time soon.
    pub(super) fn send_later(&self, outgoing: Outgoing) {
        let Ok(place) = Arc::clone(&self.waiting).try_acquire_owned() else {
            return self.report(&outgoing, Fate::Dropped);
        };
        let courier = self.clone();
        tokio::spawn(async move {
            let _ = courier.send(outgoing).await;
            drop(place);
        });
    }

    /// Makes a delivery, and returns the answer, or why there is none.
    pub(super) async fn send(&self, outgoing: Outgoing) -> Result<Answer, String> {
        let Spec::Http(spec) = &outgoing.spec else {
            self.report(&outgoing, Fate::NotRun);
            return Err(Fate::NotRun.to_string());
        };
        // The semaphore is never closed.
        let _going = self.going.acquire().await;
        let deadline = Instant::now() + self.patience;
        let sent = timeout_at(deadline, self.exchange(spec, &outgoing.body)).await;
        let sent = sent.unwrap_or_else(|_| Err(self.silent()));
        let fate = match &sent {
            Ok(answer) => Fate::Answered(answer.status),
            Err(why) => Fate::Failed(why.clone()),
        };
        self.report(&outgoing, fate);
        sent
    }

    async fn exchange(&self, spec: &HttpSpec, body: &str) -> Result<Answer, String> {
        // All of it was checked when the webhook was made.
        let said = |error: &dyn fmt::Display| error.to_string();
        let endpoint =
            self.endpoint(&spec.url, spec.enable_ssl_verification).map_err(|e| said(&e))?;
        let mut delivery = Delivery::databricks(body).with_path(endpoint.path());
        if let Some(Hidden(authorization)) = &spec.authorization {
            delivery = delivery.with_header("authorization", authorization.as_bytes());
        }
        let request = match &spec.secret {
            Some(Hidden(secret)) => {
                let now = UnixTime::now().map_err(|e| said(&e))?;
                delivery.sign(secret, now).map_err(|e| said(&e))?
            }
            None => delivery.unsigned(),
        };
        endpoint.send(&request, self.patience).await.map_err(|error| self.why(&error))
    }

    /// Says why there is no answer, in words of our own.
    fn why(&self, error: &io::Error) -> String {
        match error.kind() {
            ErrorKind::ConnectionRefused => "nobody listens at the URL".to_owned(),
            ErrorKind::TimedOut => self.silent(),
            ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset => {
                "the receiver ended the connection without an answer".to_owned()
            }
            ErrorKind::InvalidData => {
                "the receiver speaks no TLS, or its certificate is not trusted \
                                       (an authority of your own is named when the emulator starts)"
                    .to_owned()
            }
            _ => "the host cannot be found or reached".to_owned(),
        }
    }

    fn silent(&self) -> String {
        format!("the receiver did not answer within {} s", self.patience.as_secs_f64())
    }

    fn report(&self, outgoing: &Outgoing, fate: Fate) {
        (self.observer)(&Report::Triggered {
            webhook_id: outgoing.webhook_id.clone(),
            event: outgoing.event.name(),
            is_test: outgoing.is_test,
            fate,
        });
    }

    /// Waits until nothing waits any more, for as long as one delivery may take.
    pub(super) async fn finish(&self) {
        let deadline = Instant::now() + self.patience;
        let _ = timeout_at(deadline, self.waiting.acquire_many(WAITING)).await;
    }
}
