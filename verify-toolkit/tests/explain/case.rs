//! A delivery with a fault, and what its receiver believes.

use core::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use verify_toolkit::{
    Delivery, Sender, UnixTime, WireRequest,
    explain::{Cause, Certainty, Explainer, Explanation},
};

pub(crate) const NOW: UnixTime = UnixTime::from_secs(1_795_290_782);
pub(crate) const ID: &str = "d4c0f1ef-4d9b-47fc-9270-730c0966f8ba";
pub(crate) const SECRET: &str = "Kx9-shared-Tz4";
pub(crate) const TOKEN: &str = "token-Qw7";
pub(crate) const BODY: &str = r#"{"event":"REGISTERED_MODEL_CREATED","model_name":"m"}"#;

/// One fault, and the causes that are to be found: these and no others.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) causes: Vec<Cause>,
    pub(crate) certainty: Certainty,
    pub(crate) request: WireRequest,
    pub(crate) now: Option<UnixTime>,
    pub(crate) sender: Option<Sender>,
    pub(crate) secrets: Vec<Vec<u8>>,
    pub(crate) previous: Vec<Vec<u8>>,
    pub(crate) bearer: Option<Vec<u8>>,
    pub(crate) body_limit: Option<usize>,
    pub(crate) tolerance: Option<Duration>,
}

impl Case {
    /// A request that its receiver checks with [`SECRET`], as of the sender whose header it has.
    pub(crate) fn new(cause: Cause, request: WireRequest) -> Self {
        Self {
            causes: vec![cause],
            certainty: Certainty::Proved,
            request,
            now: Some(NOW),
            sender: None,
            secrets: vec![SECRET.into()],
            previous: Vec::new(),
            bearer: None,
            body_limit: None,
            tolerance: None,
        }
    }

    pub(crate) fn and(mut self, cause: Cause) -> Self {
        self.causes.push(cause);
        self
    }

    pub(crate) fn of(mut self, sender: Sender) -> Self {
        self.sender = Some(sender);
        self
    }

    pub(crate) fn secret(mut self, secret: impl AsRef<[u8]>) -> Self {
        self.secrets = vec![secret.as_ref().to_vec()];
        self
    }

    pub(crate) fn bearer(mut self, token: impl AsRef<[u8]>) -> Self {
        self.bearer = Some(token.as_ref().to_vec());
        self
    }

    pub(crate) fn observed(mut self) -> Self {
        self.certainty = Certainty::Observed;
        self
    }

    pub(crate) fn explainer(&self) -> Explainer<'_> {
        let mut explainer = Explainer::new(&self.request, self.now);
        if let Some(sender) = self.sender {
            explainer = explainer.sender(sender);
        }
        for (number, secret) in self.secrets.iter().enumerate() {
            explainer = explainer.secret(format!("current-{number}"), secret);
        }
        for secret in &self.previous {
            explainer = explainer.previous_secret("previous", secret);
        }
        if let Some(token) = &self.bearer {
            explainer = explainer.bearer(token);
        }
        if let Some(bytes) = self.body_limit {
            explainer = explainer.body_limit(bytes);
        }
        if let Some(tolerance) = self.tolerance {
            explainer = explainer.tolerance(tolerance);
        }
        explainer
    }

    pub(crate) fn explain(&self) -> Explanation {
        self.explainer().explain()
    }
}

/// A genuine delivery of Databricks.
pub(crate) fn databricks(body: impl Into<Vec<u8>>) -> WireRequest {
    Delivery::databricks(body).sign(SECRET, NOW).unwrap()
}

/// A genuine delivery of MLflow.
pub(crate) fn mlflow(body: impl Into<Vec<u8>>) -> WireRequest {
    Delivery::mlflow(body).with_delivery_id(ID).sign(SECRET, NOW).unwrap()
}

/// A genuine delivery of Weights & Biases.
pub(crate) fn wandb(body: impl Into<Vec<u8>>) -> WireRequest {
    Delivery::wandb(body).sign(SECRET, NOW).unwrap()
}

/// The same request with other bytes where a header's value was.
pub(crate) fn with(mut request: WireRequest, name: &str, value: impl AsRef<[u8]>) -> WireRequest {
    for header in request.headers.iter_mut().filter(|header| header.0.eq_ignore_ascii_case(name)) {
        header.1 = value.as_ref().to_vec();
    }
    request
}

/// The same request with a header more.
pub(crate) fn plus(mut request: WireRequest, name: &str, value: impl AsRef<[u8]>) -> WireRequest {
    request.headers.push((name.to_owned(), value.as_ref().to_vec()));
    request
}

/// The same request without a header.
pub(crate) fn minus(mut request: WireRequest, name: &str) -> WireRequest {
    request.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
    request
}

/// The same request with a header under another name.
pub(crate) fn renamed(mut request: WireRequest, name: &str, to: &str) -> WireRequest {
    for header in request.headers.iter_mut().filter(|header| header.0.eq_ignore_ascii_case(name)) {
        header.0 = to.to_owned();
    }
    request
}

/// What a header says.
pub(crate) fn value(request: &WireRequest, name: &str) -> String {
    String::from_utf8(request.header(name).next().unwrap().to_vec()).unwrap()
}

pub(crate) fn hmac(key: impl AsRef<[u8]>, text: impl AsRef<[u8]>) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_ref()).unwrap();
    mac.update(text.as_ref());
    mac.finalize().into_bytes().to_vec()
}
