//! Calls of a service: who asks, what is asked again and when, and what an answer means.

use core::time::Duration;
use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use bytes::Bytes;
use http::{
    HeaderName, HeaderValue, Method,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, USER_AGENT},
};
use serde_json::{Map, Value};
use tokio::time::sleep;

use crate::{
    Confidential, Credential, Error, ServerUrl, Stage, Webhook,
    answer::{not_the_service, object, refusal, text_of},
    body::Body,
    credential::{Identity, is_denied, unanswered},
    webhook::page,
    wire::{Answer, Ask, Certificates, Limits, Wire},
};

/// More pages are a service that goes round in circles.
const PAGES: usize = 1000;

/// How often and how long is tried again.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Patience {
    /// How many times a call is made at most.
    pub tries: u32,
    /// How long is waited before the second try. Each wait is twice the one before.
    pub first_wait: Duration,
    /// The longest wait. A service that asks for a longer one is taken to be busy.
    pub longest_wait: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            tries: 4,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(60),
        }
    }
}

/// Whether a call may be made again if it is not known whether it was done.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Again {
    /// Twice is the same as once.
    Freely,
    /// Only if it is sure that it was not done.
    IfUndone,
}

/// One call.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    /// With the query.
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
    pub(crate) again: Again,
    /// What is confidential in the body.
    pub(crate) hidden: Vec<Confidential>,
}

impl Call {
    pub(crate) fn get(path: String) -> Self {
        Self { method: Method::GET, path, body: None, again: Again::Freely, hidden: Vec::new() }
    }

    pub(crate) fn with(method: Method, path: String, body: Body, again: Again) -> Self {
        let (body, hidden) = body.into_parts();
        Self { method, path, body: Some(body), again, hidden }
    }

    /// The call in one line, for people. What is confidential has gone by the names of the fields.
    fn line(&self, server: &ServerUrl) -> String {
        let Self { method, path, body, .. } = self;
        let path = server.path(path);
        let scheme = if server.is_tls { "https" } else { "http" };
        let body = body.as_ref().map(|body| format!(" {}", shown(body))).unwrap_or_default();
        format!("{method} {scheme}://{}{path}{body}", server.authority)
    }
}

/// A body without what is confidential, and without passwords in URLs.
fn shown(body: &Value) -> Value {
    let field = |(name, value): (&String, &Value)| {
        let value = match (name.as_str(), value) {
            ("secret" | "authorization" | "access_token", Value::String(text))
                if !text.is_empty() =>
            {
                "[redacted]".into()
            }
            ("url" | "workspace_url", Value::String(url)) => crate::without_password(url).into(),
            (_, Value::Object(_)) => shown(value),
            _ => value.clone(),
        };
        (name.clone(), value)
    };
    match body {
        Value::Object(fields) => Value::Object(fields.iter().map(field).collect()),
        other => other.clone(),
    }
}

#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) server: ServerUrl,
    identity: Identity,
    headers: Vec<(HeaderName, HeaderValue)>,
    wire: Wire,
    pub(crate) patience: Patience,
    /// The calls that change something, in one line each.
    done: Mutex<Vec<String>>,
}

impl Caller {
    pub(crate) fn new(
        server: ServerUrl,
        credential: Credential,
        mut headers: Vec<(HeaderName, HeaderValue)>,
        certificates: &Certificates,
        limits: Limits,
    ) -> Option<Self> {
        let agent = format!(
            "verify/{} rust os/{} auth/{}",
            env!("CARGO_PKG_VERSION"),
            std::env::consts::OS,
            credential.name()
        );
        headers.push((USER_AGENT, HeaderValue::from_str(&agent).ok()?));
        headers.push((ACCEPT, HeaderValue::from_static("application/json")));
        Some(Self {
            server,
            identity: Identity::new(credential),
            headers,
            wire: Wire::new(certificates, limits)?,
            patience: Patience::default(),
            done: Mutex::default(),
        })
    }

    pub(crate) fn set_limits(&mut self, limits: Limits) {
        self.wire.limits = limits;
    }

    pub(crate) fn host(&self) -> String {
        self.server.to_string()
    }

