//! What the receiver recorded: a file, or the page of a `verify listen`.

use bytes::Bytes;
use http::Method;
use serde_json::Value;
use verify_toolkit::{Capture, explain::Explainer};

use super::{Examination, Fault, Report};
use crate::{
    Tested,
    wire::{Ask, Wire},
};

pub(super) async fn look(
    report: &mut Report,
    asked: &Examination<'_>,
    wire: &Wire,
    tested: Option<&Tested>,
) {
    if let Some(capture) = asked.capture {
        explain(report, asked, capture);
    }
    if asked.listen.is_none() {
        return;
    }
    match newest(asked, wire).await {
        Err(()) => report.find(Fault::ListenUnreachable, ""),
        Ok(None) => report.find(Fault::NotArrived, ""),
        // What arrived before was another one.
        Ok(Some(capture)) if tested.is_some_and(|tested| tested.error.is_none()) => {
            explain(report, asked, &capture);
        }
        Ok(Some(_)) => {}
    }
}

fn explain(report: &mut Report, asked: &Examination<'_>, capture: &Capture) {
    let sender = asked.registry.sender();
    let has = |(name, _): &(String, Vec<u8>)| name.eq_ignore_ascii_case(sender.signature_header());
    if !capture.request.headers.iter().any(has) {
        report.find(Fault::SecretMissing, "");
        return;
    }
    let Some(secret) = asked.secret else { return };
    let mut explainer = Explainer::new(&capture.request, capture.received_at)
        .sender(sender)
        .secret("given", secret.dangerous_expose());
    if let Some(authorization) = asked.authorization {
        explainer = explainer.authorization(authorization.dangerous_expose().as_bytes());
    }
    let explanation = explainer.explain();
    if explanation.verdict().is_ok() {
        report.good("the recorded delivery verifies with the secret given");
        return;
    }
    let causes: Vec<_> = explanation.causes().map(|cause| cause.name()).collect();
    let detail = match causes.is_empty() {
        true => "the secret is another one, or the body was changed".to_owned(),
        false => causes.join(", "),
    };
    report.find(Fault::CaptureRefused, detail);
}

/// The delivery that came last. `Err`: there is no such page.
async fn newest(asked: &Examination<'_>, wire: &Wire) -> Result<Option<Capture>, ()> {
    let page = asked.listen.as_ref().ok_or(())?;
    let get = async |path: String| {
        let ask = Ask { method: Method::GET, path, headers: Vec::new(), body: Bytes::new() };
        let answer = wire.ask(page, &ask).await.map_err(|_| ())?;
        if answer.status == 200 { Ok(answer.body) } else { Err(()) }
    };
    let list: Value =
        serde_json::from_slice(&get("/api/deliveries".to_owned()).await?).map_err(|_| ())?;
    let all = list.get("deliveries").and_then(Value::as_array).ok_or(())?;
    let ids = all.iter().filter_map(|delivery| delivery.get("id")?.as_u64());
    let Some(id) = ids.max() else { return Ok(None) };
    let capture = get(format!("/api/deliveries/{id}/capture")).await?;
    Capture::from_json(&capture).map(Some).map_err(|_| ())
}
