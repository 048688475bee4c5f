//! `registry-webhooks/...`

use http::{HeaderValue, Uri};
use serde_json::{Value, json};
use uuid::Uuid;
use verify_core::Secret;

use super::{Done, page::page};
use crate::emulator::{
    error::{ApiError, Code},
    event::{Details, Event, Status},
    params::Params,
    registry::{Hidden, HttpSpec, Outgoing, Registry, Spec, Webhook},
};

pub(super) fn create(registry: &mut Registry, params: &Params, now: u64) -> Result<Done, ApiError> {
    let model_name = params.owned("model_name")?.filter(|name| !name.is_empty());
    if let Some(name) = &model_name {
        registry.model(name)?;
    }
    let events = events(params)?
        .ok_or_else(|| ApiError::parameter("missing value for parameter `events`"))?;
    check_events(&events, model_name.as_deref())?;
    let spec = spec(params)?.ok_or_else(exactly_one)?;
    let webhook = Webhook {
        serial: registry.next(),
        id: Uuid::new_v4().simple().to_string(),
        model_name,
        events,
        description: params.owned("description")?.filter(|text| !text.is_empty()),
        status: status(params)?.unwrap_or(Status::Active),
        created: now,
        updated: now,
        spec,
    };
    let answer = wrapped(&webhook);
    registry.webhooks.push(webhook);
    registry.check_room()?;
    Ok(Done::quietly(answer))
}

pub(super) fn list(registry: &Registry, params: &Params) -> Result<Value, ApiError> {
    let model_name = params.text("model_name")?;
    let events = events(params)?;
    let is_wanted = |webhook: &&Webhook| {
        let is_of_model = model_name.is_none_or(|name| webhook.model_name.as_deref() == Some(name));
        let has_event = |events: &Vec<Event>| webhook.events.iter().any(|e| events.contains(e));
        is_of_model && events.as_ref().is_none_or(has_event)
    };
    let wanted = registry.webhooks.iter().filter(is_wanted);
    page("webhooks", wanted.map(|webhook| (webhook.serial, webhook.to_json())), params)
}

/// What is given replaces what was there: a specification as a whole.
pub(super) fn update(registry: &mut Registry, params: &Params, now: u64) -> Result<Done, ApiError> {
    let webhook = registry.webhook_mut(params.required("id")?)?;
    if let Some(events) = events(params)? {
        check_events(&events, webhook.model_name.as_deref())?;
        webhook.events = events;
    }
    if let Some(description) = params.owned("description")? {
        webhook.description = Some(description).filter(|text| !text.is_empty());
    }
    if let Some(status) = status(params)? {
        webhook.status = status;
    }
    if let Some(spec) = spec(params)? {
        if core::mem::discriminant(&spec) != core::mem::discriminant(&webhook.spec) {
            let message =
                "a webhook stays one for a URL or one for a job: delete it and make another";
            return Err(ApiError::parameter(message));
        }
        webhook.spec = spec;
    }
    webhook.updated = now;
    Ok(Done::quietly(wrapped(webhook)))
}

pub(super) fn delete(registry: &mut Registry, params: &Params, _: u64) -> Result<Done, ApiError> {
    let id = params.required("id")?;
    registry.webhook(id)?;
    registry.webhooks.retain(|webhook| webhook.id != id);
    Ok(Done::quietly(json!({})))
}

/// Makes the delivery of a test: of the event that is named, or of the first of the webhook's.
pub(super) fn test(registry: &Registry, params: &Params, now: u64) -> Result<Outgoing, ApiError> {
    let webhook = registry.webhook(params.required("id")?)?;
    let event = params.text("event")?.map(|name| Event::read("event", name)).transpose()?;
    if webhook.status == Status::Disabled {
        let message = "the webhook is DISABLED: set it to ACTIVE or TEST_MODE to test it";
        return Err(Code::InvalidState.error(message));
    }
    if let Spec::Job { .. } = webhook.spec {
        return Err(Code::FeatureDisabled.error("the emulator runs no jobs"));
    }
    let event = event.or(webhook.events.first().copied()).unwrap_or(Event::RegisteredModelCreated);
    let model_name = webhook.model_name.as_deref().unwrap_or_default();
    Ok(Outgoing {
        webhook_id: webhook.id.clone(),
        event,
        spec: webhook.spec.clone(),
        body: Details::of_test(event, &webhook.id, model_name).body(event, &webhook.id, now),
        is_test: true,
    })
}

fn wrapped(webhook: &Webhook) -> Value {
    json!({"webhook": webhook.to_json()})
}

/// The events, each once.
fn events(params: &Params) -> Result<Option<Vec<Event>>, ApiError> {
    let Some(names) = params.texts("events")? else { return Ok(None) };
    let mut events = Vec::new();
    for name in names {
        let event = Event::read("events", name)?;
        if !events.contains(&event) {
            events.push(event);
        }
    }
    Ok(Some(events))
}

fn check_events(events: &[Event], model_name: Option<&str>) -> Result<(), ApiError> {
    if events.is_empty() {
        return Err(ApiError::parameter("`events` is empty: one or more events must be specified"));
    }
    if model_name.is_some() && events.contains(&Event::RegisteredModelCreated) {
        let message = "`REGISTERED_MODEL_CREATED` is for webhooks without a `model_name`";
        return Err(ApiError::parameter(message));
    }
    Ok(())
}

fn status(params: &Params) -> Result<Option<Status>, ApiError> {
    params.text("status")?.map(|name| Status::read("status", name)).transpose()
}

fn exactly_one() -> ApiError {
    ApiError::parameter("exactly one of `http_url_spec` and `job_spec` must be specified")
}

fn spec(params: &Params) -> Result<Option<Spec>, ApiError> {
    match (params.object("http_url_spec")?, params.object("job_spec")?) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(exactly_one()),
        (Some(spec), None) => http_spec(&spec).map(Spec::Http).map(Some),
        (None, Some(spec)) => Ok(Some(Spec::Job {
            job_id: spec.required("job_id")?.to_owned(),
            workspace_url: spec.owned("workspace_url")?,
            access_token: Hidden(spec.required("access_token")?.to_owned()),
        })),
    }
}

fn http_spec(spec: &Params) -> Result<HttpSpec, ApiError> {
    let url = spec.required("url")?;
    let is_sound = url.parse::<Uri>().is_ok_and(|url| {
        let has_host =
            url.authority().is_some_and(|at| !at.host().is_empty() && !at.as_str().contains('@'));
        has_host && matches!(url.scheme_str(), Some("http" | "https"))
    });
    if !is_sound {
        let message = "`url` is no URL such as `https://hooks.example.com/databricks` (and has no user in it)";
        return Err(ApiError::parameter(message));
    }
    let hidden = |name| Ok(spec.owned(name)?.filter(|text| !text.is_empty()).map(Hidden));
    let secret = hidden("secret")?;
    if secret.as_ref().is_some_and(|Hidden(secret)| Secret::new(secret).is_err()) {
        return Err(ApiError::parameter("`secret` has nothing but NUL in it"));
    }
    let authorization = hidden("authorization")?;
    if authorization.as_ref().is_some_and(|Hidden(value)| HeaderValue::from_str(value).is_err()) {
        return Err(ApiError::parameter("`authorization` has characters that no header may have"));
    }
    Ok(HttpSpec {
        url: url.to_owned(),
        enable_ssl_verification: spec.flag("enable_ssl_verification")?.unwrap_or(true),
        secret,
        authorization,
    })
}
