//! Transitions of stages, and requests for them.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Done, versions::of};
use crate::emulator::{
    error::ApiError,
    event::{Details, Happening, Stage},
    params::Params,
    registry::{Model, Registry, TransitionRequest, USER, put},
};

pub(super) fn transition(
    registry: &mut Registry,
    params: &Params,
    now: u64,
) -> Result<Done, ApiError> {
    let (model, version, happenings) = moved(registry, params, now)?;
    let answer = json!({"model_version": model.version(version)?.to_json(&model.name)});
    Ok(Done { answer, happenings })
}

pub(super) fn transition_databricks(
    registry: &mut Registry,
    params: &Params,
    now: u64,
) -> Result<Done, ApiError> {
    let (model, version, happenings) = moved(registry, params, now)?;
    let version = model.version(version)?.to_databricks_json(&model.name);
    Ok(Done { answer: json!({"model_version_databricks": version}), happenings })
}

/// Moves a version, and archives the others of the stage if that is wanted.
fn moved<'r, 'p>(
    registry: &'r mut Registry,
    params: &'p Params,
    now: u64,
) -> Result<(&'r Model, &'p str, Vec<Happening>), ApiError> {
    let model = registry.model_mut(params.required("name")?)?;
    let version = params.required("version")?;
    let to_stage = stage(params)?;
    let archives = params.flag("archive_existing_versions")?.unwrap_or(false);
    model.version(version)?;
    let mut happenings = Vec::new();
    let name = model.name.clone();
    for known in &mut model.versions {
        let from_stage = known.stage;
        known.stage = if known.version == version {
            to_stage
        } else if archives && from_stage == to_stage {
            Stage::Archived
        } else {
            continue;
        };
        if known.stage == from_stage {
            continue;
        }
        known.updated = now;
        happenings.push(Happening {
            events: known.stage.transitioned(),
            details: Details {
                to_stage: Some(known.stage),
                from_stage: Some(from_stage),
                text: format!(
                    "{USER} transitioned version {} of registered model {name} from {} to {}.",
                    known.version,
                    from_stage.name(),
                    known.stage.name()
                ),
                ..of(&name, &known.version)
            },
        });
    }
    Ok((model, version, happenings))
}

pub(super) fn request(
    registry: &mut Registry,
    params: &Params,
    now: u64,
) -> Result<Done, ApiError> {
    let (name, version) = (params.required("name")?, params.required("version")?);
    let to_stage = stage(params)?;
    let known = registry.model_mut(name)?.version_mut(version)?;
    let request = TransitionRequest {
        id: Uuid::new_v4().simple().to_string(),
        to_stage,
        comment: params.owned("comment")?,
        created: now,
    };
    let answer = json!({"request": request.to_json()});
    known.requests.push(request);
    let details = Details {
        to_stage: Some(to_stage),
        from_stage: Some(known.stage),
        text: format!(
            "{USER} requested a transition of version {version} of registered model {name} from {} to {}.",
            known.stage.name(),
            to_stage.name()
        ),
        ..of(name, version)
    };
    Ok(Done { answer, happenings: vec![Happening { events: to_stage.requested(), details }] })
}

pub(super) fn list(registry: &Registry, params: &Params) -> Result<Value, ApiError> {
    let version = registry.model(params.required("name")?)?.version(params.required("version")?)?;
    let requests: Vec<_> = version.requests.iter().map(TransitionRequest::to_json).collect();
    Ok(json!({"requests": requests}))
}

/// Moves the version as it was requested.
pub(super) fn approve(
    registry: &mut Registry,
    params: &Params,
    now: u64,
) -> Result<Done, ApiError> {
    let activity = closed(registry, params, now, "APPROVED_REQUEST")?;
    let (_, _, happenings) = moved(registry, params, now)?;
    Ok(Done { answer: json!({"activity": activity}), happenings })
}

pub(super) fn reject(registry: &mut Registry, params: &Params, now: u64) -> Result<Done, ApiError> {
    let activity = closed(registry, params, now, "REJECTED_REQUEST")?;
    Ok(Done::quietly(json!({"activity": activity})))
}

/// Takes the requests for a stage away, and says what became of them.
fn closed(
    registry: &mut Registry,
    params: &Params,
    now: u64,
    activity_type: &str,
) -> Result<Value, ApiError> {
    let (name, version) = (params.required("name")?, params.required("version")?);
    let to_stage = stage(params)?;
    let known = registry.model_mut(name)?.version_mut(version)?;
    let count = known.requests.len();
    known.requests.retain(|request| request.to_stage != to_stage);
    if known.requests.len() == count {
        return Err(ApiError::missing(format!(
            "nobody requested a transition of version `{version}` of `{name}` to {}",
            to_stage.name()
        )));
    }
    let mut activity = json!({
        "id": Uuid::new_v4().simple().to_string(),
        "user_id": USER,
        "activity_type": activity_type,
        "from_stage": known.stage,
        "to_stage": to_stage,
        "creation_timestamp": now,
        "last_updated_timestamp": now,
    });
    put(&mut activity, "comment", params.text("comment")?);
    Ok(activity)
}

fn stage(params: &Params) -> Result<Stage, ApiError> {
    Stage::read("stage", params.required("stage")?)
}
