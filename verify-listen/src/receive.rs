//! The routes that deliveries come to.

use core::time::Duration;
use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{FromRequestParts as _, Request},
    http::{Method, StatusCode, header, request::Parts},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    routing::any,
};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use tokio::{sync::Semaphore, time::timeout};
use verify_axum::{
    Delivery, Refusal, Reported, RetryAfter, Sender, Verified, Verifier, VerifyLayer, try_again,
};
use verify_toolkit::WireRequest;

use crate::{
    forward::{Forward, Occasion, has_come_back},
    journal::Journal,
    record::{Facts, Verdict, now},
    subject::Subject,
};

const UNKNOWN_PATH: &str = "unknown_path";
const WITHOUT_SECRET: &str = "sender_without_secret";
const WRONG_METHOD: &str = "wrong_method";

/// The codes of what is refused before its signature is looked at, and what to do about each.
const STRAYS: [(&str, &str); 3] = [
    (
        UNKNOWN_PATH,
        "Give the sender a URL that ends in `/webhooks/` and the sender's name, such as `/webhooks/mlflow`.",
    ),
    (
        WITHOUT_SECRET,
        "Set the variable `<SENDER>_WEBHOOK_SECRET`, such as `MLFLOW_WEBHOOK_SECRET`, to the secret that this sender has, \
         and start `verify listen` again.",
    ),
    (
        WRONG_METHOD,
        "A browser or a health check asks by GET. A sender that follows a redirect (301, 302, 303) does so as well: give \
         the sender the URL that it is redirected to.",
    ),
];

/// Records what comes, and hands on what was verified.
#[derive(Clone, Debug)]
pub(crate) struct Receiver {
    journal: Journal,
    forward: Option<Forward>,
    /// One for each refused body that is being read: it is held in memory by nobody's leave.
    reading: Arc<Semaphore>,
    /// One for each that broke off and is not written yet: its connection is free already.
    broken: Arc<Semaphore>,
}

/// How long the rest of a body may take that was refused before it was read.
const REST: Duration = Duration::from_secs(5);
/// As many refused bodies are read at a time; of others only the head is kept.
const READING: usize = 16;
/// Most bytes that are kept of a body that is no sender's here.
const STRAY: usize = 64 * 1024;
/// As many that broke off wait to be written; of more only the refusal is logged.
const BROKEN: usize = 64;

/// The path that deliveries of a sender come to.
pub(crate) fn path(sender: &Sender) -> String {
    format!("/webhooks/{}", sender.name())
}

/// One route for each verifier, guarded by it.
pub(crate) fn router(
    journal: &Journal,
    forward: Option<Forward>,
    verifiers: Vec<Verifier>,
) -> Router {
    let [reading, broken] = [READING, BROKEN].map(|most| Arc::new(Semaphore::new(most)));
    let receiver = Receiver { journal: journal.clone(), forward, reading, broken };
    let mut app = Router::new();
    for verifier in verifiers {
        let (sender, limit) = (*verifier.sender(), verifier.body_limit());
        let path = path(&sender);
        let broken = receiver.clone();
        // Refused ones have to come through to be recorded. They go no further than that: what is
        // forwarded is a `Verified`.
        let guard =
            VerifyLayer::new(verifier).dangerous_report_only().on_refusal(move |refusal, head| {
                if *refusal == Refusal::BodyBroken {
                    broken.clone().record_broken(sender, head);
                }
            });
        let receiver = receiver.clone();
        let on_delivery = move |request| receiver.clone().take(sender, limit, request);
        app = app.route(&path, any(on_delivery).layer(guard));
    }
    app.fallback(async move |request: Request| receiver.stray(request).await)
        .layer(middleware::from_fn(break_loop))
}

/// Neither records nor forwards what comes back: it would come again without end, and take the place
/// of all that is kept.
async fn break_loop(request: Request, next: Next) -> Response {
    if has_come_back(request.headers()) {
        return StatusCode::LOOP_DETECTED.into_response();
    }
    next.run(request).await
}

