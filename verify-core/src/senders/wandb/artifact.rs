/// The parts of `artifact_version`: `wandb-artifact://_id/<base64>`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub struct ArtifactReference<'a> {
    /// The artifact's id, in base64 as it came; opaque.
    pub id: &'a str,
}

/// The parts of `artifact_version_string`: `<entity>/<project>/<name>:<alias>`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub struct ArtifactVersion<'a> {
    /// The team or user.
    pub entity: &'a str,
    /// The project.
    pub project: &'a str,
    /// The name of the artifact's collection.
    pub name: &'a str,
    /// An alias of the version, such as `v3` or `production`.
    pub alias: &'a str,
}

impl<'a> ArtifactReference<'a> {
    /// Splits a text, if it has this form and no part is empty.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let id = text.strip_prefix("wandb-artifact://_id/")?;
        (!id.is_empty()).then_some(Self { id })
    }
}

impl<'a> ArtifactVersion<'a> {
    /// Splits a text, if it has this form and no part is empty.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let (path, alias) = text.rsplit_once(':')?;
        let (entity, path) = path.split_once('/')?;
        let (project, name) = path.split_once('/')?;
        let parts = [entity, project, name, alias];
        let whole = parts.iter().all(|part| !part.is_empty()) && !name.contains('/');
        (whole && !alias.contains('/')).then_some(Self { entity, project, name, alias })
    }
}
