//! Takes deliveries in, and lets them be posted.

use core::{future::pending, time::Duration};
use std::{sync::Arc, time::SystemTime};

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{MethodRouter, get, post},
};
use bridge_common::{
    Automation, Event, Gauges, Place, count_nothing, first_advice, heed_signals,
    install_prometheus, log_repeated, stopped,
};
use tempfile::TempDir;
use tokio::net::TcpListener;
use verify_axum::{Delivery, Sender, VerifyLayer, try_again};
use verify_hyper::{KeepPlaceLayer, Server};
use verify_outbox::{Kept, Outbox, Policy, Workers};

use crate::{
    admin::{self, Admin},
    config::{Config, Routes},
    slack::{self, DryRun, Slack},
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

/// Runs until it is told to stop.
pub(crate) async fn run(config: Config, dry_run: bool) -> Result<(), String> {
    let prometheus = install_prometheus("slack-bridge", env!("CARGO_PKG_VERSION"))?;

    let verifiers = config.verifiers()?;
    config.oddities().iter().for_each(|oddity| eprintln!("slack-bridge: {oddity}"));
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
    let (outbox, workers) = match &folder {
        Some(folder) => open_to_print(&config, folder)?,
        None => open(&config)?,
    };

    let gauges = Gauges::new("slack-bridge", outbox.clone(), config.channels());
    let gauges = gauges.map_err(|error| error.to_string())?;
    let admin = admin::app(Admin { outbox: outbox.clone(), prometheus, gauges });

    // Whoever balances the load asks here; what it says costs nothing and tells nothing.
    let mut app = Router::new().route("/healthz", get(async || "ok\n"));
    for (name, verifier) in verifiers {
        let path = format!("/webhooks/{name}");
        eprintln!("POST {path} is guarded");
        let guarded: MethodRouter<_> = post(on_delivery).layer(KeepPlaceLayer::new());
        app = app.route(&path, guarded.layer(VerifyLayer::new(verifier)));
    }
    let most_age = (!dry_run).then(|| config.file.store.retention());
    let app = app.with_state(Bridge { outbox, routes: Arc::new(config.routes), most_age });
    eprintln!("admin on http://{}/metrics, /healthz and /readyz", address(&admin_listener)?);
    eprintln!("listening on http://{}", address(&listener)?);

    // Asked by machines of the operator; cut off at the end.
    let admin = tokio::spawn(async move {
        Server::new().connections(ADMIN_CONNECTIONS).serve(admin_listener, admin, pending()).await;
    });
    let serving = async {
        let stopping = async {
            stopped(1).await;
            eprintln!("stopping; what is in flight is finished");
        };
        tokio::select! {
            () = Server::new().serve(listener, app, stopping) => {}
            () = stopped(2) => {}
        }
    };
    bridge_common::serve(serving, workers).await;
    admin.abort();
    Ok(())
}

/// Opens the store, and begins to post what is in it.
fn open(config: &Config) -> Result<(Outbox, Workers), String> {
    let endpoints = config.endpoints()?;
    let (outbox, mut workers) = config.file.store.open_at(&config.place()?)?;
    let http = Slack::client();
    for (channel, endpoint) in endpoints {
        let slack = Slack { http: http.clone(), endpoint, links: config.links() };
        let policy = slack::policy(config.file.store.give_up_after());
        workers.add(&channel, policy, slack).map_err(|error| error.to_string())?;
    }
    Ok((outbox, workers))
}

/// The same, in a store that nobody needs any more, to print it.
fn open_to_print(config: &Config, folder: &TempDir) -> Result<(Outbox, Workers), String> {
    let (outbox, mut workers) =
        config.file.store.open_at(&Place::file(folder.path().join("outbox.db")))?;
    for channel in config.channels() {
        let print = DryRun { channel: channel.clone(), links: config.links() };
        let added = workers.add(&channel, Policy::default(), print);
        added.map_err(|error| error.to_string())?;
    }
    Ok((outbox, workers))
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
        tracing::warn!(sender, "the message says little: {reason}; {advice}");
    }
}