impl Receiver {
    /// Goes on when the sender hangs up: what was begun is recorded.
    async fn take(self, sender: Sender, limit: usize, request: Request) -> Response {
        let taking = tokio::spawn(async move {
            let (mut head, body) = request.into_parts();
            match Delivery::from_request_parts(&mut head, &()).await {
                Ok(Delivery(verified)) => self.verified(sender, &head, verified).await,
                Err(answer) => {
                    if let Some(Reported { refusal, .. }) = head.extensions.get().copied() {
                        self.refused(sender, limit, &head, body, refusal).await;
                    }
                    answer.into_response()
                }
            }
        });
        taking.await.unwrap_or_else(|_| {
            let wait = RetryAfter::AGE_UNKNOWN.as_str();
            (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, wait)]).into_response()
        })
    }

    async fn verified(&self, sender: Sender, head: &Parts, verified: Verified<Bytes>) -> Response {
        // As a receiver would whose route takes POST only.
        if head.method != Method::POST {
            let request = wire_request(head, verified.body());
            let (verdict, subject) = wrong_method(&head.method, StatusCode::METHOD_NOT_ALLOWED);
            let facts = Facts { subject, ..facts(sender.name(), &request, verdict) };
            let _ = self.journal.append(facts, &request).await;
            return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "POST")]).into_response();
        }
        let request = wire_request(head, verified.body());
        let Subject { event, words } = Subject::of(&verified);
        let facts = Facts {
            event,
            subject: words,
            ..facts(sender.name(), &request, verified.receipt().into())
        };
        // What is not on the disk is not accepted, and so the sender sends it again.
        let Ok(id) = self.journal.append(facts, &request).await else {
            return try_again(verified.receipt());
        };
        let Some(forward) = &self.forward else { return StatusCode::NO_CONTENT.into_response() };
        let (handled, answer) = forward.send(&request, Occasion::Delivery).await;
        self.journal.handled(id, handled).await;
        answer.map_or_else(|| try_again(verified.receipt()), |answer| answer.map(Body::from))
    }

    async fn refused(
        &self,
        sender: Sender,
        limit: usize,
        head: &Parts,
        body: Body,
        refusal: Refusal,
    ) {
        let patience = match refusal {
            // No more time and no more room: what has come by now.
            Refusal::BudgetSpent(_) | Refusal::DeadlinePassed => Duration::ZERO,
            _ => REST,
        };
        // Until it is written.
        let reading = self.reading.try_acquire();
        let (body, is_cut_off) = match reading {
            Ok(_) => read(body, limit, patience).await,
            Err(_) => (Bytes::new(), true),
        };
        let request = wire_request(head, &body);
        let claimed = Subject::claimed(&sender, &body);
        let (event, claim) = claimed.map(|claimed| (claimed.event, claimed.words)).unzip();
        let (verdict, subject) = match head.method {
            Method::POST => (refusal.into(), refusal.to_string()),
            _ => wrong_method(&head.method, refusal.answer().status),
        };
        let (event, name) = (event.flatten(), sender.name());
        let facts = Facts { event, claim, subject, is_cut_off, ..facts(name, &request, verdict) };
        // The answer is no, on the disk or not; and the journal has told of its trouble.
        let _ = self.journal.append(facts, &request).await;
    }

    /// A request that is no sender's here. It goes on if whoever sent it hangs up, as a delivery does.
    async fn stray(self, request: Request) -> Response {
        let taking = tokio::spawn(async move {
            let (head, body) = request.into_parts();
            let reading = self.reading.try_acquire();
            let (body, is_cut_off) = match reading {
                Ok(_) => read(body, STRAY, REST).await,
                Err(_) => (Bytes::new(), true),
            };
            let request = wire_request(&head, &body);
            let is_path = |sender: &&Sender| path(sender) == head.uri.path();
            let is_signed = |sender: &&Sender| head.headers.contains_key(sender.signature_header());
            let of_path = Sender::ALL.iter().find(is_path);
            let (code, subject) = match of_path {
                Some(sender) => (
                    WITHOUT_SECRET,
                    format!("no secret is set for {}, so nothing of it is verified", sender.name()),
                ),
                None => {
                    let start: String = head.uri.path().chars().take(Facts::METHOD * 4).collect();
                    let more = if start.len() < head.uri.path().len() { ".." } else { "" };
                    (UNKNOWN_PATH, format!("no sender delivers to this path: {start}{more}"))
                }
            };
            let sender = of_path.or_else(|| Sender::ALL.iter().find(is_signed));
            let sender = sender.map_or("unknown", |sender| sender.name());
            let verdict = refused(code, StatusCode::NOT_FOUND.as_u16());
            let facts = Facts { subject, is_cut_off, ..facts(sender, &request, verdict) };
            let _ = self.journal.append(facts, &request).await;
        });
        let _ = taking.await;
        StatusCode::NOT_FOUND.into_response()
    }

    /// Such a request does not come through: what follows in its body is missing.
    fn record_broken(self, sender: Sender, head: &Parts) {
        let Ok(place) = Arc::clone(&self.broken).try_acquire_owned() else { return };
        let request = wire_request(head, &[]);
        let facts = Facts {
            subject: Refusal::BodyBroken.to_string(),
            is_cut_off: true,
            ..facts(sender.name(), &request, Refusal::BodyBroken.into())
        };
        tokio::spawn(async move {
            let _ = self.journal.append(facts, &request).await;
            drop(place);
        });
    }
}

