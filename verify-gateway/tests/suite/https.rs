//! A service behind TLS: its certificate and its name are checked, over real sockets.

use tempfile::TempDir;
use verify_core::Sender;

use crate::{
    authority::Authority,
    gateway::{Place, alias, route, wait_until},
    upstream::Upstream,
};

const MLFLOW: &Sender = &Sender::MLFLOW;

/// What a service shows, whom the gateway trusts, and what the log says. `None`: it arrives.
const SHOWN: [(&str, Trusted, Option<&str>); 4] = [
    ("127.0.0.1", Trusted::Its, None),
    ("127.0.0.1", Trusted::Another, Some("shows a certificate that is not trusted")),
    ("127.0.0.1", Trusted::Mozilla, Some("shows a certificate that is not trusted")),
    ("elsewhere.test", Trusted::Its, Some("shows a certificate of another name")),
];

#[derive(Clone, Copy)]
enum Trusted {
    Another,
    Its,
    Mozilla,
}

/// A service, and the settings of its route.
fn service(folder: &TempDir, name: &str, trusted: Trusted) -> (Upstream, String) {
    let authority = Authority::new();
    let (certificate, key) = authority.certify(folder.path(), name, true);
    let file = match trusted {
        Trusted::Another => Authority::new().write(folder.path(), "another.pem"),
        Trusted::Its => authority.write(folder.path(), "authority.pem"),
        Trusted::Mozilla => {
            return (Upstream::with_certificate(certificate, key), String::new());
        }
    };
    (Upstream::with_certificate(certificate, key), format!("upstream_ca_file = \"{file}\"\n"))
}

#[test]
fn a_proxy_hands_on_to_the_service_that_its_url_names_and_to_no_other() {
    for (name, trusted, said) in SHOWN {
        let folder = TempDir::new().unwrap();
        let (upstream, settings) = service(&folder, name, trusted);
        let gateway = Place::new(&route(MLFLOW, &upstream.url("/hook"), &settings)).start();
        let answer = gateway.send(MLFLOW, "an-id", &alias(1));
        match said {
            None => {
                assert_eq!(answer.status, 204);
                let reached = upstream.reached().pop().unwrap();
                assert_eq!((reached.path.as_str(), reached.body), ("/hook", alias(1).into_bytes()));
            }
            Some(said) => {
                assert_eq!(answer.status, 503, "{name}");
                assert!(answer.header("retry-after").is_some());
                wait_until(|| gateway.log().contains("outcome=\"not_forwarded\""));
                assert!(gateway.log().contains(said), "{}", gateway.log());
                assert!(upstream.reached().is_empty(), "nothing is told to whoever shows that");
            }
        }
    }
}

#[test]
fn what_is_kept_is_posted_to_the_service_that_its_url_names_and_to_no_other() {
    for (name, trusted, said) in SHOWN {
        let folder = TempDir::new().unwrap();
        let (upstream, settings) = service(&folder, name, trusted);
        let settings = format!("{settings}mode = \"keep\"\n[store]\npath = \"FOLDER/kept.db\"\n");
        let gateway =
            Place::with_head("", &route(MLFLOW, &upstream.url("/hook"), &settings)).start();
        assert_eq!(gateway.send(MLFLOW, "an-id", &alias(1)).status, 202);
        match said {
            None => {
                wait_until(|| upstream.reached().len() == 1);
                let reached = upstream.reached().pop().unwrap();
                assert_eq!((reached.path.as_str(), reached.body), ("/hook", alias(1).into_bytes()));
            }
            Some(_) => {
                wait_until(|| gateway.log().contains("TLS failed"));
                assert!(upstream.reached().is_empty());
            }
        }
    }
}

/// What is posted goes on to trust the authority that was read at the start, so a reload must not seem to change that.
#[test]
fn another_authority_of_what_is_kept_is_not_taken() {
    let folder = TempDir::new().unwrap();
    let (upstream, settings) = service(&folder, "127.0.0.1", Trusted::Its);
    let settings = format!("{settings}mode = \"keep\"\n[store]\npath = \"FOLDER/kept.db\"\n");
    let gateway = Place::with_head("", &route(MLFLOW, &upstream.url("/hook"), &settings)).start();
    Authority::new().write(folder.path(), "authority.pem");
    gateway.signal("HUP");
    wait_until(|| gateway.log().contains("settings"));
    assert!(gateway.log().contains("restart it"), "{}", gateway.log());
}

#[test]
fn a_redirect_to_another_place_is_not_followed() {
    let folder = TempDir::new().unwrap();
    let (upstream, settings) = service(&folder, "127.0.0.1", Trusted::Its);
    let other = Upstream::new();
    let location = other.url("/");
    upstream.behave(move |_| (307, format!("location: {location}\r\n")));
    let gateway = Place::new(&route(MLFLOW, &upstream.url("/"), &settings)).start();
    assert_eq!(gateway.send(MLFLOW, "an-id", &alias(1)).status, 503);
    assert_eq!((upstream.reached().len(), other.reached().len()), (1, 0));
}

#[test]
fn a_service_that_speaks_no_tls_is_told_nothing() {
    let upstream = Upstream::new();
    let url = upstream.url("/").replace("http://", "https://");
    let gateway = Place::new(&route(MLFLOW, &url, "")).start();
    assert_eq!(gateway.send(MLFLOW, "an-id", &alias(1)).status, 503);
    wait_until(|| gateway.log().contains("outcome=\"not_forwarded\""));
    assert!(upstream.reached().is_empty());
}
