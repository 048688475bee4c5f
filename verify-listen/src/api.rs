//! What the page asks for, and scripts may: the README has it as a table.

#[cfg(test)]
mod tests;
mod trouble;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    middleware,
    response::{Html, IntoResponse as _, Response},
    routing::{get, post},
};
use base64ct::{Base64, Encoding as _};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{sync::Semaphore, task::spawn_blocking};
use verify_toolkit::{Capture, UnixTime, WireRequest};

use self::trouble::{Trouble, in_one_form};
use crate::{
    forward::Forward,
    guard::{Guard, guard},
    journal::Journal,
    keys::Keys,
    live, page,
    record::Summary,
    store::Keep,
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
    /// The paths there.
    pub(crate) paths: Vec<String>,
    /// One for each explanation that may be made at a time: it can be much work.
    pub(crate) explaining: Arc<Semaphore>,
}

/// Makes the page's application.
pub(crate) fn router(desk: Desk, rules: Guard) -> Router {
    Router::new()
        .route("/", get(async || Html(page::document())))
        .route("/api/about", get(about))
        .route("/api/deliveries", get(list))
        .route("/api/deliveries/{id}", get(show))
        .route("/api/deliveries/{id}/capture", get(capture))
        .route("/api/deliveries/{id}/explain", post(explain))
        .route("/api/deliveries/{id}/replay", post(replay))
        .route("/api/live", get(async |State(desk): State<Desk>| live::stream(&desk.journal)))
        .route("/api/search", get(search))
        .layer(middleware::from_fn_with_state(rules, guard))
        .layer(middleware::map_response(in_one_form))
        .with_state(desk)
}

impl Desk {
    async fn load(&self, id: u64) -> Result<(Summary, WireRequest), Trouble> {
        self.journal.store().load(id).await?.ok_or(Trouble::Gone)
    }
}

async fn about(State(desk): State<Desk>) -> Json<Value> {
    let forward_to = desk.forward.as_ref().map(Forward::url);
    Json(json!({
        "deliver_to": desk.paths.iter().map(|path| format!("{}{path}", desk.origin)).collect::<Vec<_>>(),
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
    Ok(Json(json!({ "summary": summary, "headers": headers, "body": body, "curl": curl })))
}

/// A value as text; bytes that are none as escapes.
fn readable(value: &[u8]) -> String {
    core::str::from_utf8(value).map_or_else(|_| value.escape_ascii().to_string(), ToOwned::to_owned)
}

fn capture_of(summary: &Summary, request: WireRequest) -> Capture {
    let received_at = UnixTime::from_secs(summary.facts.received_at / 1000);
    Capture::new(&summary.facts.sender, received_at, request)
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
    let capture = capture_of(&summary, request);
    // It tries much, and hashes the body for each. It goes on when the page hangs up.
    let explaining = spawn_blocking(move || {
        let text = desk.keys.explain(&capture);
        drop(turn);
        text
    });
    let text = explaining.await.map_err(|_| Trouble::Failed)?;
    Ok(Json(json!({ "text": text })))
}

async fn replay(State(desk): State<Desk>, Path(id): Path<u64>) -> Result<Json<Value>, Trouble> {
    let (summary, request) = desk.load(id).await?;
    if !summary.facts.is_verified() {
        return Err(Trouble::NotVerified);
    }
    let forward = desk.forward.as_ref().ok_or(Trouble::NoHandler)?;
    let (handled, _) = forward.send(&request, true).await;
    desk.journal.handled(id, handled.clone()).await;
    Ok(Json(json!({ "handled": handled })))
}
