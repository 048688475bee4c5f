//! The settings: one TOML file, and the secrets that it names.

mod events;
mod file;
mod routes;

use std::{collections::BTreeMap, path::Path, sync::Arc};

use bridge_common::{
    Lines, Mistake, Place, Read, WebhookUrl, addresses_that_stay, check_addresses,
};
use toml::Spanned;
use verify_axum::Verifier;
use verify_outbox::Endpoint;

pub(crate) use self::{file::File, routes::Routes};

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
        let links = file.senders.links().map(|(_, link)| {
            let url = link.as_ref();
            let is_plain =
                url.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>|".contains(&byte));
            match is_plain && (url.starts_with("https://") || url.starts_with("http://")) {
                true => Ok(()),
                false => Err(lines.at(link, "not a URL such as `https://host`")),
            }
        });
        let parts = [
            told,
            check_addresses(file.listen, &file.admin, &lines),
            file.senders.check(&lines),
            file.store.check(&lines),
        ];
        let checked = Mistake::every(links.chain(parts));
        let ((), routes) = Mistake::both(checked, Routes::new(&file, &lines))?;
        Ok(Self { routes: Arc::new(routes), file, lines })
    }

    /// Says what a bridge that runs with other settings does not take of these. `places` are where the store would be,
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
        let mut oddities = self.routes.unknown_events(&self.lines);
        for channel in self.file.channels.keys() {
            if !self.routes.names(channel.as_ref()) {
                oddities.push(self.lines.at(channel, "no route leads to this channel").to_string());
            }
        }
        for sender in self.file.senders.names() {
            if !self.routes.takes(sender.as_ref()) {
                oddities.push(
                    self.lines.at(sender, "no route takes anything of this sender").to_string(),
                );
            }
        }
        oddities
    }

    /// Returns where the store is, and reads its address where that is a secret.
    pub(crate) fn place(&self) -> Result<Place, Mistake> {
        self.file.store.place(&self.lines)
    }

    /// Reads the senders' secrets, and makes a verifier with each, by the sender's name.
    pub(crate) fn verifiers(&self) -> Result<Vec<(&'static str, Verifier)>, Mistake> {
        self.file.senders.verifiers(&self.lines)
    }

    /// Returns what links begin with, by the sender's name.
    pub(crate) fn links(&self) -> BTreeMap<String, String> {
        let links = self.file.senders.links();
        links.map(|(name, link)| (name.to_owned(), link.as_ref().clone())).collect()
    }

    /// Returns the channels.
    pub(crate) fn channels(&self) -> impl Iterator<Item = String> {
        self.file.channels.keys().map(|name| name.as_ref().clone())
    }

    /// Reads the channels' URLs, which are secrets.
    pub(crate) fn endpoints(&self) -> Result<BTreeMap<String, Endpoint>, Mistake> {
        let channels = self.file.channels.iter();
        let endpoint = |(name, url): (&Spanned<String>, &WebhookUrl)| {
            Ok((name.as_ref().clone(), url.read(name, &self.lines)?))
        };
        Mistake::every(channels.map(endpoint))
    }
}

#[cfg(test)]
mod tests;
