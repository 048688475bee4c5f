//! A route, from what stands in the file.

use std::{collections::HashSet, path::Path, sync::Arc};

use bridge_common::{Lines, Mistake, Source, UsedSecrets};
use http::{HeaderName, Uri, header};
use tokio_rustls::rustls::ClientConfig;
use toml::Spanned;
use verify_core::{ConfigError, ExposedSecret, Sender, Signer};
use verify_outbox::{Endpoint, EndpointError};

use super::{
    file::{self, File, Mode},
    keys::AllKeys,
    pattern::Pattern,
    route::{Goal, Proxy, Route},
};
use crate::upstream::Upstream;

/// What says whose connection it is, what follows the head, or what this gateway found out. None of it is the sender's
/// to say.
const OURS: [HeaderName; 13] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::EXPECT,
    header::HOST,
    HeaderName::from_static("http2-settings"),
    HeaderName::from_static("keep-alive"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    HeaderName::from_static("proxy-connection"),
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// What headers of this gateway begin with.
const PREFIX: &str = "verify-";

/// Reads all routes. `used` are the senders' secrets.
pub(super) fn read(
    file: &File,
    keys: Option<&AllKeys>,
    used: &UsedSecrets,
    lines: &Lines,
) -> Result<Vec<Route>, Mistake> {
    if file.routes.is_empty() {
        return Err(lines.mistake(None, "there is no `[[routes]]`, so nothing could come in"));
    }
    let mut patterns: Vec<Pattern> = Vec::new();
    let routes = file.routes.iter().map(|route| {
        let route = route.as_ref();
        let path = Pattern::new(route.path.as_ref()).map_err(|text| lines.at(&route.path, text));
        let path = path.and_then(|path| match patterns.iter().find(|other| path.meets(other)) {
            Some(other) => {
                let text = format!(
                    "a request could fit `{}` as well: each route needs paths of its own",
                    other.as_str()
                );
                Err(lines.at(&route.path, text))
            }
            None => {
                patterns.push(path.clone());
                Ok(path)
            }
        });
        let what = Mistake::both(goal(route, used, lines), report_only(route, lines));
        let who = Mistake::both(path, keys_of(route, keys, lines));
        let ((goal, is_report_only), (path, keys)) = Mistake::both(what, who)?;
        Ok(keys.map(|keys| Route { path, keys, goal, is_report_only }))
    });
    let routes: Vec<_> = Mistake::every(routes)?;
    Ok(routes.into_iter().flatten().collect())
}

/// Returns what verifies its deliveries. `None`: the secrets were not read, and why was told.
fn keys_of(
    route: &file::Route,
    keys: Option<&AllKeys>,
    lines: &Lines,
) -> Result<Option<super::Keys>, Mistake> {
    let name = route.sender.as_ref();
    let Some(sender) = Sender::named(name) else {
        let names: Vec<_> = Sender::ALL.iter().map(Sender::name).collect();
        let text = format!("no sender is called `{name}`; there are {}", names.join(", "));
        return Err(lines.at(&route.sender, text));
    };
    let has_tenant = route.path.as_ref().contains("{tenant}");
    keys.map(|keys| keys.of(sender, has_tenant, &route.sender, lines)).transpose()
}

/// Reads what becomes of its deliveries.
fn goal(route: &file::Route, used: &UsedSecrets, lines: &Lines) -> Result<Goal, Mistake> {
    let Some(mode) = route.mode() else {
        let place = route.mode.as_ref().map_or(&route.path, |mode| mode);
        return Err(lines.at(place, format!("should be one of {}", names(&Mode::ALL))));
    };
    let forwarded = Mistake::every(route.forward_headers.iter().map(|name| header(name, lines)));
    let forwarded = forwarded.map(|all: HashSet<_>| all.into_iter().collect());
    let more = Mistake::both(forwarded, signer(route, used, lines));
    let more = Mistake::both(without_effect(route, mode, lines), more);
    let (upstream, (_, (forwarded, signer))) = Mistake::both(target(route, mode, lines), more)?;
    Ok(match (mode, upstream) {
        (Mode::Keep, _) => Goal::Keep { signer },
        (Mode::Publish, _) => Goal::Publish,
        (Mode::Proxy, Some(upstream)) => {
            Goal::Proxy(Box::new(Proxy { upstream, forwarded, signer }))
        }
        (Mode::Decide | Mode::Proxy, _) => Goal::Decide,
    })
}

/// Checks where deliveries go. Returns the service of a proxy.
fn target(route: &file::Route, mode: Mode, lines: &Lines) -> Result<Option<Upstream>, Mistake> {
    let of_route = |name, setting| needed(name, setting, route, lines);
    match mode {
        Mode::Decide => Ok(None),
        Mode::Keep => {
            let url = of_route("upstream", &route.upstream)?;
            let endpoint = Endpoint::new(url.as_ref());
            let endpoint = endpoint.map_err(|error| lines.at(url, error.to_string()));
            Mistake::both(endpoint, authorities(route, lines)).map(|_| None)
        }
        Mode::Proxy => {
            let url = of_route("upstream", &route.upstream)?;
            let uri = upstream(url.as_ref()).map_err(|text| lines.at(url, text));
            let (uri, tls) = Mistake::both(uri, authorities(route, lines))?;
            Ok(Some(Upstream::new(uri, tls)))
        }
        Mode::Publish => {
            let stream = of_route("stream", &route.stream);
            Mistake::both(stream, of_route("subject", &route.subject)).map(|_| None)
        }
    }
}

fn needed<'r>(
    name: &str,
    setting: &'r Option<Spanned<String>>,
    route: &file::Route,
    lines: &Lines,
) -> Result<&'r Spanned<String>, Mistake> {
    let what = match name {
        "stream" => "the stream of NATS JetStream, such as `models`",
        "subject" => "what is published to, such as `models.events`, which the stream listens on",
        _ => "the URL of your service, such as `http://127.0.0.1:8000/webhooks`",
    };
    let missing = || lines.at(&route.path, format!("`{name}` is missing: {what}"));
    setting.as_ref().ok_or_else(missing)
}

