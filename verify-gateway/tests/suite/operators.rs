//! What operators ask, and what the log says.

use std::fs;

use verify_core::Sender;

use crate::{
    gateway::{Place, alias, route, secret, wait_until},
    upstream::Upstream,
};

const MLFLOW: &Sender = &Sender::MLFLOW;

#[test]
fn one_line_a_delivery_and_figures_of_it() {
    let upstream = Upstream::new();
    let gateway = Place::of_all(&upstream.url("/"), "").start_with(&["--log-format", "json"]);
    assert_eq!(gateway.send(MLFLOW, "an-id", &alias(1)).status, 204);
    assert_eq!(gateway.send(MLFLOW, "other", &alias(1)).status, 204);
    wait_until(|| gateway.log().lines().count() >= 2);
    let log = gateway.log();
    let lines: Vec<serde_json::Value> =
        log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2, "{log}");
    let line = &lines[0];
    for (name, expected) in [
        ("level", "INFO"),
        ("outcome", "forwarded"),
        ("sender", "mlflow"),
        ("event", "model_version_alias.created"),
        ("delivery_id", "an-id"),
        ("route", "/webhooks/mlflow"),
        ("mode", "proxy"),
        ("secret", "current"),
    ] {
        assert_eq!(line[name], expected, "{name} in {line}");
    }
    assert_eq!((&line["status"], &line["attempt"]), (&204.into(), &1.into()));
    assert_eq!(gateway.request("POST", "/webhooks/mlfow", "", "").status, 404);
    let metrics = gateway.admin("/metrics");
    assert!(metrics.body().contains("gateway_unknown_path_total 1\n"), "{}", metrics.text);
    let figure =
        "gateway_deliveries_total{sender=\"mlflow\",outcome=\"forwarded\",status=\"204\"} 2\n";
    assert!(metrics.body().contains(figure), "{}", metrics.text);
    assert!(metrics.body().contains("bridge_build_info{program=\"verify-gateway\""));
    assert!(!log.contains(&secret(MLFLOW)));
}

#[test]
fn readiness_is_that_of_the_stores_and_strangers_see_health_alone() {
    let place = Place::with_head("[once]\naddress = \"sqlite:FOLDER/claims.db\"\n", "");
    let folder = place.path("");
    place.edit(|config| {
        config.replace("FOLDER", folder.to_str().unwrap())
            + &route(MLFLOW, "http://127.0.0.1:1", "")
    });
    let gateway = place.start();
    assert_eq!(gateway.admin("/readyz").status, 200);
    assert_eq!(gateway.admin("/healthz").status, 200);
    assert_eq!(gateway.admin("/webhooks/mlflow").status, 404);
    assert_eq!(gateway.request("GET", "/healthz", "", "").status, 200);
    for path in ["/readyz", "/metrics", "/"] {
        assert_eq!(gateway.request("GET", path, "", "").status, 404, "{path}");
    }
    let answer = gateway.request("GET", "/webhooks/mlflow", "", "");
    assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")));
}

#[cfg(unix)]
#[test]
fn what_is_in_flight_is_finished() {
    let upstream = Upstream::new();
    upstream.behave(|_| {
        std::thread::sleep(core::time::Duration::from_secs(1));
        (204, String::new())
    });
    let mut gateway = Place::of_all(&upstream.url("/"), "").start();
    std::thread::scope(|scope| {
        let sent = scope.spawn(|| gateway.send(MLFLOW, "an-id", &alias(1)).status);
        wait_until(|| !upstream.reached().is_empty());
        gateway.signal("TERM");
        assert_eq!(sent.join().unwrap(), 204);
    });
    assert!(gateway.process.wait().unwrap().success());
}

/// Whoever reads the settings or a message sees no secret.
#[test]
fn no_message_has_a_secret() {
    let place = Place::of_all("http://127.0.0.1:1", "");
    let secret = secret(MLFLOW);
    fs::write(place.path("wandb"), &secret).unwrap();
    let said = place.mistakes();
    assert!(said.contains("`mlflow` has the same secret"), "{said}");
    assert!(!said.contains(&secret), "{said}");
}
