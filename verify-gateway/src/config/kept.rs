//! What is on the disk before it is acknowledged: where it is kept, and where it goes from there.

use std::{collections::BTreeMap, fs};

use bridge_common::{Lines, Mistake, Place};

use super::{
    file::{File, Mode, Route},
    keys::AllKeys,
    nats::Servers,
    pattern::Pattern,
};

/// Where the deliveries of a path go.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Destination {
    /// They are posted to a URL, whose certificate is vouched for by these authorities in PEM, or by Mozilla's.
    Post { url: String, authorities: Option<Vec<u8>> },
    /// They are published to a stream of NATS.
    Publish { servers: Servers, stream: String, subject: String },
}

/// Reads where deliveries are kept.
pub(super) fn place(file: &File, lines: &Lines) -> Result<Option<Place>, Mistake> {
    match (&file.store, route_of(file, Mode::keeps)) {
        (Some(store), Some(_)) => {
            store.check(lines)?;
            store.place(lines).map(Some)
        }
        (Some(_), None) => Err(lines.mistake(
            None,
            "`store` is for routes with `mode = \"keep\"` or `mode = \"publish\"`, and there is none",
        )),
        (None, Some(route)) => {
            let text = "`[store]` is missing: where deliveries are kept until they have arrived, \
                        such as `path = \"/var/lib/verify-gateway/kept.db\"`";
            Err(lines.at(&route.path, text))
        }
        (None, None) => Ok(None),
    }
}

/// Reads which servers are published to.
pub(super) fn servers(file: &File, lines: &Lines) -> Result<Option<Servers>, Mistake> {
    match (&file.nats, route_of(file, |mode| mode == Mode::Publish)) {
        (Some(nats), Some(_)) => {
            let servers = Servers::read(nats, lines)?;
            let published = file.routes.iter().map(|route| route.as_ref());
            let checks = published.filter_map(|route| {
                let (stream, subject) = (route.stream.as_ref()?, route.subject.as_ref()?);
                let builder = servers.builder("");
                let checked =
                    builder.and_then(|builder| builder.check(stream.as_ref(), subject.as_ref()));
                Some(checked.map_err(|error| lines.at(stream, error.to_string())))
            });
            Mistake::every::<(), Vec<()>>(checks)?;
            Ok(Some(servers))
        }
        (Some(nats), None) => {
            Err(lines.at(nats, "`nats` is for routes with `mode = \"publish\"`, and there is none"))
        }
        (None, Some(route)) => {
            let text = "`[nats]` is missing: the servers that are published to, such as \
                        `address = \"nats://127.0.0.1:4222\"`";
            Err(lines.at(&route.path, text))
        }
        (None, None) => Ok(None),
    }
}

fn route_of(file: &File, is_meant: impl Fn(Mode) -> bool) -> Option<&Route> {
    let mut routes = file.routes.iter().map(|route| route.as_ref());
    routes.find(|route| route.mode().is_some_and(&is_meant))
}

/// Returns where the deliveries that are kept go, by the path that they came to.
pub(super) fn destinations(
    file: &File,
    keys: Option<&AllKeys>,
    servers: Option<&Servers>,
) -> BTreeMap<String, Destination> {
    let mut all = BTreeMap::new();
    for route in file.routes.iter().map(|route| route.as_ref()) {
        let (Ok(path), Some(destination)) =
            (Pattern::new(route.path.as_ref()), destination(route, servers))
        else {
            continue;
        };
        let tenants: Vec<_> = match (path.has_tenant(), keys) {
            (true, Some(keys)) => keys.tenants_of(route.sender.as_ref()).map(Some).collect(),
            _ => vec![None],
        };
        for tenant in tenants {
            all.insert(path.of_tenant(tenant), destination.clone());
        }
    }
    all
}

fn destination(route: &Route, servers: Option<&Servers>) -> Option<Destination> {
    match route.mode()? {
        Mode::Keep => Some(Destination::Post {
            url: route.upstream.as_ref()?.as_ref().clone(),
            // One that cannot be read has been found to be a mistake, and vouches for nobody.
            authorities: route
                .upstream_ca_file
                .as_ref()
                .map(|file| fs::read(file.as_ref()).unwrap_or_default()),
        }),
        Mode::Publish => Some(Destination::Publish {
            servers: servers?.clone(),
            stream: route.stream.as_ref()?.as_ref().clone(),
            subject: route.subject.as_ref()?.as_ref().clone(),
        }),
        Mode::Decide | Mode::Proxy => None,
    }
}
