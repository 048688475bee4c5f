//! What the page asks for, and scripts may: the README has it as a table.

mod sign;
#[cfg(test)]
mod tests;
mod trouble;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Path, Query, State},
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    middleware,
    response::{Html, IntoResponse as _, Response},
    routing::{get, post},
};
use base64ct::{Base64, Encoding as _};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{sync::Semaphore, task::spawn_blocking};
use verify_toolkit::{Capture, Sender, UnixTime, WireRequest, samples};

use self::trouble::{Trouble, in_one_form};
use crate::{
    forward::{Forward, Occasion},
    guard::{Guard, guard},
    journal::Journal,
    keys::{Keys, SenderKeys},
    live, page,
    receive::{path, remedy},
    record::Summary,
    signature::compare,
    store::Keep,
    subject::Subject,
    text::{Difference, readable},
};

/// What the page is made from.
#[derive(Clone, Debug)]
pub(crate) struct Desk {
    pub(crate) journal: Journal,
    pub(crate) forward: Option<Forward>,
    pub(crate) keys: Keys,
    pub(crate) keep: Keep,
    /// Where senders deliver to, such as `http://127.0.0.1:8080`.
    pub(crate) origin: String,
    /// Whether the page may have deliveries signed: not if other machines reach it.
    pub(crate) may_sign: bool,
    /// One for each explanation that may be made at a time: it can be much work.
    pub(crate) explaining: Arc<Semaphore>,
}

/// Makes the page's application.
pub(crate) fn router(desk: Desk, rules: Guard) -> Router {
    Router::new()
        .route("/", get(async || Html(page::document())))
        .route("/api/about", get(about))
        .route("/api/deliveries", get(list).delete(clear))
        .route("/api/deliveries/{id}", get(show))
        .route("/api/deliveries/{id}/capture", get(capture))
        .route("/api/deliveries/{id}/explain", post(explain))
        .route("/api/deliveries/{id}/judge", post(judge))
        .route("/api/deliveries/{id}/replay", post(replay))
        .route("/api/deliveries/{id}/replay-edited", post(sign::replay_edited))
        .route("/api/live", get(async |State(desk): State<Desk>| live::stream(&desk.journal)))
        .route("/api/search", get(search))
        .route("/api/test", post(sign::deliver_sample))
        // The largest body that any sender may send; `replay_edited` knows that of each.
        .layer(DefaultBodyLimit::max(Sender::ALL.iter().map(Sender::body_limit).max().unwrap_or(0)))
        .layer(middleware::from_fn_with_state(rules, guard))
        .layer(middleware::map_response(in_one_form))
        .with_state(desk)
}

impl Desk {
    fn senders(&self) -> impl Iterator<Item = Sender> {
        self.keys.iter().map(SenderKeys::sender)
    }

    /// Where a sender delivers to.
    fn url(&self, sender: &Sender) -> String {
        format!("{}{}", self.origin, path(sender))
    }

    async fn load(&self, id: u64) -> Result<(Summary, WireRequest), Trouble> {
        self.journal.store().load(id).await?.ok_or(Trouble::Gone)
    }
}

