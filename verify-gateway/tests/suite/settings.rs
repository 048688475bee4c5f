//! All that is wrong with the settings is told at once, each with its line.

use verify_core::Sender;

use crate::gateway::{Place, route};

const MLFLOW: &Sender = &Sender::MLFLOW;

#[test]
fn settings_that_are_right_say_so() {
    let place = Place::of_all("http://127.0.0.1:8000/", "");
    let output = place.run(&["check"]);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "4 routes: nothing is wrong\n");
    assert!(output.status.success());
}

#[test]
fn everything_is_told_at_once() {
    let place = Place::with_head("", "");
    let empty = place.write("empty", "");
    place.edit(|config| {
        format!(
            r#"{config}[tenants.acme.mlflow]
secret_file = "{empty}"
[store]
path = "/nowhere/at/all.db"
[limits]
connections = 0
body_kib = "large"
[tls]
certificate_file = "/nowhere.pem"
key_file = "/nowhere.pem"
[[routes]]
path = "webhooks"
sender = "mlflov"
upstream = "ftp://x"
retries = 3
[[routes]]
path = "/unknown"
sender = "mlflow"
mode = "keeep"
[[routes]]
path = "/a"
sender = "mlflow"
upstream = "http://user@x"
forward_headers = ["host", "a b"]
[[routes]]
path = "/a"
sender = "mlflow"
upstream = "https://x"
resign = "x"
[[routes]]
path = "/keep"
sender = "mlflow"
upstream = "http://192.0.2.1/"
mode = "keep"
dangerous_report_only = true
"#
        )
    });
    let said = place.mistakes();
    for expected in [
        "`secret` is empty",
        "the folder of this file is not there",
        "`connections` is 1 to 100000",
        "should be a whole number",
        "there is no setting `retries` here",
        "should be one of `decide`, `keep`, `proxy`, `publish`",
        "the file cannot be read",
        "a path begins with `/`",
        "no sender is called `mlflov`; there are databricks, mlflow, standard-webhooks, wandb",
        "not a URL such as `http://127.0.0.1:8000/webhooks`",
        "`[once]` is missing",
        "a name and password in a URL are not sent",
        "the gateway says this by itself",
        "not a name of a header",
        "a request could fit `/a` as well",
        "what is forwarded is signed as `standard-webhooks` or not at all",
        "`http` to another machine",
    ] {
        assert!(said.contains(expected), "{expected:?} is not in\n{said}");
    }
    let lines: Vec<_> = said.lines().collect();
    assert!(lines.len() >= 17, "{said}");
    let numbers = lines.iter().filter(|line| {
        let rest = line.split("FILE:").nth(1).unwrap_or_default();
        rest.split(':').next().is_some_and(|number| number.parse::<usize>().is_ok())
    });
    assert!(numbers.count() >= 17, "each has its line: {said}");
}

/// Others would be asked at another port, or with a request that servers refuse for good.
#[test]
fn an_upstream_that_nobody_means_is_a_mistake() {
    for url in ["http://127.0.0.1:99999/x", "http://127.0.0.1:/", "http://:80/", "http://x/\u{fc}"]
    {
        let said = Place::new(&route(MLFLOW, url, "")).mistakes();
        assert!(
            said.contains("not a URL such as `http://127.0.0.1:8000/webhooks`"),
            "{url}: {said}"
        );
    }
}

/// `_` and `-` are the same to what runs as CGI.
#[test]
fn what_the_gateway_says_cannot_be_forwarded_under_another_spelling() {
    for name in ["Verify_Key", "content_length", "Keep-Alive", "proxy-connection", "HTTP2-Settings"]
    {
        let more = format!("forward_headers = [\"x-fine\", \"{name}\"]");
        let said = Place::new(&route(MLFLOW, "http://127.0.0.1:8000/", &more)).mistakes();
        assert!(said.contains("the gateway says this by itself"), "{name}: {said}");
    }
}

