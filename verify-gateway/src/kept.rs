//! Deliveries that are acknowledged once they are on the disk, and posted or published until they have arrived.

use core::time::Duration;
use std::{collections::HashMap, thread};

use bridge_common::{Event, Live, Place, Store};
use verify_outbox::{CloudEvents, Delivery, Endpoint, Http, Nats, Outbox, Policy, Workers};

use crate::{
    config::{self, Destination, Fixed, Goal},
    resign::sign,
};

/// How long one posting may take, all of it.
const POSTING: Duration = Duration::from_secs(30);
/// Who posts.
const NAME: &str = "verify-gateway";

/// Opens the store, and begins to hand on what is in it.
pub(crate) fn open(
    store: &Store<3>,
    place: &Place,
    fixed: &Fixed,
    live: &Live<config::Live>,
) -> Result<(Outbox, Workers), String> {
    let (outbox, mut workers) = store.open_at(place)?;
    let policy = Policy::default().give_up_after(store.give_up_after());
    let mut published = published(fixed, &outbox);
    for (path, destination) in &fixed.kept {
        let wrong = |error: String| format!("`{path}`: {error}");
        let added = match destination {
            Destination::Post { url, authorities } => {
                let http = http(authorities.as_deref()).map_err(wrong)?;
                let endpoint = Endpoint::new(url).map_err(|error| wrong(error.to_string()))?;
                let (live, at) = (live.clone(), path.clone());
                let post = CloudEvents::new(http, endpoint, path, event_of)
                    .with_headers(move |delivery| signature(&live, &at, delivery));
                workers.add(path, policy.clone(), post)
            }
            Destination::Publish { .. } => match published.remove(path.as_str()) {
                Some(nats) => workers.add(path, policy.clone(), nats.map_err(wrong)?),
                None => continue,
            },
        };
        added.map_err(|error| error.to_string())?;
    }
    Ok((outbox, workers))
}

/// Opens what is published to, by path. Each waits for its server, so all do it at the same time.
fn published<'f>(fixed: &'f Fixed, outbox: &Outbox) -> HashMap<&'f str, Result<Nats, String>> {
    thread::scope(|scope| {
        let opening = fixed.kept.iter().filter_map(|(path, destination)| match destination {
            Destination::Post { .. } => None,
            Destination::Publish { servers, stream, subject } => {
                let open = move || {
                    let nats = servers.builder(path)?.event_of(event_of);
                    nats.open(outbox, stream, subject)
                };
                Some((path.as_str(), scope.spawn(open)))
            }
        });
        let opening: Vec<_> = opening.collect();
        let opened = opening.into_iter().map(|(path, opening)| {
            let nats = opening.join().map_err(|_| "it could not be opened".to_owned());
            (path, nats.and_then(|nats| nats.map_err(|error| error.to_string())))
        });
        opened.collect()
    })
}

fn http(authorities: Option<&[u8]>) -> Result<Http, String> {
    let Some(pem) = authorities else { return Ok(Http::new(NAME, POSTING)) };
    Http::with_authorities(pem, NAME, POSTING)
        .ok_or_else(|| "`upstream_ca_file` has no certificates in PEM".to_owned())
}

/// Returns the headers of a new signature, where the route has its deliveries signed anew: the secret may have changed.
fn signature(
    live: &Live<config::Live>,
    path: &str,
    delivery: &Delivery,
) -> Result<Vec<(&'static str, String)>, &'static str> {
    let matched = live.load().routes.find(path);
    match matched.as_ref().map(|matched| &matched.route.goal) {
        Some(Goal::Keep { signer: Some(signer) }) => {
            sign(signer, &delivery.key_hex(), &delivery.body)
        }
        _ => Ok(Vec::new()),
    }
}

fn event_of(delivery: &Delivery) -> Option<String> {
    Event::read(&delivery.sender, &delivery.body).name().map(str::to_owned)
}
