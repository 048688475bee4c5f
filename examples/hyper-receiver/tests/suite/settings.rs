//! Mistakes that it says so about, and stops.

use std::{fs, process::Output};

use crate::receiver::{Files, TENANTS};

fn refuses_to_start(files: &Files, variable: &str, value: &str) -> String {
    let Output { status, stdout, stderr } = files.command().env(variable, value).output().unwrap();
    assert_eq!((status.code(), stdout.as_slice()), (Some(2), &b""[..]));
    String::from_utf8(stderr).unwrap()
}

#[test]
fn each_mistake_is_named() {
    let files = Files::new(TENANTS);
    fs::write(files.path("empty"), "").unwrap();
    let empty = files.path("empty").display().to_string();
    for (variable, value, expected) in [
        ("TENANTS_FILE", "", "TENANTS_FILE is not set".to_owned()),
        ("TLS_KEY_FILE", "", "TLS_KEY_FILE is not set".to_owned()),
        ("TENANTS_FILE", &empty, format!("TENANTS_FILE: `{empty}`: no tenant")),
        (
            "TLS_CERTIFICATE_FILE",
            &empty,
            format!("TLS_CERTIFICATE_FILE: `{empty}`: it has no certificate or key in PEM"),
        ),
        ("TLS_KEY_FILE", &empty, format!("TLS_KEY_FILE: `{empty}`: it has no certificate or key in PEM")),
        (
            "ONCE_STORE",
            "mysql://root:hunter2@db.test",
            "ONCE_STORE: names no store that is built in: it is `memory`, `sqlite:PATH`, `postgres://...` or \
             `redis://...`"
                .to_owned(),
        ),
        (
            "LISTEN_ADDR",
            "nonsense",
            "LISTEN_ADDR: cannot listen on `nonsense`: invalid socket address".to_owned(),
        ),
    ] {
        let said = refuses_to_start(&files, variable, value);
        assert_eq!(said, format!("hyper-receiver: {expected}\n"));
    }
}