/// Says which settings of a route have no effect in its mode.
fn without_effect(route: &file::Route, mode: Mode, lines: &Lines) -> Result<(), Mistake> {
    const POSTS: &[Mode] = &[Mode::Keep, Mode::Proxy];
    let settings = [
        ("forward_headers", route.forward_headers.first(), &[Mode::Proxy][..]),
        ("resign", route.resign.as_ref(), POSTS),
        ("stream", route.stream.as_ref(), &[Mode::Publish]),
        ("subject", route.subject.as_ref(), &[Mode::Publish]),
        ("upstream", route.upstream.as_ref(), POSTS),
        ("upstream_ca_file", route.upstream_ca_file.as_ref(), POSTS),
    ];
    let checks = settings.into_iter().map(|(name, place, modes)| match place {
        Some(place) if !modes.contains(&mode) => Err(lines.at(
            place,
            format!(
                "`{name}` has no effect with `mode = \"{}\"`: it is for {}",
                mode.name(),
                names(modes)
            ),
        )),
        _ => Ok(()),
    });
    Mistake::every::<(), Vec<()>>(checks).map(drop)
}

fn names(modes: &[Mode]) -> String {
    modes.iter().map(|mode| format!("`{}`", mode.name())).collect::<Vec<_>>().join(", ")
}

