//! Deliveries as CloudEvents, in the binary mode: attributes are headers, and the body stays as it is.

mod attributes;

use core::fmt;
use std::sync::Arc;

pub(crate) use self::attributes::Attributes;
use crate::{Delivery, Endpoint, Http, Outcome, Post};

/// Posts each delivery to an endpoint as a [CloudEvent](https://github.com/cloudevents/spec) 1.0 in the binary mode: the
/// body byte for byte as it was signed, and in headers what a service in any language needs to know.
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
/// The service does not see the signature and need not know the secret, so only you may reach it.
#[derive(Clone)]
pub struct CloudEvents {
    http: Http,
    endpoint: Endpoint,
    attributes: Attributes,
}

impl CloudEvents {
    /// Makes what posts to an endpoint. `source` is a URI, `event_of` tells the event of a delivery.
    pub fn new(
        http: Http,
        endpoint: Endpoint,
        source: &str,
        event_of: impl Fn(&Delivery) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        Self { http, endpoint, attributes: Attributes::new(source, Arc::new(event_of)) }
    }
}

impl Post for CloudEvents {
    fn post(&mut self, delivery: &Delivery) -> Outcome {
        let attributes = self.attributes.of(delivery);
        let headers = attributes.each_ref().map(|(name, value)| (*name, value.as_str()));
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