async fn about(State(desk): State<Desk>) -> Json<Value> {
    let forward_to = desk.forward.as_ref().map(Forward::url);
    Json(json!({
        "deliver_to": desk.senders().map(|sender| desk.url(&sender)).collect::<Vec<_>>(),
        "events": desk.senders().map(|sender| json!({
            "sender": sender.name(),
            "names": samples::of(sender.name()).map(|sample| sample.event).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "may_sign": desk.may_sign,
        "forward_to": forward_to,
        "keep": desk.keep.deliveries,
    }))
}

async fn list(State(desk): State<Desk>) -> Result<Json<Value>, Trouble> {
    Ok(Json(json!({ "deliveries": desk.journal.store().list().await? })))
}

#[derive(Deserialize)]
struct Wanted {
    text: String,
}

async fn search(
    State(desk): State<Desk>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Value>, Trouble> {
    Ok(Json(json!({ "ids": desk.journal.store().search(wanted.text).await? })))
}

async fn show(State(desk): State<Desk>, Path(id): Path<u64>) -> Result<Json<Value>, Trouble> {
    let (summary, request) = desk.load(id).await?;
    let headers: Vec<_> =
        request.headers.iter().map(|(name, value)| [name.clone(), readable(value)]).collect();
    let body = match core::str::from_utf8(&request.body) {
        Ok(text) => json!({ "text": text }),
        Err(_) => json!({ "base64": Base64::encode_string(&request.body) }),
    };
    let curl = request.to_curl(&desk.origin);
    let (keys, received_at) = (desk.keys.clone(), received_at(&summary));
    let sender = summary.facts.sender.clone();
    // It hashes the body once for each secret.
    let comparing =
        spawn_blocking(move || keys.of(&sender).map(|keys| compare(keys, &request, received_at)));
    let signature = comparing.await.map_err(|_| Trouble::Failed)?;
    Ok(Json(json!({
        "summary": summary, "headers": headers, "body": body, "curl": curl, "signature": signature,
    })))
}

fn received_at(summary: &Summary) -> UnixTime {
    UnixTime::from_secs(summary.facts.received_at / 1000)
}

fn capture_of(summary: &Summary, request: WireRequest) -> Capture {
    Capture::new(&summary.facts.sender, received_at(summary), request)
}

/// The delivery as a file for `verify check` and `verify explain`.
async fn capture(State(desk): State<Desk>, Path(id): Path<u64>) -> Result<Response, Trouble> {
    let (summary, request) = desk.load(id).await?;
    let name = format!("attachment; filename=\"{}-{id}.json\"", summary.facts.sender);
    let headers = [(CONTENT_TYPE, "application/json".to_owned()), (CONTENT_DISPOSITION, name)];
    Ok((headers, capture_of(&summary, request).to_json()).into_response())
}

async fn explain(State(desk): State<Desk>, Path(id): Path<u64>) -> Result<Json<Value>, Trouble> {
    let turn = Arc::clone(&desk.explaining).try_acquire_owned().map_err(|_| Trouble::Busy)?;
    let (summary, request) = desk.load(id).await?;
    if let Some(remedy) = remedy(&summary.facts.verdict) {
        let text = format!("refused: {}\n{remedy}", summary.facts.subject);
        return Ok(Json(json!({ "text": text, "difference": null })));
    }
    let capture = capture_of(&summary, request);
    // It tries much, and hashes the body for each. It goes on when the page hangs up.
    let explaining = spawn_blocking(move || {
        let explanation = desk.keys.explain(&capture);
        drop(turn);
        let signed = explanation.signed_body();
        let difference = signed.and_then(|signed| Difference::find(&capture.request.body, signed));
        json!({ "text": explanation.to_string(), "difference": difference })
    });
    Ok(Json(explaining.await.map_err(|_| Trouble::Failed)?))
}

/// Judges a refused delivery with the secrets that there are now, by the clock that it came by.
async fn judge(State(desk): State<Desk>, Path(id): Path<u64>) -> Result<Json<Value>, Trouble> {
    let (summary, request) = desk.load(id).await?;
    if summary.facts.is_verified() {
        return Ok(Json(json!({ "summary": summary })));
    }
    // No secret makes it genuine.
    if remedy(&summary.facts.verdict).is_some() {
        return Err(Trouble::StillRefused(summary.facts.subject));
    }
    let keys = desk.keys.of(&summary.facts.sender);
    let keys = keys.ok_or_else(|| Trouble::StillRefused("its sender has no secret".to_owned()))?;
    let verifier = keys.verifier().map_err(|_| Trouble::Failed)?;
    let verified = verifier.verify(received_at(&summary), &request.headers, &request.body);
    let verified = verified.map_err(|error| Trouble::StillRefused(error.to_string()))?;
    let (verdict, subject) = (verified.receipt().into(), Subject::of(&verified));
    let summary = desk.journal.judged(id, verdict, subject).await?.ok_or(Trouble::Gone)?;
    Ok(Json(json!({ "summary": summary })))
}

/// Keeps nothing of what came so far.
async fn clear(State(desk): State<Desk>) -> Result<Json<Value>, Trouble> {
    desk.journal.clear().await?;
    Ok(Json(json!({})))
}

async fn replay(State(desk): State<Desk>, Path(id): Path<u64>) -> Result<Json<Value>, Trouble> {
    let (summary, request) = desk.load(id).await?;
    if !summary.facts.is_verified() {
        return Err(Trouble::NotVerified);
    }
    let forward = desk.forward.as_ref().ok_or(Trouble::NoHandler)?;
    let (handled, _) = forward.send(&request, Occasion::Replay).await;
    desk.journal.handled(id, handled.clone()).await;
    Ok(Json(json!({ "handled": handled })))
}