/// Reads who vouches for the certificate of an upstream. `None`: it speaks no TLS.
fn authorities(route: &file::Route, lines: &Lines) -> Result<Option<ClientConfig>, Mistake> {
    let is_https = route.upstream.as_ref().is_some_and(|url| is_https(url.as_ref()));
    let file = route.upstream_ca_file.as_ref();
    match (is_https, file) {
        (false, None) => Ok(None),
        (false, Some(file)) => {
            Err(lines.at(file, "this has no effect: `upstream` does not begin with `https://`"))
        }
        (true, file) => {
            let config = verify_connect::client_config(file.map(|file| Path::new(file.as_ref())));
            let wrong = |text| match file {
                Some(file) => lines.at(file, text),
                None => lines.at(&route.path, text),
            };
            config.map(Some).map_err(|error| wrong(error.text()))
        }
    }
}

fn is_https(url: &str) -> bool {
    url.parse().is_ok_and(|uri: Uri| uri.scheme_str() == Some("https"))
}

/// Returns whether what is not genuine is only reported.
fn report_only(route: &file::Route, lines: &Lines) -> Result<bool, Mistake> {
    match &route.dangerous_report_only {
        Some(place) if *place.as_ref() && route.mode() != Some(Mode::Decide) => Err(lines.at(
            place,
            "nothing is forwarded that is not verified: only `mode = \"decide\"` can report only",
        )),
        asked => Ok(asked.as_ref().is_some_and(|asked| *asked.as_ref())),
    }
}

/// Reads the URL of a service that deliveries are handed on to.
pub(crate) fn upstream(text: &str) -> Result<Uri, &'static str> {
    const SHAPE: &str = "not a URL such as `http://127.0.0.1:8000/webhooks`";
    match Endpoint::new(text) {
        // It may be in a network of one's own.
        Ok(_) | Err(EndpointError::NotEncrypted) => text.parse().map_err(|_| SHAPE),
        Err(EndpointError::UserInfo) => Err("a name and password in a URL are not sent"),
        Err(_) => Err(SHAPE),
    }
}

/// Reads the name of a header that goes along.
fn header(name: &Spanned<String>, lines: &Lines) -> Result<HeaderName, Mistake> {
    let header = HeaderName::try_from(name.as_ref());
    let header = header.map_err(|_| lines.at(name, "not a name of a header"))?;
    // What runs as CGI takes `_` and `-` for the same.
    let alike = header.as_str().replace('_', "-");
    match OURS.iter().any(|ours| *ours == *alike) || alike.starts_with(PREFIX) {
        true => {
            Err(lines.at(name, "the gateway says this by itself, so the sender's is not forwarded"))
        }
        false => Ok(header),
    }
}

/// Reads what signs anew.
fn signer(
    route: &file::Route,
    used: &UsedSecrets,
    lines: &Lines,
) -> Result<Option<Signer>, Mistake> {
    let source = Source { env: &route.resign_secret_env, file: &route.resign_secret_file };
    let Some(resign) = &route.resign else {
        return source.place().map_or(Ok(None), |place| {
            Err(lines.at(place, "set `resign = \"standard-webhooks\"` as well"))
        });
    };
    let scheme = Sender::STANDARD_WEBHOOKS;
    if resign.as_ref() != scheme.name() {
        let text = format!("what is forwarded is signed as `{}` or not at all", scheme.name());
        return Err(lines.at(resign, text));
    }
    let Some(read) = source.read(lines)? else {
        return Err(lines.at(resign, "set `resign_secret_env` or `resign_secret_file`"));
    };
    let wrong = |error: ConfigError| lines.at(read.place, error.to_string());
    let secret = ExposedSecret::new(read.value.as_str()).map_err(wrong)?;
    if let Some(owner) = used.owner(&secret, scheme.secret_encoding()) {
        let text = format!(
            "`{owner}` has the same secret: that sender could sign as the gateway, so `resign` needs a secret of its own"
        );
        return Err(lines.at(read.place, text));
    }
    Signer::new(scheme, secret.secret().clone()).map(Some).map_err(wrong)
}

/// Makes them shared.
pub(super) fn shared(routes: Vec<Route>) -> Vec<Arc<Route>> {
    routes.into_iter().map(Arc::new).collect()
}
