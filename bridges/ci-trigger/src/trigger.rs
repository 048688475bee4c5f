//! Takes deliveries in, and lets pipelines be started.

use core::{
    future::{Ready, ready},
    net::SocketAddr,
    time::Duration,
};
use std::{collections::BTreeMap, net::TcpListener, path::PathBuf, sync::Arc, time::SystemTime};

use actix_web::{
    HttpMessage as _, HttpResponse,
    dev::ServiceRequest,
    guard::fn_guard,
    web::{self, Data, ReqData, ServiceConfig},
};
use bridge_common::{
    Event, Gauges, Live, Place, count_nothing, first_advice, heed_signals, install_prometheus,
    log_repeated, say,
};
use tempfile::TempDir;
use verify_actix::{Delivery, ResolveError, Sender, Verifier, Verify, try_again};
use verify_outbox::{Kept, Outbox, Workers};

use crate::{
    admin::{self, Admin},
    config::{Config, Routes},
    made::Made,
    movement::{Movement, Nothing},
    serve::serve,
};

/// What stays while it runs.
#[derive(Clone)]
struct Trigger {
    outbox: Outbox,
    /// How old an event may be. `None`: as old as it likes, since it is only printed.
    most_age: Option<Duration>,
}

/// What may be exchanged. A delivery keeps what it began with.
struct Current {
    verifiers: BTreeMap<&'static str, Arc<Verifier>>,
    routes: Arc<Routes>,
}

impl Current {
    fn new(verifiers: Vec<(&'static str, Verifier)>, routes: &Arc<Routes>) -> Self {
        let shared = |(name, verifier)| (name, Arc::new(verifier));
        let verifiers = verifiers.into_iter().map(shared).collect();
        Self { verifiers, routes: Arc::clone(routes) }
    }

    /// Returns what a delivery starts.
    fn pipelines(
        &self,
        most_age: Option<Duration>,
        sender: &str,
        body: &[u8],
    ) -> Result<Vec<String>, Nothing> {
        let movement = Movement::read(sender, body)?;
        let pipelines = self.routes.pipelines(sender, &movement);
        if pipelines.is_empty() {
            return Err(movement.unrouted());
        }
        let event = Event::read(sender, body);
        match most_age.is_some_and(|age| event.is_outdated(age, SystemTime::now())) {
            true => Err(Nothing::Outdated),
            false => Ok(pipelines),
        }
    }
}

/// Runs until it is told to stop. `path` is where the settings are.
pub(crate) async fn run(path: PathBuf, config: Config, dry_run: bool) -> Result<(), String> {
    let prometheus = install_prometheus("ci-trigger", env!("CARGO_PKG_VERSION"))?;

    let Made { config, place, verifiers, destinations } = Made::new(config, dry_run)?;
    config.oddities().iter().for_each(|oddity| say(&format!("ci-trigger: {oddity}")));
    let (listener, address) = bind(config.file.listen)?;
    let (admin_listener, admin_address) = bind(*config.file.admin.as_ref())?;

    // It begins to start them: a signal must not break that off.
    heed_signals();
    // What was only printed must not count as started.
    let folder = dry_run.then(TempDir::new).transpose().map_err(|error| error.to_string())?;
    let printed = folder.as_ref().map(|folder| Place::file(folder.path().join("outbox.db")));
    let (outbox, mut workers) = config.file.store.open_at(printed.as_ref().unwrap_or(&place))?;
    let names: Vec<_> = destinations.names().cloned().collect();
    let begun = destinations.exchange(&mut workers, || {});
    begun.map_err(|error| error.to_string())?;

    let gauges = Gauges::new("ci-trigger", outbox.clone(), names);
    let gauges = gauges.map_err(|error| error.to_string())?;
    let admin = Admin { outbox: outbox.clone(), prometheus, gauges: gauges.clone() };
    let admin = admin::serve(admin_listener, admin).map_err(|error| error.to_string())?;

    for (name, _) in &verifiers {
        say(&format!("POST /webhooks/{name} is guarded"));
    }
    say(&format!("admin on http://{admin_address}/metrics, /healthz and /readyz"));
    say(&format!("listening on http://{address}"));
    // Of the store, which stays.
    let most_age = (!dry_run).then(|| config.file.store.retention());
    let trigger = Trigger { outbox, most_age };
    let live = Live::new(Current::new(verifiers, &config.routes));
    let in_place = live.clone();
    let app = move |app: &mut ServiceConfig| {
        app.app_data(Data::new(trigger.clone()));
        // Whoever balances the load asks here; what it says costs nothing and tells nothing.
        app.route("/healthz", web::get().to(async || "ok\n"));
        Sender::ALL.iter().for_each(|sender| hook(app, sender.name(), &in_place));
    };
    let read = move || Made::new(Config::read(&path)?, dry_run);
    let take = |new: Made, workers: &mut Workers| {
        let said = new.summary();
        for line in new.config.stay(&config, [&new.place, &place]) {
            tracing::warn!("{line}");
        }
        let names: Vec<_> = new.destinations.names().cloned().collect();
        let current = Current::new(new.verifiers, &new.config.routes);
        let taken = new.destinations.exchange(workers, || live.swap(current));
        taken.map_err(|error| error.to_string())?;
        gauges.add(names);
        Ok(said)
    };
    let served = bridge_common::serve(serve(listener, app), workers, read, take).await;
    // Asked by machines of the operator; cut off at the end.
    admin.stop(false).await;
    served.map_err(|error| error.to_string())
}

/// Takes deliveries of a sender while it is configured.
fn hook(app: &mut ServiceConfig, sender: &'static str, live: &Live<Current>) {
    let (in_place, live) = (live.clone(), live.clone());
    let is_there = fn_guard(move |_| in_place.load().verifiers.contains_key(sender));
    let verify = Verify::with_resolver(move |request: &ServiceRequest| {
        let current = live.load();
        let verifier = current.verifiers.get(sender).cloned();
        request.extensions_mut().insert(current);
        let resolved: Ready<Result<_, _>> = ready(verifier.ok_or(ResolveError::Unknown));
        resolved
    });
    let hook = web::resource(format!("/webhooks/{sender}")).guard(is_there).wrap(verify);
    app.service(hook.route(web::post().to(on_delivery)));
}

fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), String> {
    let bound = TcpListener::bind(address).and_then(|listener| {
        let address = listener.local_addr()?;
        Ok((listener, address))
    });
    bound.map_err(|error| format!("cannot listen on {address}: {error}"))
}

