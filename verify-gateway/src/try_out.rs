//! For a first try without any file: a secret for this run, and deliveries to paste.

use core::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use bridge_common::{Live, heed_signals};
use http::Uri;
use verify_core::{Secret, Sender, Signer, UnixTime, Verifier};

use crate::{
    afterwards::Afterwards,
    config::{
        self, ClaimsAddress, Goal, Keys, Limits, Pattern, Proxy, Route, random_text, usual_path,
    },
    deliver::Deliverer,
    echo, once,
    run::{address, bind},
    serve, service,
    upstream::Upstream,
};

const LISTEN: SocketAddr = SocketAddr::new(core::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// Runs until it is told to stop. Without an upstream one of its own prints what it is sent.
pub(crate) async fn run(upstream: Option<&str>) -> Result<(), String> {
    let named = upstream.map(config::upstream).transpose();
    let named = named.map_err(|text| format!("--upstream: {text}"))?;
    let listener = match bind(LISTEN).await {
        Ok(listener) => listener,
        // Somebody has it: any other does for a try.
        Err(_) => bind(SocketAddr::new(LISTEN.ip(), 0)).await?,
    };
    let listening = address(&listener)?;
    let (upstream, echo) = match named {
        Some(uri) => (uri, None),
        None => {
            let echo = bind(SocketAddr::new(LISTEN.ip(), 0)).await?;
            let uri = format!("http://{}/", address(&echo)?);
            let uri: Uri = uri.parse().map_err(|_| "the echo has no address".to_owned())?;
            (uri, Some(tokio::spawn(echo::serve(echo))))
        }
    };
    heed_signals();
    let once = once::open(&ClaimsAddress::memory(), &Limits::default()).await?;

    eprintln!(
        "No file is named, so each sender has a secret for this run. Paste these into another"
    );
    eprintln!("terminal. The ones with a time are good for 5 minutes.\n");
    let mut routes = Vec::new();
    for sender in Sender::ALL {
        let (route, commands) = try_sender(*sender, listening, &upstream)?;
        routes.push(route);
        eprintln!("{commands}");
    }
    let limits = Limits::default();
    let live = Live::new(config::Live::to_try(routes));
    let afterwards = Afterwards::new(limits.buffered_bytes);
    let deliverer = Deliverer {
        once: Some(once),
        outbox: None,
        afterwards: afterwards.clone(),
        takes_outdated: true,
    };
    let app = service::service(live.clone(), deliverer, limits.buffered_bytes);
    match &echo {
        Some(_) => {
            eprintln!("what is verified goes to a service of this program's own, which prints it")
        }
        None => eprintln!("what is verified goes to {upstream}"),
    }
    eprintln!("listening on http://{listening}; RUST_LOG=verify=debug shows why one is refused");
    serve::serve(listener, &live, app, &limits, &afterwards).await;
    if let Some(echo) = echo {
        echo.abort();
    }
    Ok(())
}

/// Makes a secret for a sender, and says how to try it.
fn try_sender(
    sender: Sender,
    listening: SocketAddr,
    upstream: &Uri,
) -> Result<(Route, String), String> {
    let text = random_text(&sender);
    let in_words = |error: verify_core::ConfigError| error.to_string();
    let secret = || Secret::new(&text).map_err(in_words);
    let builder = Verifier::builder(sender).secret_named("this-run", secret()?);
    let verifier = builder.build().map_err(in_words)?;
    let signer = Signer::new(sender, secret()?).map_err(in_words)?;
    let commands = commands(listening, sender, &signer).map_err(|error| error.to_string())?;
    let tls = upstream.scheme_str() == Some("https");
    let tls = tls.then(|| verify_connect::client_config(None)).transpose();
    let tls = tls.map_err(|error| error.to_string())?;
    let upstream = Upstream::new(upstream.clone(), tls);
    let proxy = Box::new(Proxy { upstream, forwarded: Vec::new(), signer: None });
    let route = Route {
        path: Pattern::new(&usual_path(&sender)).map_err(str::to_owned)?,
        keys: Keys::One(Arc::new(verifier)),
        goal: Goal::Proxy(proxy),
        is_report_only: false,
    };
    Ok((route, commands))
}

/// A delivery that is accepted, and the same with one byte changed.
fn commands(
    listening: SocketAddr,
    sender: Sender,
    signer: &Signer,
) -> Result<String, Box<dyn core::error::Error>> {
    let (name, body) = (sender.name(), sender.example());
    let delivery_id = "6f1c0a9e-6d5f-4c39-9d1b-2f6f6c9f2a10";
    let signed = signer.sign(UnixTime::now()?, delivery_id, body.as_bytes())?;
    let headers: String =
        signed.iter().map(|(name, value)| format!(" -H '{name}: {value}'")).collect();
    let curl = |body: &str| {
        let (path, body) = (usual_path(&sender), body.replace('\'', r"'\''"));
        format!(
            "curl -i http://{listening}{path} -H 'content-type: application/json'{headers} --data-binary '{body}'"
        )
    };
    let forged = body.replacen('a', "b", 1);
    Ok(format!(
        "# {name}: forwarded; pasted again, answered without your service\n{}\n\
         # {name}: refused, one byte of the body differs (401)\n{}\n",
        curl(body),
        curl(&forged)
    ))
}
