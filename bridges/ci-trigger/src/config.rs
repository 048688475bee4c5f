//! The settings: one TOML file, and the secrets that it names.

mod file;
mod routes;

use std::{collections::BTreeMap, path::Path, sync::Arc};

use bridge_common::{Lines, Mistake, Place, Read, addresses_that_stay, check_addresses};
use toml::Spanned;
use verify_actix::Verifier;

pub(crate) use self::{file::File, routes::Routes};
use crate::{
    movement::Movement,
    pipeline::{Destination, Pipeline},
};

/// The settings without the secrets.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) file: File,
    pub(crate) routes: Arc<Routes>,
    lines: Lines,
}

impl Config {
    /// Reads a file.
    pub(crate) fn read(path: &Path) -> Result<Self, Mistake> {
        Self::new(Read::file(path)?)
    }

    fn new(read: Read<File>) -> Result<Self, Mistake> {
        let Read { settings: file, lines, told, .. } = read;
        let links = file.senders.links();
        let links = links.map(|(_, link)| Err(lines.at(link, "ci-trigger shows no links")));
        let parts = [
            told,
            check_addresses(file.listen, &file.admin, &lines),
            file.senders.check(&lines),
            file.store.check(&lines),
            check(&file, &lines),
        ];
        let checked = Mistake::every(links.chain(parts));
        let ((), routes) = Mistake::both(checked, Routes::new(&file, &lines))?;
        Ok(Self { routes: Arc::new(routes), file, lines })
    }

    /// Says what a trigger that runs with other settings does not take of these. `places` are where the store would be,
    /// and where it is.
    pub(crate) fn stay(&self, running: &Self, places: [&Place; 2]) -> Vec<Mistake> {
        let (new, old, lines) = (&self.file, &running.file, &self.lines);
        let listen = [new.listen, old.listen];
        let mut stay = addresses_that_stay(listen, [&new.admin, &old.admin], lines);
        stay.extend(new.store.stays(&old.store, places, lines));
        stay
    }

    /// Returns what is no mistake, and probably not meant.
    pub(crate) fn oddities(&self) -> Vec<String> {
        let unused = self.file.pipelines().into_iter().filter_map(|(name, place)| {
            let is_used = self.routes.names(&name);
            (!is_used).then(|| self.lines.at(place, "no route leads to this pipeline").to_string())
        });
        let unheard = self.file.senders.names().filter_map(|sender| {
            let is_used = self.routes.takes(sender.as_ref());
            let text = "no route takes anything of this sender";
            (!is_used).then(|| self.lines.at(sender, text).to_string())
        });
        self.routes.own_events(&self.lines).into_iter().chain(unused).chain(unheard).collect()
    }

    /// Returns where the store is, and reads its address where that is a secret.
    pub(crate) fn place(&self) -> Result<Place, Mistake> {
        self.file.store.place(&self.lines)
    }

    /// Reads the senders' secrets, and makes a verifier with each, by the sender's name.
    pub(crate) fn verifiers(&self) -> Result<Vec<(&'static str, Verifier)>, Mistake> {
        self.file.senders.verifiers(&self.lines)
    }

    /// Returns the pipelines, by their names in routes.
    pub(crate) fn pipelines(&self) -> BTreeMap<String, Pipeline> {
        let File { github, databricks, teams, .. } = &self.file;
        let github = github.iter().map(|(name, github)| (github_name(name), github.pipeline()));
        let databricks = databricks.iter().map(|(name, job)| (job_name(name), job.pipeline()));
        let teams = teams.iter().map(|(name, channel)| (teams_name(name), channel.pipeline()));
        github.chain(databricks).chain(teams).collect()
    }

    /// Reads the tokens and secret URLs, and returns where each pipeline is started.
    pub(crate) fn destinations(&self) -> Result<BTreeMap<String, Destination>, Mistake> {
        let Self { file: File { github, databricks, teams, .. }, lines, .. } = self;
        let github = github
            .iter()
            .map(|(name, github)| Ok((github_name(name), github.destination(name, lines)?)));
        let databricks = databricks
            .iter()
            .map(|(name, job)| Ok((job_name(name), job.destination(name, lines)?)));
        let teams = teams
            .iter()
            .map(|(name, channel)| Ok((teams_name(name), channel.destination(name, lines)?)));
        Mistake::every(github.chain(databricks).chain(teams))
    }
}

fn github_name(name: &Spanned<String>) -> String {
    format!("github.{}", name.as_ref())
}

fn job_name(name: &Spanned<String>) -> String {
    format!("databricks.{}", name.as_ref())
}

fn teams_name(name: &Spanned<String>) -> String {
    format!("teams.{}", name.as_ref())
}

/// What can be wrong with each pipeline for itself.
fn check(file: &File, lines: &Lines) -> Result<(), Mistake> {
    let github = file.github.values().map(|github| {
        // https://docs.github.com/rest/repos/repos#create-a-repository-dispatch-event
        if !(1..=100).contains(&github.event_type.as_ref().chars().count()) {
            return Err(lines.at(&github.event_type, "`event_type` has 1 to 100 characters"));
        }
        if !is_repository(github.repository.as_ref()) {
            return Err(lines.at(&github.repository, "not a repository such as `acme/models`"));
        }
        github.endpoint(lines).map(drop)
    });
    let jobs = file.databricks.values().map(|job| job.endpoint(lines).map(drop));
    let parameters = file.databricks.values().flat_map(|job| &job.parameters).map(|parameter| {
        match Movement::FACTS.contains(&parameter.as_ref().as_str()) {
            true => Ok(()),
            false => {
                let facts = Movement::FACTS.join(", ");
                Err(lines.at(parameter, format!("no such fact; there are {facts}")))
            }
        }
    });
    Mistake::every(github.chain(jobs).chain(parameters))
}

/// An owner and a name, which go into a path.
fn is_repository(text: &str) -> bool {
    let is_name = |name: &str| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        !name.is_empty() && name.bytes().all(is_plain) && !name.bytes().all(|byte| byte == b'.')
    };
    text.split_once('/').is_some_and(|(owner, name)| is_name(owner) && is_name(name))
}

#[cfg(test)]
mod tests;