fn wire_request(head: &Parts, body: &[u8]) -> WireRequest {
    let headers = head.headers.iter();
    WireRequest {
        method: head.method.to_string(),
        path: head.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
        headers: headers
            .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
            .collect(),
        body: body.to_vec(),
    }
}

/// Senders deliver by POST.
fn wrong_method(method: &Method, status: impl Into<u16>) -> (Verdict, String) {
    let shown: String = method.as_str().chars().take(Facts::METHOD).collect();
    let subject = format!("method is {shown}, and senders deliver by POST");
    (refused(WRONG_METHOD, status.into()), subject)
}

/// What to do about a request that was refused before its signature was looked at.
pub(crate) fn remedy(verdict: &Verdict) -> Option<&'static str> {
    let Verdict::Refused { code, .. } = verdict else { return None };
    STRAYS.iter().find(|(stray, _)| stray == code).map(|(_, remedy)| *remedy)
}

fn refused(code: &str, status: u16) -> Verdict {
    Verdict::Refused { code: code.to_owned(), status }
}

fn facts(sender: &str, request: &WireRequest, verdict: Verdict) -> Facts {
    Facts {
        received_at: now(),
        sender: sender.to_owned(),
        method: request.method.chars().take(Facts::METHOD).collect(),
        path: request.path.chars().take(Facts::PATH).collect(),
        subject: String::new(),
        event: None,
        claim: None,
        verdict,
        is_judged_again: false,
        body_len: request.body.len(),
        is_cut_off: false,
        handled: Vec::new(),
    }
}

/// Reads what there is of a refused body, and says whether that is not all of it.
async fn read(mut body: Body, limit: usize, patience: Duration) -> (Bytes, bool) {
    let mut read = BytesMut::new();
    let reading = async {
        while let Some(frame) = body.frame().await {
            let Ok(Ok(data)) = frame.map(|frame| frame.into_data()) else { return true };
            let room = limit - read.len();
            read.extend_from_slice(data.get(..room).unwrap_or(&data));
            if data.len() > room {
                return true;
            }
        }
        false
    };
    let is_cut_off = timeout(patience, reading).await.unwrap_or(true);
    (read.freeze(), is_cut_off)
}
