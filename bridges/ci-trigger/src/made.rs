use bridge_common::{Destinations, Mistake, Place, counted};
use verify_actix::Verifier;

use crate::{
    config::Config,
    pipeline::{DryRun, Start},
};

/// What the settings and the secrets that they name make.
pub(crate) struct Made {
    pub(crate) config: Config,
    pub(crate) place: Place,
    pub(crate) verifiers: Vec<(&'static str, Verifier)>,
    pub(crate) destinations: Destinations,
}

impl Made {
    /// Reads the secrets: in a dry run those of the senders alone.
    pub(crate) fn new(config: Config, dry_run: bool) -> Result<Self, Mistake> {
        let places = match dry_run {
            true => Ok((Place::file("outbox.db".into()), printed(&config))),
            false => Mistake::both(config.place(), started(&config)),
        };
        let (verifiers, (place, destinations)) = Mistake::both(config.verifiers(), places)?;
        Ok(Self { config, place, verifiers, destinations })
    }

    /// Says how much of it there is.
    pub(crate) fn summary(&self) -> String {
        let (senders, pipelines) = (self.verifiers.len(), self.destinations.names().count());
        format!("{}, {}", counted(senders, "sender"), counted(pipelines, "pipeline"))
    }
}

fn started(config: &Config) -> Result<Destinations, Mistake> {
    let http = Start::client();
    let mut pipelines = config.pipelines();
    let started = |(name, destination)| {
        let pipeline = pipelines.remove(&name)?;
        let policy = Start::policy(&pipeline, config.file.store.give_up_after());
        Some((name, policy, Start { http: http.clone(), pipeline, destination }))
    };
    Ok(config.destinations()?.into_iter().filter_map(started).collect())
}

fn printed(config: &Config) -> Destinations {
    let printed = |(name, pipeline): (String, _)| {
        let print = DryRun { name: name.clone(), pipeline };
        (name, verify_outbox::Policy::default(), print)
    };
    config.pipelines().into_iter().map(printed).collect()
}
