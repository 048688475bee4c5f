//! What has a delivery signed with a secret of the sender: only for the page's own machine, and only for the one
//! handler and for this process itself. No answer shows what was signed.

use core::time::Duration;

use axum::{
    Json,
    body::Bytes,
    extract::{Path, Query, State},
};
use serde::Deserialize;
use serde_json::{Value, json};
use verify_toolkit::{Delivery, Endpoint, Sender, UnixTime, WireRequest, samples};

use super::{Desk, Trouble};
use crate::{forward::Occasion, keys::SenderKeys, record::now};

/// Longer than the handler has.
const PATIENCE: Duration = Duration::from_secs(30);

impl Desk {
    /// Returns the keys to sign with.
    fn signing_keys(&self, sender: &str) -> Result<&SenderKeys, Trouble> {
        if !self.may_sign {
            return Err(Trouble::SignsNothing);
        }
        self.keys.of(sender).ok_or(Trouble::NoSecret)
    }
}

fn sign(keys: &SenderKeys, delivery: Delivery) -> Result<WireRequest, Trouble> {
    let secret = keys.first().ok_or(Trouble::NoSecret)?;
    let now = UnixTime::from_secs(now() / 1000);
    delivery.sign(secret, now).map_err(|_| Trouble::Failed)
}

/// Whether a header is made anew when a delivery is signed.
fn is_made_anew(sender: &Sender, name: &str) -> bool {
    let own =
        [Some(sender.signature_header()), sender.delivery_id_header(), sender.timestamp_header()];
    let mut all = own.into_iter().flatten().chain(["content-length", "content-type"]);
    all.any(|header| name.eq_ignore_ascii_case(header))
}

/// Hands a verified delivery to the handler with another body, as a delivery of its own: with a new id, the time of
/// now and a signature that fits.
pub(super) async fn replay_edited(
    State(desk): State<Desk>,
    Path(id): Path<u64>,
    body: Bytes,
) -> Result<Json<Value>, Trouble> {
    let (summary, request) = desk.load(id).await?;
    // Nobody gets what a stranger wrote signed by a click.
    if !summary.facts.is_verified() {
        return Err(Trouble::NotVerified);
    }
    let keys = desk.signing_keys(&summary.facts.sender)?;
    let forward = desk.forward.as_ref().ok_or(Trouble::NoHandler)?;
    let sender = keys.sender();
    if body.len() > sender.body_limit() {
        return Err(Trouble::TooLarge(sender.body_limit()));
    }
    let mut edited = sign(keys, Delivery::new(sender, body).with_path(&request.path))?;
    let others = request.headers.into_iter().filter(|(name, _)| !is_made_anew(&sender, name));
    edited.headers.extend(others);
    let (handled, _) = forward.send(&edited, Occasion::Edited).await;
    desk.journal.handled(id, handled.clone()).await;
    Ok(Json(json!({ "handled": handled })))
}

#[derive(Deserialize)]
pub(super) struct Wanted {
    sender: String,
    event: String,
}

/// Delivers the sample of an event, as the sender would.
pub(super) async fn deliver_sample(
    State(desk): State<Desk>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Value>, Trouble> {
    let keys = desk.signing_keys(&wanted.sender)?;
    let sample = samples::find(&wanted.sender, &wanted.event).ok_or(Trouble::NoSample)?;
    let url = desk.url(&keys.sender());
    let endpoint = Endpoint::new(&url).map_err(|_| Trouble::Failed)?;
    let mut delivery = Delivery::new(keys.sender(), sample.body).with_path(endpoint.path());
    if let Some(value) = keys.authorization() {
        delivery = delivery.with_header("authorization", value);
    }
    let answer =
        endpoint.send(&sign(keys, delivery)?, PATIENCE).await.map_err(|_| Trouble::Failed)?;
    Ok(Json(json!({ "status": answer.status })))
}
