//! `registered-models/...`

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Done,
    page::{name_in_filter, page},
};
use crate::emulator::{
    error::{ApiError, Code},
    event::{Details, Event, Happening, Stage, Tag},
    params::Params,
    registry::{Model, Registry, USER},
};

pub(super) fn create(registry: &mut Registry, params: &Params, now: u64) -> Result<Done, ApiError> {
    let name = params.required("name")?;
    if registry.model(name).is_ok() {
        let message = format!("there is a registered model `{name}` already");
        return Err(Code::ResourceAlreadyExists.error(message));
    }
    let model = Model {
        serial: registry.next(),
        id: Uuid::new_v4().simple().to_string(),
        name: name.to_owned(),
        description: params.owned("description")?,
        tags: tags(params)?,
        created: now,
        updated: now,
        versions: Vec::new(),
    };
    let answer = json!({"registered_model": model.to_json()});
    registry.models.push(model);
    registry.check_room()?;
    let details = Details {
        model_name: name.to_owned(),
        text: format!("{USER} created a new registered model {name}."),
        ..Details::default()
    };
    let happenings = vec![Happening { events: vec![Event::RegisteredModelCreated], details }];
    Ok(Done { answer, happenings })
}

pub(super) fn get(registry: &Registry, params: &Params) -> Result<Value, ApiError> {
    Ok(json!({"registered_model": registry.model(params.required("name")?)?.to_json()}))
}

pub(super) fn get_databricks(registry: &Registry, params: &Params) -> Result<Value, ApiError> {
    let model = registry.model(params.required("name")?)?;
    Ok(json!({"registered_model_databricks": model.to_databricks_json()}))
}

pub(super) fn get_latest_versions(registry: &Registry, params: &Params) -> Result<Value, ApiError> {
    let model = registry.model(params.required("name")?)?;
    let stages = params.texts("stages")?.unwrap_or_default();
    let stages = stages.into_iter().map(|name| Stage::read("stages", name));
    let stages: Vec<_> = stages.collect::<Result<_, _>>()?;
    let is_wanted = |stage| stages.is_empty() || stages.contains(&stage);
    let versions = model.latest().filter(|version| is_wanted(version.stage));
    let versions: Vec<_> = versions.map(|version| version.to_json(&model.name)).collect();
    Ok(json!({"model_versions": versions}))
}

pub(super) fn list(registry: &Registry, params: &Params) -> Result<Value, ApiError> {
    let models = registry.models.iter().map(|model| (model.serial, model.to_json()));
    page("registered_models", models, params)
}

pub(super) fn search(registry: &Registry, params: &Params) -> Result<Value, ApiError> {
    let wanted = name_in_filter(params)?;
    let models = registry.models.iter();
    let models = models.filter(|model| wanted.is_none_or(|name| model.name == name));
    page("registered_models", models.map(|model| (model.serial, model.to_json())), params)
}

/// The tags that something is made with.
pub(super) fn tags(params: &Params) -> Result<Vec<Tag>, ApiError> {
    let tags = params.objects("tags")?;
    tags.iter().map(tag).collect()
}

/// A tag, as `key` and `value`.
pub(super) fn tag(params: &Params) -> Result<Tag, ApiError> {
    let key = params.required("key")?.to_owned();
    Ok(Tag { key, value: params.owned("value")?.unwrap_or_default() })
}
