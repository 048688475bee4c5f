use bridge_common::{Destinations, Mistake, Place, counted};
use verify_axum::Verifier;

use crate::{
    config::Config,
    slack::{self, DryRun, Slack},
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
            false => Mistake::both(config.place(), posted(&config)),
        };
        let (verifiers, (place, destinations)) = Mistake::both(config.verifiers(), places)?;
        Ok(Self { config, place, verifiers, destinations })
    }

    /// Says how much of it there is.
    pub(crate) fn summary(&self) -> String {
        let (senders, channels) = (self.verifiers.len(), self.destinations.names().count());
        format!("{}, {}", counted(senders, "sender"), counted(channels, "channel"))
    }
}

fn posted(config: &Config) -> Result<Destinations, Mistake> {
    let http = Slack::client();
    let posted = |(channel, endpoint)| {
        let slack = Slack { http: http.clone(), endpoint, links: config.links() };
        (channel, slack::policy(config.file.store.give_up_after()), slack)
    };
    Ok(config.endpoints()?.into_iter().map(posted).collect())
}

fn printed(config: &Config) -> Destinations {
    let printed = |channel: String| {
        let print = DryRun { channel: channel.clone(), links: config.links() };
        (channel, verify_outbox::Policy::default(), print)
    };
    config.channels().map(printed).collect()
}
