//! Deliveries that are acknowledged once they are on the disk, and posted until they have arrived.

use core::time::Duration;
use std::collections::BTreeMap;

use bridge_common::{Event, Place, Store};
use verify_outbox::{CloudEvents, Delivery, Endpoint, Http, Outbox, Policy, Workers};

/// How long one posting may take, all of it.
const POSTING: Duration = Duration::from_secs(30);

/// Opens the store, and begins to post what is in it: `kept` says where to, by the path that deliveries came to.
pub(crate) fn open(
    store: &Store<3>,
    place: &Place,
    kept: &BTreeMap<String, String>,
) -> Result<(Outbox, Workers), String> {
    let (outbox, mut workers) = store.open_at(place)?;
    let http = Http::new("verify-gateway", POSTING);
    for (path, url) in kept {
        let endpoint =
            Endpoint::new(url).map_err(|error| format!("`upstream` of `{path}`: {error}"))?;
        let post = CloudEvents::new(http.clone(), endpoint, path, event_of);
        let policy = Policy::default().give_up_after(store.give_up_after());
        workers.add(path, policy, post).map_err(|error| error.to_string())?;
    }
    Ok((outbox, workers))
}

fn event_of(delivery: &Delivery) -> Option<String> {
    Event::read(&delivery.sender, &delivery.body).name().map(str::to_owned)
}
