//! `model-versions/...`, but for stages, and comments.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Done,
    models::{tag, tags},
    page::{name_in_filter, page},
};
use crate::emulator::{
    error::ApiError,
    event::{Details, Event, Happening, Stage},
    params::Params,
    registry::{Registry, USER, Version},
};

pub(super) fn create(registry: &mut Registry, params: &Params, now: u64) -> Result<Done, ApiError> {
    let serial = registry.next();
    let model = registry.model_mut(params.required("name")?)?;
    let version = Version {
        serial,
        // None is ever deleted.
        version: model.versions.len().saturating_add(1).to_string(),
        source: params.required("source")?.to_owned(),
        run_id: params.owned("run_id")?,
        run_link: params.owned("run_link")?,
        description: params.owned("description")?,
        stage: Stage::None,
        tags: tags(params)?,
        created: now,
        updated: now,
        requests: Vec::new(),
    };
    let details = Details {
        model_name: model.name.clone(),
        version: Some(version.version.clone()),
        source_run_id: version.run_id.clone(),
        text: format!(
            "{USER} registered a new version {} for model {}.",
            version.version, model.name
        ),
        ..Details::default()
    };
    let answer = json!({"model_version": version.to_json(&model.name)});
    model.versions.push(version);
    model.updated = now;
    let happenings = vec![Happening { events: vec![Event::ModelVersionCreated], details }];
    Ok(Done { answer, happenings })
}

pub(super) fn get(registry: &Registry, params: &Params) -> Result<Value, ApiError> {
    let model = registry.model(params.required("name")?)?;
    let version = model.version(params.required("version")?)?;
    Ok(json!({"model_version": version.to_json(&model.name)}))
}

pub(super) fn search(registry: &Registry, params: &Params) -> Result<Value, ApiError> {
    let wanted = name_in_filter(params)?;
    let models = registry.models.iter();
    let models = models.filter(|model| wanted.is_none_or(|name| model.name == name));
    let versions =
        models.flat_map(|model| model.versions.iter().map(move |version| (model, version)));
    let mut versions: Vec<_> =
        versions.map(|(model, version)| (version.serial, version.to_json(&model.name))).collect();
    versions.sort_by_key(|(serial, _)| *serial);
    page("model_versions", versions.into_iter(), params)
}

pub(super) fn set_tag(
    registry: &mut Registry,
    params: &Params,
    now: u64,
) -> Result<Done, ApiError> {
    let tag = tag(params)?;
    let (name, version) = (params.required("name")?, params.required("version")?);
    let known = registry.model_mut(name)?.version_mut(version)?;
    match known.tags.iter_mut().find(|known| known.key == tag.key) {
        Some(known) => known.value.clone_from(&tag.value),
        None => known.tags.push(tag.clone()),
    }
    known.updated = now;
    let details = Details {
        text: format!(
            "{USER} set version tag(s) '{}' => '{}' for registered model '{name}' version {version}.",
            tag.key, tag.value
        ),
        tags: Some(vec![tag]),
        ..of(name, version)
    };
    let happenings = vec![Happening { events: vec![Event::ModelVersionTagSet], details }];
    Ok(Done { answer: json!({}), happenings })
}

/// A comment, which is told and not kept: the emulator has no call that shows comments.
pub(super) fn comment(
    registry: &mut Registry,
    params: &Params,
    now: u64,
) -> Result<Done, ApiError> {
    let (name, version) = (params.required("name")?, params.required("version")?);
    let comment = params.required("comment")?;
    registry.model(name)?.version(version)?;
    let answer = json!({"comment": {
        "id": Uuid::new_v4().simple().to_string(),
        "user_id": USER,
        "comment": comment,
        "creation_timestamp": now,
        "last_updated_timestamp": now,
    }});
    let details = Details {
        comment: Some(comment.to_owned()),
        text: format!("{USER} commented on registered model '{name}' version {version}."),
        ..of(name, version)
    };
    Ok(Done {
        answer,
        happenings: vec![Happening { events: vec![Event::CommentCreated], details }],
    })
}

/// What all events of a version say.
pub(super) fn of(name: &str, version: &str) -> Details {
    Details { model_name: name.to_owned(), version: Some(version.to_owned()), ..Details::default() }
}
