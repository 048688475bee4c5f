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
[tls]
certificate_file = "/nowhere.pem"
key_file = "/nowhere.pem"
[[routes]]
path = "webhooks"
sender = "mlflov"
upstream = "ftp://x"
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
    assert!(lines.len() >= 14, "{said}");
    let numbers = lines.iter().filter(|line| {
        let rest = line.split("FILE:").nth(1).unwrap_or_default();
        rest.split(':').next().is_some_and(|number| number.parse::<usize>().is_ok())
    });
    assert!(numbers.count() >= 14, "each has its line: {said}");
}

/// One mistake each, with what is said.
#[test]
fn each_mistake_says_what_to_do() {
    let proxy = route(MLFLOW, "http://127.0.0.1:8000/", "");
    let with = |more: &str| format!("{}{more}", route(MLFLOW, "http://127.0.0.1:8000/", ""));
    let decide = "[[routes]]\npath = \"/d\"\nsender = \"mlflow\"\nmode = \"decide\"\n";
    let once = "[once]\naddress = \"memory\"\n";
    for (head, more, expected) in [
        (once, with("unknown = 1"), "there is no setting `unknown` here"),
        (once, String::new(), "there is no `[[routes]]`"),
        (once, with("dangerous_report_only = true"), "only `mode = \"decide\"` can report only"),
        (once, with("mode = \"publish\""), "should be one of `decide`, `keep`, `proxy`"),
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
        (once, format!("{decide}upstream = \"http://x\""), "`mode = \"decide\"` has no upstream"),
        (once, format!("{decide}resign = \"x\""), "what is forwarded is signed as"),
        (once, format!("{decide}forward_headers = [\"a\"]"), "so here this has no effect"),
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
