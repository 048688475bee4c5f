//! The settings: one TOML file, and the secrets that it names.

mod address;
mod claims;
mod file;
mod kept;
mod keys;
mod limits;
mod nats;
mod pattern;
mod reading;
mod route;

use core::net::SocketAddr;
use std::{collections::BTreeMap, path::Path, sync::Arc};

use bridge_common::{Lines, Mistake, Place, Read, Store, UsedSecrets, check_addresses, counted};
use tokio_rustls::rustls::ServerConfig;
use verify_core::Sender;
use verify_hyper::{CertificateError, read_certificate};

pub(crate) use self::{
    claims::ClaimsAddress,
    kept::Destination,
    keys::random_text,
    limits::Limits,
    pattern::Pattern,
    reading::upstream,
    route::{Goal, Keys, Matched, Proxy, Route, Routes},
};
use self::{
    file::{File, Mode},
    keys::AllKeys,
};

/// What the file and the secrets say.
pub(crate) struct Config {
    pub(crate) fixed: Fixed,
    pub(crate) live: Live,
    /// Where deliveries are kept, if a route keeps any.
    pub(crate) store: Option<(Store<3>, Place)>,
    oddities: Vec<String>,
}

/// What does not change while it runs.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Fixed {
    pub(crate) listen: SocketAddr,
    pub(crate) admin: SocketAddr,
    pub(crate) limits: Limits,
    /// The address of the store of claims, which may hold a password.
    pub(crate) once: Option<ClaimsAddress>,
    /// Where what is kept goes, by the path that it came to.
    pub(crate) kept: BTreeMap<String, Destination>,
}

/// What is read again when it is told to.
pub(crate) struct Live {
    pub(crate) routes: Routes,
    pub(crate) tls: Option<Arc<ServerConfig>>,
}

impl Config {
    /// Reads a file and the secrets that it names. What is wrong with them is told at once.
    pub(crate) fn read(path: &Path) -> Result<Self, Mistake> {
        let Read { settings: file, lines, told, .. } = Read::<File>::file(path)?;
        let lines = &lines;
        let limits = Limits::read(&file.limits, lines);
        let body_limit = limits.as_ref().ok().and_then(|limits| limits.body_bytes);
        let mut used = UsedSecrets::default();
        let (keys, wrong_keys) = split(AllKeys::read(&file, body_limit, &mut used, lines));
        let routes = reading::read(&file, keys.as_ref(), &used, lines);
        let once = once_address(&file, lines);
        let place = Mistake::both(kept::place(&file, lines), kept::servers(&file, lines));
        let tls = file.tls.as_ref().map(|tls| {
            read_certificate(tls.certificate_file.as_ref(), tls.key_file.as_ref()).map_err(
                |error| {
                    let place = match &error {
                        CertificateError::Key(_) => &tls.key_file,
                        _ => &tls.certificate_file,
                    };
                    lines.at(place, error.to_string())
                },
            )
        });
        let checks = [told, wrong_keys, check_addresses(file.listen, &file.admin, lines)];
        let checked = Mistake::every::<(), Vec<()>>(checks);
        let found = Mistake::both(Mistake::both(limits, routes), Mistake::both(once, place));
        let found = Mistake::both(found, tls.transpose());
        let (_, (((limits, routes), (once, (place, servers))), tls)) =
            Mistake::both(checked, found)?;
        let kept = kept::destinations(&file, keys.as_ref(), servers.as_ref());
        let routes = Routes::new(reading::shared(routes));
        let oddities = oddities(&file, &routes, lines);
        let admin = *file.admin.as_ref();
        let fixed = Fixed { listen: file.listen, admin, limits, once, kept };
        Ok(Self {
            fixed,
            live: Live { routes, tls: tls.map(Arc::new) },
            store: file.store.zip(place),
            oddities,
        })
    }

    /// Reads where deliveries are kept, and the destinations.
    pub(crate) fn read_store(path: &Path) -> Result<(Place, Vec<String>), String> {
        let config = Self::read(path)?;
        let destinations = config.fixed.kept.into_keys().collect();
        let (_, place) = config
            .store
            .ok_or("no route has `mode = \"keep\"` or `mode = \"publish\"`, so nothing is kept")?;
        Ok((place, destinations))
    }

    /// Returns what is no mistake, and probably not meant.
    pub(crate) fn oddities(&self) -> &[String] {
        &self.oddities
    }

    /// Says in a line what was read.
    pub(crate) fn summary(&self) -> String {
        format!("{}: nothing is wrong", counted(self.live.routes.iter().count(), "route"))
    }
}

/// Reads by which store each delivery is handled once.
fn once_address(file: &File, lines: &Lines) -> Result<Option<ClaimsAddress>, Mistake> {
    let proxy = file.routes.iter().find(|route| route.as_ref().mode() == Some(Mode::Proxy));
    match (&file.once, proxy) {
        (Some(once), _) => ClaimsAddress::read(once, lines).map(Some),
        (None, None) => Ok(None),
        (None, Some(route)) => {
            let text = "`[once]` is missing: `address = \"memory\"` for one process, \
                        `sqlite:PATH`, or a server that several share by `address_env`";
            Err(lines.at(&route.as_ref().path, text))
        }
    }
}

/// What is no mistake, and probably not meant.
fn oddities(file: &File, routes: &Routes, lines: &Lines) -> Vec<String> {
    let is_routed =
        |name: &str| file.routes.iter().any(|route| route.as_ref().sender.as_ref() == name);
    let unrouted = file.senders.names().filter(|name| !is_routed(name.as_ref()));
    let unrouted =
        unrouted.map(|name| lines.at(name, "no route takes anything of this sender").to_string());
    let reporting = routes.iter().filter(|route| route.is_report_only).map(|route| {
        format!(
            "`{}` only reports: it answers 200 to deliveries that are not genuine",
            route.path.as_str()
        )
    });
    unrouted.chain(reporting).collect()
}

/// Returns what there is, and what is wrong.
fn split<T>(result: Result<T, Mistake>) -> (Option<T>, Result<(), Mistake>) {
    match result {
        Ok(value) => (Some(value), Ok(())),
        Err(mistake) => (None, Err(mistake)),
    }
}

impl Live {
    /// Of a try-out: each sender's own path.
    pub(crate) fn to_try(routes: Vec<Route>) -> Self {
        Self { routes: Routes::new(reading::shared(routes)), tls: None }
    }
}

/// The path at which a try-out takes the deliveries of a sender.
pub(crate) fn usual_path(sender: &Sender) -> String {
    format!("/webhooks/{}", sender.name())
}
