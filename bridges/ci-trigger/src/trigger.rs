//! Takes deliveries in, and lets pipelines be started.

use core::{net::SocketAddr, time::Duration};
use std::{net::TcpListener, sync::Arc, time::SystemTime};

use actix_web::{
    HttpResponse,
    web::{self, Data, ServiceConfig},
};
use bridge_common::{
    Event, Gauges, Place, count_nothing, first_advice, heed_signals, install_prometheus,
    log_repeated,
};
use tempfile::TempDir;
use verify_actix::{Delivery, Sender, Verify, try_again};
use verify_outbox::{Kept, Outbox, Policy, Workers};

use crate::{
    admin::{self, Admin},
    config::{Config, Routes},
    movement::{Movement, Nothing},
    pipeline::{DryRun, Start},
    serve::serve,
};

#[derive(Clone)]
struct Trigger {
    outbox: Outbox,
    routes: Arc<Routes>,
    /// How old an event may be. `None`: as old as it likes, since it is only printed.
    most_age: Option<Duration>,
}

impl Trigger {
    /// Returns what a delivery starts.
    fn pipelines(&self, sender: &str, body: &[u8]) -> Result<Vec<String>, Nothing> {
        let movement = Movement::read(sender, body)?;
        let pipelines = self.routes.pipelines(sender, &movement);
        if pipelines.is_empty() {
            return Err(movement.unrouted());
        }
        let event = Event::read(sender, body);
        match self.most_age.is_some_and(|age| event.is_outdated(age, SystemTime::now())) {
            true => Err(Nothing::Outdated),
            false => Ok(pipelines),
        }
    }
}

/// Runs until it is told to stop.
pub(crate) async fn run(config: Config, dry_run: bool) -> Result<(), String> {
    let prometheus = install_prometheus("ci-trigger", env!("CARGO_PKG_VERSION"))?;

    let verifiers = config.verifiers()?;
    config.oddities().iter().for_each(|oddity| eprintln!("ci-trigger: {oddity}"));
    let (listener, address) = bind(config.file.listen)?;
    let (admin_listener, admin_address) = bind(*config.file.admin.as_ref())?;

    // It begins to start them: a signal must not break that off.
    heed_signals();
    // What was only printed must not count as started.
    let folder = dry_run.then(TempDir::new).transpose().map_err(|error| error.to_string())?;
    let (outbox, workers) = match &folder {
        Some(folder) => open_to_print(&config, folder)?,
        None => open(&config)?,
    };

    let pipelines = config.pipelines().into_keys();
    let gauges = Gauges::new("ci-trigger", outbox.clone(), pipelines);
    let gauges = gauges.map_err(|error| error.to_string())?;
    let admin = Admin { outbox: outbox.clone(), prometheus, gauges };
    let admin = admin::serve(admin_listener, admin).map_err(|error| error.to_string())?;

    let guards: Vec<_> = verifiers
        .into_iter()
        .map(|(name, verifier)| (format!("/webhooks/{name}"), Verify::new(verifier)))
        .collect();
    guards.iter().for_each(|(path, _)| eprintln!("POST {path} is guarded"));
    eprintln!("admin on http://{admin_address}/metrics, /healthz and /readyz");
    eprintln!("listening on http://{address}");
    let most_age = (!dry_run).then(|| config.file.store.retention());
    let trigger = Trigger { outbox, routes: Arc::new(config.routes), most_age };
    let app = move |app: &mut ServiceConfig| {
        app.app_data(Data::new(trigger.clone()));
        // Whoever balances the load asks here; what it says costs nothing and tells nothing.
        app.route("/healthz", web::get().to(async || "ok\n"));
        for (path, guard) in &guards {
            let hook = web::resource(path).wrap(guard.clone());
            app.service(hook.route(web::post().to(on_delivery)));
        }
    };
    let served = bridge_common::serve(serve(listener, app), workers).await;
    // Asked by machines of the operator; cut off at the end.
    admin.stop(false).await;
    served.map_err(|error| error.to_string())
}

fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), String> {
    let bound = TcpListener::bind(address).and_then(|listener| {
        let address = listener.local_addr()?;
        Ok((listener, address))
    });
    bound.map_err(|error| format!("cannot listen on {address}: {error}"))
}

/// Opens the store, and begins to start what is in it.
fn open(config: &Config) -> Result<(Outbox, Workers), String> {
    let mut destinations = config.destinations()?;
    let (outbox, mut workers) = config.file.store.open_at(&config.place()?)?;
    let http = Start::client();
    for (name, pipeline) in config.pipelines() {
        let Some(destination) = destinations.remove(&name) else { continue };
        let policy = Start::policy(&pipeline, config.file.store.give_up_after());
        let start = Start { http: http.clone(), pipeline, destination };
        workers.add(&name, policy, start).map_err(|error| error.to_string())?;
    }
    Ok((outbox, workers))
}

/// The same, in a store that nobody needs any more, to print it.
fn open_to_print(config: &Config, folder: &TempDir) -> Result<(Outbox, Workers), String> {
    let (outbox, mut workers) =
        config.file.store.open_at(&Place::file(folder.path().join("outbox.db")))?;
    for (name, pipeline) in config.pipelines() {
        let print = DryRun { name: name.clone(), pipeline };
        workers.add(&name, Policy::default(), print).map_err(|error| error.to_string())?;
    }
    Ok((outbox, workers))
}

/// Runs for verified deliveries only. What it accepts is on the disk.
async fn on_delivery(trigger: Data<Trigger>, Delivery(verified): Delivery) -> HttpResponse {
    let sender = verified.receipt().sender();
    let pipelines = match trigger.pipelines(sender, verified.body()) {
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
