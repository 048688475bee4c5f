//! The gateway as a process, as the settings say.

use std::path::Path;

use bridge_common::{Gauges, Live, heed_signals, install_prometheus, reload_on_hangup, say};
use core::net::SocketAddr;
use tokio::net::TcpListener;
use verify_outbox::Workers;

use crate::{
    admin::Admin, afterwards::Afterwards, config::Config, deliver::Deliverer, kept, log_line, once,
    serve, service,
};

const PROGRAM: &str = "verify-gateway";

/// What is read at the start alone.
const STAYS: &str = "`listen`, `admin`, `[limits]`, `[once]`, `[store]`, `[nats]`, and the paths of what is kept and where it \
                     goes do not change while it runs: restart it";

/// Runs until it is told to stop.
pub(crate) async fn run(path: &Path) -> Result<(), String> {
    let prometheus = install_prometheus(PROGRAM, env!("CARGO_PKG_VERSION"))?;
    log_line::describe();
    let config = Config::read(path)?;
    say_oddities(&config);
    let Config { fixed, live: current, store, .. } = config;
    let listener = bind(fixed.listen).await?;
    let admin_listener = bind(fixed.admin).await?;

    // It begins to post: a signal must not break that off.
    heed_signals();
    let claims = match &fixed.once {
        Some(address) => Some(once::open(address, &fixed.limits).await?),
        None => None,
    };
    let live = Live::new(current);
    let opened = match &store {
        Some((store, place)) => Some((kept::open(store, place, &fixed, &live)?, store.retention())),
        None => None,
    };
    let (outbox, workers) =
        opened.map(|((outbox, workers), known)| ((outbox, known), workers)).unzip();
    let gauges = outbox.as_ref().map(|(outbox, _)| {
        let destinations = fixed.kept.keys().cloned();
        Gauges::new(PROGRAM, outbox.clone(), destinations).map_err(|error| error.to_string())
    });
    let admin = Admin {
        prometheus,
        once: claims.clone(),
        outbox: outbox.as_ref().map(|(outbox, _)| outbox.clone()),
        gauges: gauges.transpose()?,
    };
    for route in live.load().routes.iter() {
        say(&format!("POST {} is guarded: {}", route.path.as_str(), route.goal.mode()));
    }
    let scheme = if live.load().tls.is_some() { "https" } else { "http" };
    let (limits, listening) = (fixed.limits, address(&listener)?);
    say(&format!("admin on http://{}/metrics, /healthz and /readyz", address(&admin_listener)?));

    let admin = tokio::spawn(admin.serve(admin_listener));
    let afterwards = Afterwards::new(limits.buffered_bytes);
    let deliverer =
        Deliverer { once: claims, outbox, afterwards: afterwards.clone(), takes_outdated: false };
    let app = service::service(live.clone(), deliverer, limits.buffered_bytes);
    say(&format!("listening on {scheme}://{listening}"));
    let serving = serve::serve(listener, &live, app, &limits, &afterwards);
    let read = {
        let path = path.to_owned();
        move || Config::read(&path)
    };
    let take = |new: Config| {
        let summary = new.summary();
        if new.fixed != fixed || new.store != store {
            return Err(STAYS.to_owned());
        }
        say_oddities(&new);
        live.swap(new.live);
        Ok(summary)
    };
    match workers {
        Some(workers) => {
            let take = |new, _: &mut Workers| take(new);
            bridge_common::serve(serving, workers, read, take).await;
        }
        None => tokio::select! {
            () = serving => {}
            never = reload_on_hangup(read, take) => match never {},
        },
    }
    admin.abort();
    Ok(())
}

fn say_oddities(config: &Config) {
    config.oddities().iter().for_each(|oddity| say(&format!("{PROGRAM}: {oddity}")));
}

pub(crate) async fn bind(address: SocketAddr) -> Result<TcpListener, String> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| format!("cannot listen on {address}: {error}"))
}

pub(crate) fn address(listener: &TcpListener) -> Result<SocketAddr, String> {
    listener.local_addr().map_err(|error| error.to_string())
}
