//! Takes deliveries in, and lets them be posted.

use core::{future::pending, time::Duration};
use std::{path::PathBuf, sync::Arc, time::SystemTime};

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{MethodRouter, get, post},
};
use bridge_common::{
    Automation, Event, Gauges, Live, Place, count_nothing, first_advice, heed_signals,
    install_prometheus, log_repeated, say, serve_until_stopped,
};
use tempfile::TempDir;
use tokio::net::TcpListener;
use verify_axum::{Delivery, Sender, Verifier, VerifyLayer, try_again};
use verify_hyper::{KeepPlaceLayer, Server};
use verify_outbox::{Kept, Outbox, Workers};

use crate::{
    admin::{self, Admin},
    config::{Config, Routes},
    live::LiveApp,
    made::Made,
};

/// Connections of operators: few, so that they leave files for deliveries.
const ADMIN_CONNECTIONS: u32 = 64;

#[derive(Clone)]
struct Bridge {
    outbox: Outbox,
    routes: Arc<Routes>,
    /// How old an event may be. `None`: as old as it likes, since it is only printed.
    most_age: Option<Duration>,
}

/// Runs until it is told to stop. `path` is where the settings are.
pub(crate) async fn run(path: PathBuf, config: Config, dry_run: bool) -> Result<(), String> {
    let prometheus = install_prometheus("slack-bridge", env!("CARGO_PKG_VERSION"))?;

    let Made { config, place, verifiers, destinations } = Made::new(config, dry_run)?;
    config.oddities().iter().for_each(|oddity| say(&format!("slack-bridge: {oddity}")));
    let bind = async |address| {
        let listener = TcpListener::bind(address).await;
        listener.map_err(|error| format!("cannot listen on {address}: {error}"))
    };
    let listener = bind(config.file.listen).await?;
    let admin_listener = bind(*config.file.admin.as_ref()).await?;
    let address = |listener: &TcpListener| listener.local_addr().map_err(|error| error.to_string());

    // It begins to post: a signal must not break that off.
    heed_signals();
    // Deliveries that were only printed must not count as posted.
    let folder = dry_run.then(TempDir::new).transpose().map_err(|error| error.to_string())?;
    let printed = folder.as_ref().map(|folder| Place::file(folder.path().join("outbox.db")));
    let (outbox, mut workers) = config.file.store.open_at(printed.as_ref().unwrap_or(&place))?;
    let names: Vec<_> = destinations.names().cloned().collect();
    let begun = destinations.exchange(&mut workers, || {});
    begun.map_err(|error| error.to_string())?;

    let gauges = Gauges::new("slack-bridge", outbox.clone(), names);
    let gauges = gauges.map_err(|error| error.to_string())?;
    let admin = Admin { outbox: outbox.clone(), prometheus, gauges: gauges.clone() };
    let admin = admin::app(admin);

    for (name, _) in &verifiers {
        say(&format!("POST /webhooks/{name} is guarded"));
    }
    // Of the store, which stays.
    let most_age = (!dry_run).then(|| config.file.store.retention());
    let bridge = Bridge { outbox, routes: Arc::clone(&config.routes), most_age };
    let live = Live::new(app(verifiers, bridge.clone()));
    let served = LiveApp(live.clone());
    say(&format!("admin on http://{}/metrics, /healthz and /readyz", address(&admin_listener)?));
    say(&format!("listening on http://{}", address(&listener)?));

    // Asked by machines of the operator; cut off at the end.
    let admin = tokio::spawn(async move {
        Server::new().connections(ADMIN_CONNECTIONS).serve(admin_listener, admin, pending()).await;
    });
    let serving = serve_until_stopped(|stop| Server::new().serve(listener, served, stop));
    let read = move || Made::new(Config::read(&path)?, dry_run);
    let take = |new: Made, workers: &mut Workers| {
        let said = new.summary();
        for line in new.config.stay(&config, [&new.place, &place]) {
            tracing::warn!("{line}");
        }
        let names: Vec<_> = new.destinations.names().cloned().collect();
        let bridge = Bridge { routes: Arc::clone(&new.config.routes), ..bridge.clone() };
        let app = app(new.verifiers, bridge);
        let taken = new.destinations.exchange(workers, || live.swap(app));
        taken.map_err(|error| error.to_string())?;
        gauges.add(names);
        Ok(said)
    };
    bridge_common::serve(serving, workers, read, take).await;
    admin.abort();
    Ok(())
}

/// What senders speak to.
fn app(verifiers: Vec<(&'static str, Verifier)>, bridge: Bridge) -> Router {
    // Whoever balances the load asks here; what it says costs nothing and tells nothing.
    let app = Router::new().route("/healthz", get(async || "ok\n"));
    let guarded = verifiers.into_iter().fold(app, |app, (name, verifier)| {
        let guarded: MethodRouter<_> = post(on_delivery).layer(KeepPlaceLayer::new());
        app.route(&format!("/webhooks/{name}"), guarded.layer(VerifyLayer::new(verifier)))
    });
    guarded.with_state(bridge)
}

/// Runs for verified deliveries only. What it accepts is on the disk.
async fn on_delivery(State(bridge): State<Bridge>, Delivery(verified): Delivery) -> Response {
    let sender = verified.receipt().sender();
    let event = Event::read(sender, verified.body());
    advise(sender, &event);
    let channels = bridge.routes.channels(sender, &event);
    if channels.is_empty() {
        count_nothing(sender, "unrouted");
        return StatusCode::NO_CONTENT.into_response();
    }
    let is_outdated = |most_age| event.is_outdated(most_age, SystemTime::now());
    if bridge.most_age.is_some_and(is_outdated) {
        count_nothing(sender, "outdated");
        tracing::warn!(sender, "not posted: it is older than `retention_days`");
        return StatusCode::NO_CONTENT.into_response();
    }
    match bridge.outbox.keep(&verified, channels).await {
        Ok(kept) => {
            if kept == Kept::Repeated {
                log_repeated(sender);
            }
            StatusCode::NO_CONTENT.into_response()
        }
        // MLflow comes again on a 503, and drops what is answered 4xx for good.
        Err(error) => {
            tracing::error!(sender, %error, "a delivery was not kept");
            try_again(verified.receipt())
        }
    }
}

/// Says once what is wrong with a template of which no message can be made that tells people much.
fn advise(sender: &'static str, event: &Event) {
    let reason = match event.variables() {
        Some(variables) if !Automation::says_what(variables) => {
            "its template has no variable that says which artifact or project it is about"
        }
        None if event.is_unreadable()
            && Sender::named(sender).is_some_and(Sender::has_template) =>
        {
            "it is not a JSON object"
        }
        _ => return,
    };
    if let Some(advice) = first_advice(reason) {
        tracing::warn!(sender, "posted with few details: {reason}; {advice}");
    }
}