/// One mistake each, with what is said.
#[test]
fn each_mistake_says_what_to_do() {
    let proxy = route(MLFLOW, "http://127.0.0.1:8000/", "");
    let with = |more: &str| format!("{}{more}", route(MLFLOW, "http://127.0.0.1:8000/", ""));
    let decide = "[[routes]]\npath = \"/d\"\nsender = \"mlflow\"\nmode = \"decide\"\n";
    let publish =
        "[[routes]]\npath = \"/p\"\nsender = \"mlflow\"\nmode = \"publish\"\nstream = \"models\"\n\
                   subject = \"models.events\"\n"
            .to_owned();
    let nats = "[nats]\naddress = \"nats://127.0.0.1:1\"\n";
    let once = "[once]\naddress = \"memory\"\n";
    for (head, more, expected) in [
        (once, with("unknown = 1"), "there is no setting `unknown` here"),
        (once, String::new(), "there is no `[[routes]]`"),
        (once, with("dangerous_report_only = true"), "only `mode = \"decide\"` can report only"),
        (once, with("mode = \"post\""), "should be one of `decide`, `keep`, `proxy`, `publish`"),
        (once, format!("{decide}mode_ = 1"), "there is no setting `mode_` here"),
        (
            once,
            publish.replace("stream =", "#"),
            "`stream` is missing: the stream of NATS JetStream",
        ),
        (once, publish.replace("subject =", "#"), "`subject` is missing"),
        (once, publish.clone(), "`[nats]` is missing"),
        (once, publish.clone(), "`[store]` is missing"),
        (once, format!("{proxy}[nats]\n"), "`nats` is for routes with `mode = \"publish\"`"),
        (once, format!("{publish}[nats]\n"), "set one of `address`, `address_env`"),
        (
            once,
            format!("{publish}[nats]\naddress = \"nats://u:secret@h\"\n"),
            "a user, a password or a token does not belong into the settings",
        ),
        (
            once,
            format!("{publish}[nats]\naddress = \"nats://192.0.2.1\"\n"),
            "use `tls://`, or say `without_tls` if nobody else is in that network",
        ),
        (
            once,
            format!("{publish}{nats}credentials_file = \"/nowhere.creds\"\n"),
            "the file cannot be read",
        ),
        (once, format!("{publish}{nats}ca_file = \"/nowhere.pem\"\n"), "the file cannot be read"),
        (
            once,
            format!("{}{nats}", publish.replace("models.events", "models.>")),
            "a subject to post to is words with dots",
        ),
        (
            once,
            format!("{publish}upstream = \"http://x\"\n"),
            "`upstream` has no effect with `mode = \"publish\"`: it is for `keep`, `proxy`",
        ),
        (once, with("upstream_ca_file = \"x.pem\""), "`upstream` does not begin with `https://`"),
        (
            once,
            with("upstream_ca_file = \"/nowhere.pem\"").replace("http:", "https:"),
            "the file cannot be read",
        ),
        (once, with("mode = \"keep\""), "`[store]` is missing"),
        (
            once,
            with("resign = \"standard-webhooks\""),
            "set `resign_secret_env` or `resign_secret_file`",
        ),
        (once, with("resign_secret_env = \"X\""), "set `resign = \"standard-webhooks\"` as well"),
        (once, with("forward_headers = [\"Verify-Sender\"]"), "the gateway says this by itself"),
        (once, proxy.replace("mlflow\"\nupstream", "mlflow\"\n#"), "`upstream` is missing"),
        (once, proxy.replace("/webhooks/", "/{tenant}/"), "no tenant has this sender"),
        (
            once,
            format!("{decide}upstream = \"http://x\""),
            "`upstream` has no effect with `mode = \"decide\"`",
        ),
        (once, format!("{decide}resign = \"x\""), "what is forwarded is signed as"),
        (
            once,
            format!("{decide}forward_headers = [\"a\"]"),
            "`forward_headers` has no effect with `mode",
        ),
        (
            once,
            format!("{proxy}[store]\npath = \"x.db\""),
            "`store` is for routes with `mode = \"keep\"`",
        ),
        ("", proxy.clone(), "`[once]` is missing"),
        ("[once]\n", proxy.clone(), "set one of `address`, `address_env` and `address_file`"),
        (
            "[once]\naddress = \"redis://u:secret@h\"\n",
            proxy.clone(),
            "here it is `memory` or `sqlite:PATH`",
        ),
        (
            "[once]\naddress = \"sqlite:/nowhere/at/all.db\"\n",
            proxy.clone(),
            "the folder of this file is not there",
        ),
        (
            "[once]\naddress_env = \"UNSET_19\"\n",
            proxy.clone(),
            "`UNSET_19` is not set in the environment",
        ),
    ] {
        let said = Place::with_head(head, &more).mistakes();
        assert!(said.contains(expected), "{expected:?} is not in\n{said}");
        assert!(!said.contains("u:secret"), "{said}");
    }
}

/// One key may be written in several ways, and a delivery to one could be made to pass for a delivery to the other.
#[test]
fn one_key_in_two_spellings_is_a_mistake() {
    let scheme = &Sender::STANDARD_WEBHOOKS;
    let key = b"a key of 24 bytes or more";
    let prefixed = scheme.secret_encoding().write(key);
    let bare = prefixed.strip_prefix("whsec_").unwrap();
    for (one, other) in [
        (prefixed.as_str(), bare),
        (bare, prefixed.as_str()),
        (bare.trim_end_matches('='), prefixed.as_str()),
    ] {
        let place = Place::of_all("http://127.0.0.1:8000/", "");
        place.write(scheme.name(), one);
        let file = place.write("acme", other);
        place.edit(|config| {
            format!("{config}[tenants.acme.standard-webhooks]\nsecret_file = \"{file}\"\n")
        });
        let said = place.mistakes();
        assert!(said.contains("`standard-webhooks` has the same secret"), "{said}");
        assert!(!said.contains(bare.trim_end_matches('=')), "{said}");
    }
    // The bytes of the one's text are the other's key.
    let place = Place::of_all("http://127.0.0.1:8000/", "");
    place.write("mlflow", core::str::from_utf8(key).unwrap());
    place.write(scheme.name(), &prefixed);
    assert!(place.mistakes().contains("`mlflow` has the same secret"));
}

/// Otherwise the sender could sign in the place of the gateway.
#[test]
fn a_secret_to_sign_anew_with_is_the_one_of_no_sender() {
    let scheme = &Sender::STANDARD_WEBHOOKS;
    let key = b"a key of 24 bytes or more";
    let prefixed = scheme.secret_encoding().write(key);
    let bare = prefixed.strip_prefix("whsec_").unwrap();
    let verbatim = core::str::from_utf8(key).unwrap();
    for (owner, senders, ours) in [
        (scheme.name(), prefixed.as_str(), bare),
        (scheme.name(), bare.trim_end_matches('='), prefixed.as_str()),
        // The bytes of a sender's text are the key.
        ("mlflow", verbatim, prefixed.as_str()),
    ] {
        let place = Place::new("");
        place.write(owner, senders);
        let file = place.write("resign", ours);
        let more = format!("resign = \"standard-webhooks\"\nresign_secret_file = \"{file}\"\n");
        place.edit(|config| config + &route(MLFLOW, "http://127.0.0.1:8000/", &more));
        let said = place.mistakes();
        let expected =
            format!("`{owner}` has the same secret: that sender could sign as the gateway");
        assert!(said.contains(&expected), "{said}");
        assert!(!said.contains(bare.trim_end_matches('=')) && !said.contains(verbatim), "{said}");
    }
}