    /// The calls that were made and may have changed something.
    pub(crate) fn done(&self) -> Vec<String> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes a call, and reads the object that is the answer.
    pub(crate) async fn call(&self, call: Call) -> Result<Map<String, Value>, Error> {
        if call.method != Method::GET {
            let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
            done.push(call.line(&self.server));
        }
        let (answer, hidden) = self.answer(&call).await?;
        let hidden: Vec<_> = hidden.iter().map(Confidential::dangerous_expose).collect();
        let host = self.host();
        match answer.status {
            200..=299 => object(&answer, &host, &hidden),
            300..=399 => Err(not_the_service(&answer, &host, &hidden)),
            401 | 403 => Err(Error::Denied { host, refusal: refusal(&answer, &hidden) }),
            status @ (429 | 503) => Err(Error::Busy { host, status, wait: asked_wait(&answer) }),
            _ => Err(Error::Refused { host, refusal: refusal(&answer, &hidden) }),
        }
    }

    /// Reads the webhooks of all pages; `path` is that of the page with a token. What is made meanwhile may
    /// shift the pages: each webhook is told once.
    pub(crate) async fn all(
        &self,
        path: impl Fn(&str) -> String,
        read: impl Fn(&Map<String, Value>) -> Result<Webhook, Error>,
    ) -> Result<Vec<Webhook>, Error> {
        let (mut webhooks, mut ids) = (Vec::new(), BTreeSet::new());
        let mut token = String::new();
        for _ in 0..PAGES {
            let mut answer = self.call(Call::get(path(&token))).await?;
            for webhook in page(&mut answer) {
                let webhook = read(&webhook)?;
                if ids.insert(webhook.id.clone()) {
                    webhooks.push(webhook);
                }
            }
            match text_of(&answer, "next_page_token") {
                Some(next) if !next.is_empty() && next != token => token = next,
                _ => break,
            }
        }
        Ok(webhooks)
    }

    async fn answer(&self, call: &Call) -> Result<(Answer, Vec<Confidential>), Error> {
        let mut headers = self.headers.clone();
        if call.body.is_some() {
            headers.push((CONTENT_TYPE, HeaderValue::from_static("application/json")));
        }
        let body = call.body.as_ref().map_or_else(Bytes::new, |body| body.to_string().into());
        let mut wait = self.patience.first_wait;
        let mut is_granted_anew = false;
        let mut tried = 0_u32;
        loop {
            tried = tried.saturating_add(1);
            let may_try = tried < self.patience.tries;
            let mut headers = headers.clone();
            let mut hidden = call.hidden.clone();
            if let Some((value, own)) = self.identity.header(&self.server, &self.wire).await? {
                headers.push((AUTHORIZATION, value));
                hidden.extend(own);
            }
            let ask = Ask {
                method: call.method.clone(),
                path: call.path.clone(),
                headers,
                body: body.clone(),
            };
            let pause = match self.wire.ask(&self.server, &ask).await {
                Ok(answer) if matches!(answer.status, 429 | 503) && may_try => {
                    match asked_wait(&answer) {
                        Some(asked) if asked > self.patience.longest_wait => {
                            return Ok((answer, hidden));
                        }
                        asked => asked.unwrap_or(wait),
                    }
                }
                Ok(answer)
                    if matches!(answer.status, 408 | 502 | 504)
                        && may_try
                        && call.again == Again::Freely =>
                {
                    wait
                }
                // A token of OAuth may have been revoked, or the clock may be wrong.
                Ok(answer) if is_denied(&answer) && !is_granted_anew => {
                    is_granted_anew = true;
                    if !self.identity.forget().await {
                        return Ok((answer, hidden));
                    }
                    Duration::ZERO
                }
                Ok(answer) => return Ok((answer, hidden)),
                Err(failure)
                    if may_try
                        && failure.may_pass()
                        && (call.again == Again::Freely || failure.stage == Stage::Connecting) =>
                {
                    wait
                }
                Err(failure) => return Err(unanswered(&self.host(), failure, &self.wire)),
            };
            // Those who were sent away together must not come back together.
            let jitter = pause.mul_f64(fastrand::f64() / 4.0);
            sleep(pause.saturating_add(jitter)).await;
            wait = wait.saturating_mul(2).min(self.patience.longest_wait);
        }
    }
}

/// How long an answer asks to wait: seconds, or a date.
fn asked_wait(answer: &Answer) -> Option<Duration> {
    let text = answer.header(RETRY_AFTER)?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}