/// Runs for verified deliveries only. What it accepts is on the disk.
async fn on_delivery(
    trigger: Data<Trigger>,
    current: ReqData<Arc<Current>>,
    Delivery(verified): Delivery,
) -> HttpResponse {
    let sender = verified.receipt().sender();
    let pipelines = match current.pipelines(trigger.most_age, sender, verified.body()) {
        Ok(pipelines) => pipelines,
        Err(nothing) => {
            log(sender, &nothing);
            return HttpResponse::NoContent().finish();
        }
    };
    match trigger.outbox.keep(&verified, pipelines).await {
        Ok(kept) => {
            if kept == Kept::Repeated {
                log_repeated(sender);
            }
            HttpResponse::NoContent().finish()
        }
        // MLflow comes again on a 503, and drops what is answered 4xx for good.
        Err(error) => {
            tracing::error!(sender, %error, "a delivery was not kept");
            try_again(verified.receipt())
        }
    }
}

/// Says why a genuine delivery starts nothing, without a byte of it.
fn log(sender: &'static str, nothing: &Nothing) {
    count_nothing(sender, nothing.code());
    let is_of_template = match nothing {
        Nothing::Eventless | Nothing::OwnEvent => true,
        Nothing::Nameless | Nothing::Unreadable(_) => {
            Sender::named(sender).is_some_and(Sender::has_template)
        }
        _ => false,
    };
    let advice = if is_of_template { first_advice(nothing.code()) } else { None };
    match (nothing, advice) {
        (_, Some(advice)) => tracing::warn!(sender, "starts nothing: {nothing}; {advice}"),
        // It was said once, and comes with every event of the automation.
        (Nothing::Eventless | Nothing::Other | Nothing::OwnEvent | Nothing::Unrouted, None) => {
            tracing::debug!(sender, "starts nothing: {nothing}");
        }
        (Nothing::Test, None) => tracing::info!(sender, "starts nothing: {nothing}"),
        (
            Nothing::Nameless | Nothing::Outdated | Nothing::Unreadable(_) | Nothing::Unrendered,
            None,
        ) => tracing::warn!(sender, "starts nothing: {nothing}"),
    }
}
