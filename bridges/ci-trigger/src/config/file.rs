//! What stands in the file. `example.toml` explains it.

use core::net::SocketAddr;
use std::collections::BTreeMap;

use bridge_common::{Lines, Mistake, Senders, Source, Store};
use serde::Deserialize;
use toml::Spanned;
use verify_outbox::Endpoint;

use crate::pipeline::{Card, Destination, Pipeline, Token};

/// The file as a whole.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    pub(crate) listen: SocketAddr,
    pub(crate) admin: Spanned<SocketAddr>,
    pub(crate) store: Store<1>,
    #[serde(default)]
    pub(crate) senders: Senders,
    #[serde(default)]
    pub(super) github: BTreeMap<Spanned<String>, Repository>,
    #[serde(default)]
    pub(super) databricks: BTreeMap<Spanned<String>, Job>,
    #[serde(default)]
    pub(super) teams: BTreeMap<Spanned<String>, Channel>,
    #[serde(default)]
    pub(crate) routes: Vec<Spanned<Route>>,
}

impl File {
    /// Returns the names of all pipelines as routes have them, and where each stands.
    pub(super) fn pipelines(&self) -> BTreeMap<String, &Spanned<String>> {
        let github = self.github.keys().map(|name| (super::github_name(name), name));
        let databricks = self.databricks.keys().map(|name| (super::job_name(name), name));
        let teams = self.teams.keys().map(|name| (super::teams_name(name), name));
        github.chain(databricks).chain(teams).collect()
    }
}

/// A workflow of a repository.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Repository {
    pub(super) repository: Spanned<String>,
    pub(super) event_type: Spanned<String>,
    #[serde(default = "api")]
    api: Spanned<String>,
    token_env: Option<Spanned<String>>,
    token_file: Option<Spanned<String>>,
}

fn api() -> Spanned<String> {
    Spanned::new(0..0, "https://api.github.com".to_owned())
}

impl Repository {
    pub(super) fn pipeline(&self) -> Pipeline {
        Pipeline::Github { event_type: self.event_type.as_ref().clone() }
    }

    pub(super) fn destination(
        &self,
        name: &Spanned<String>,
        lines: &Lines,
    ) -> Result<Destination, Mistake> {
        let token = Source { env: &self.token_env, file: &self.token_file };
        with_token(self.endpoint(lines)?, token, name, lines)
    }

    pub(super) fn endpoint(&self, lines: &Lines) -> Result<Endpoint, Mistake> {
        endpoint(&self.api, &format!("/repos/{}/dispatches", self.repository.as_ref()), lines)
    }
}

/// A job of a workspace.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Job {
    workspace: Spanned<String>,
    job_id: u64,
    #[serde(default)]
    pub(super) parameters: Vec<Spanned<String>>,
    token_env: Option<Spanned<String>>,
    token_file: Option<Spanned<String>>,
}

impl Job {
    pub(super) fn pipeline(&self) -> Pipeline {
        let parameters = self.parameters.iter().map(|name| name.as_ref().clone()).collect();
        Pipeline::Databricks { job_id: self.job_id, parameters }
    }

    pub(super) fn destination(
        &self,
        name: &Spanned<String>,
        lines: &Lines,
    ) -> Result<Destination, Mistake> {
        let token = Source { env: &self.token_env, file: &self.token_file };
        with_token(self.endpoint(lines)?, token, name, lines)
    }

    pub(super) fn endpoint(&self, lines: &Lines) -> Result<Endpoint, Mistake> {
        endpoint(&self.workspace, "/api/2.2/jobs/run-now", lines)
    }
}

/// A channel of Microsoft Teams. Its URL is a secret: whoever has it can post.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Channel {
    #[serde(default)]
    card: Card,
    url_env: Option<Spanned<String>>,
    url_file: Option<Spanned<String>>,
}

impl Channel {
    pub(super) const fn pipeline(&self) -> Pipeline {
        Pipeline::Teams { card: self.card }
    }

    pub(super) fn destination(
        &self,
        name: &Spanned<String>,
        lines: &Lines,
    ) -> Result<Destination, Mistake> {
        let url = Source { env: &self.url_env, file: &self.url_file };
        Ok(Destination { endpoint: url.endpoint(name, lines)?, authorization: None })
    }
}

/// The URL of an API, which is no secret, and a path behind it.
fn endpoint(base: &Spanned<String>, path: &str, lines: &Lines) -> Result<Endpoint, Mistake> {
    let url = format!("{}{path}", base.as_ref().trim_end_matches('/'));
    match base.as_ref().contains(['?', '#']) {
        true => Err(lines.at(base, "a URL without `?` and `#`")),
        false => Endpoint::new(&url).map_err(|error| lines.at(base, error.to_string())),
    }
}

/// An API that wants a token.
fn with_token(
    endpoint: Endpoint,
    token: Source<'_>,
    name: &Spanned<String>,
    lines: &Lines,
) -> Result<Destination, Mistake> {
    let token = token.read(lines)?;
    let token = token.ok_or_else(|| lines.at(name, "set `token_env` or `token_file`"))?;
    let is_visible = token.value.bytes().all(|byte| byte.is_ascii_graphic());
    match is_visible && !token.value.is_empty() {
        true => {
            let authorization = Some(Token::new(format!("Bearer {}", token.value)));
            Ok(Destination { endpoint, authorization })
        }
        false => {
            let text = "the token in it is empty, or has other than visible ASCII";
            Err(lines.at(token.place, text))
        }
    }
}

/// What starts what. A list that is not there lets everything pass.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Route {
    pub(super) sender: Option<Spanned<String>>,
    pub(super) events: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) models: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) targets: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) pipelines: Spanned<Vec<Spanned<String>>>,
}
