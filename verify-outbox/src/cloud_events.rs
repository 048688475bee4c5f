//! Deliveries as CloudEvents, in the binary mode: attributes are headers, and the body is unchanged.

mod attributes;

use core::fmt;
use std::sync::Arc;

pub(crate) use self::attributes::Attributes;
use crate::{Delivery, Endpoint, Http, Outcome, Post};

/// Posts each delivery to an endpoint as a [CloudEvent](https://github.com/cloudevents/spec) 1.0 in the binary mode:
/// the body byte for byte as it was signed, and headers with what a service in any language needs to know.
///
/// | header | |
/// |---|---|
/// | `ce-specversion` | `1.0` |
/// | `ce-id` | [`Delivery::key_hex`]: the same for each posting of a delivery, so that the service may recognise a second one |
/// | `ce-source` | what the constructor is given |
/// | `ce-type` | the sender and the event, `mlflow.model_version_alias.created`; without an event the sender |
/// | `ce-time` | when it was received |
/// | `content-type` | `application/json` |
///
/// The service does not see the signature and need not know the secret. So nobody else may reach
/// it.
#[derive(Clone)]
pub struct CloudEvents {
    http: Http,
    endpoint: Endpoint,
    attributes: Attributes,
    more: Option<Arc<HeadersOf>>,
}

/// Headers for one posting, or why there are none now.
type HeadersOf =
    dyn Fn(&Delivery) -> Result<Vec<(&'static str, String)>, &'static str> + Send + Sync;

impl CloudEvents {
    /// Makes a client that posts to an endpoint. `source` is a URI, and `event_of` names the event
    /// of a delivery.
    pub fn new(
        http: Http,
        endpoint: Endpoint,
        source: &str,
        event_of: impl Fn(&Delivery) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        let attributes = Attributes::new(source, Arc::new(event_of));
        Self { http, endpoint, attributes, more: None }
    }

    /// Adds headers, which are made anew for each posting, for example a fresh signature. After an error nothing is
    /// posted, and it is tried again later.
    #[must_use]
    pub fn with_headers(
        mut self,
        headers: impl Fn(&Delivery) -> Result<Vec<(&'static str, String)>, &'static str>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.more = Some(Arc::new(headers));
        self
    }
}

impl Post for CloudEvents {
    fn post(&mut self, delivery: &Delivery) -> Outcome {
        let attributes = self.attributes.of(delivery);
        let more = match self.more.as_ref().map(|more| more(delivery)).transpose() {
            Ok(more) => more.unwrap_or_default(),
            Err(reason) => return Outcome::Later { after: None, reason: reason.to_owned() },
        };
        let headers = attributes.iter().chain(&more);
        let headers: Vec<_> = headers.map(|(name, value)| (*name, value.as_str())).collect();
        match self.http.post(&self.endpoint, &headers, &delivery.body) {
            Ok(answer) => answer.outcome(),
            Err(error) => error.into(),
        }
    }
}

impl fmt::Debug for CloudEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CloudEvents")
            .field("source", &self.attributes.source())
            .finish_non_exhaustive()
    }
}
