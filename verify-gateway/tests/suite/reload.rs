//! SIGHUP has the settings and the secrets read again.

use std::sync::mpsc;

use verify_core::Sender;

use crate::{
    authority::Authority,
    gateway::{Place, alias, route, secret, signed, wait_until},
    upstream::Upstream,
};

const MLFLOW: &Sender = &Sender::MLFLOW;

#[test]
fn a_secret_is_changed_while_it_runs() {
    let upstream = Upstream::new();
    let place = Place::of_all(&upstream.url("/"), "");
    let gateway = place.start();
    let send = |secret: &str, version| {
        let headers = signed(MLFLOW, secret, "an-id", &alias(version));
        gateway.request("POST", "/webhooks/mlflow", &headers, &alias(version)).status
    };
    assert_eq!((send(&secret(MLFLOW), 1), send("the new one", 2)), (204, 401));
    place.write("mlflow", "the new one");
    gateway.signal("HUP");
    wait_until(|| gateway.log().contains("settings read again: "));
    assert_eq!((send(&secret(MLFLOW), 3), send("the new one", 4)), (401, 204));
}

#[test]
fn what_is_wrong_changes_nothing() {
    let upstream = Upstream::new();
    let place = Place::of_all(&upstream.url("/"), "");
    let gateway = place.start();
    for (wrong, expected) in [
        (("mlflow\"", "mlflov\""), "no sender is called `mlflov`"),
        (("listen =", "unlisten ="), "there is no setting `unlisten`"),
        (("[once]", "[limits]\nconnections = 7\n[once]"), "restart it"),
    ] {
        let before = std::fs::read_to_string(place.path("gateway.toml")).unwrap();
        place.edit(|config| config.replace(wrong.0, wrong.1));
        gateway.signal("HUP");
        wait_until(|| gateway.log().contains(expected));
        place.write("gateway.toml", &before);
    }
    assert!(gateway.log().contains("settings not reloaded, everything stays as it was"));
    assert_eq!(gateway.send(MLFLOW, "an-id", &alias(1)).status, 204);
}

/// A store that is open stays: what is in it would be left behind.
#[test]
fn another_store_is_not_taken() {
    let upstream = Upstream::new();
    let routes = route(MLFLOW, &upstream.url("/events"), "mode = \"keep\"");
    let place = Place::with_head("", &format!("{routes}[store]\npath = \"FOLDER/kept.db\"\n"));
    let gateway = place.start();
    place.edit(|config| config.replace("kept.db", "other.db"));
    gateway.signal("HUP");
    wait_until(|| gateway.log().contains("settings"));
    assert!(gateway.log().contains("restart it"), "{}", gateway.log());
    assert_eq!(gateway.send(MLFLOW, "an-id", &alias(1)).status, 202);
}

/// What is open goes on with what it read of its files, so a reload must not seem to change that.
#[test]
fn other_files_of_what_is_open_are_not_taken() {
    let upstream = Upstream::new();
    let credentials = include_str!("../../../verify-outbox/tests/suite/nats/user.creds");
    let publish = "[[routes]]\npath = \"/hook\"\nsender = \"mlflow\"\nmode = \"publish\"\nstream = \"models\"\n\
                   subject = \"models.events\"\n";
    let nats = "[nats]\naddress = \"tls://127.0.0.1:1\"\nca_file = \"FOLDER/authority.pem\"\n\
                credentials_file = \"FOLDER/user.creds\"\n[store]\npath = \"FOLDER/kept.db\"\n";
    let published = format!("{publish}{nats}");
    let claimed = route(MLFLOW, &upstream.url("/"), "[once]\naddress_file = \"FOLDER/claims\"\n");
    for (settings, changed) in
        [(&published, "authority.pem"), (&published, "user.creds"), (&claimed, "authority.pem")]
    {
        let place = Place::with_head("", settings);
        let authority = place.path("authority.pem").display().to_string();
        place.write("claims", &format!("rediss://127.0.0.1:1?sslrootcert={authority}"));
        Authority::new().write(&place.path(""), "authority.pem");
        place.write("user.creds", credentials);
        let gateway = place.start();
        let text = std::fs::read_to_string(place.path(changed)).unwrap();
        place.write(changed, &format!("{text}\n"));
        gateway.signal("HUP");
        wait_until(|| gateway.log().contains("settings"));
        assert!(gateway.log().contains("restart it"), "{changed}: {}", gateway.log());
    }
}

#[test]
fn what_is_odd_is_told_again() {
    let upstream = Upstream::new();
    let decide = "[[routes]]\npath = \"/decide\"\nsender = \"mlflow\"\nmode = \"decide\"\n";
    let place = Place::new(&(route(MLFLOW, &upstream.url("/"), "") + decide));
    let gateway = place.start();
    place.edit(|config| config + "dangerous_report_only = true\n");
    gateway.signal("HUP");
    wait_until(|| gateway.log().contains("settings read again: "));
    assert!(gateway.log().contains("`/decide` only reports"), "{}", gateway.log());
}

/// No delivery is lost to reloads.
#[test]
fn deliveries_go_on_while_it_reloads() {
    let upstream = Upstream::new();
    let place = Place::of_all(&upstream.url("/"), "");
    let gateway = place.start();
    let sent = std::thread::scope(|scope| {
        let (senders_are_there, are_senders_there) = mpsc::channel::<()>();
        let gateway = &gateway;
        scope.spawn(move || {
            while are_senders_there.try_recv() == Err(mpsc::TryRecvError::Empty) {
                gateway.signal("HUP");
            }
        });
        let senders: Vec<_> = (0..4)
            .map(|sender| {
                scope.spawn(move || {
                    let all = (0..25).map(|number| alias(sender * 1000 + number));
                    all.filter(|body| gateway.send(MLFLOW, "an-id", body).status == 204).count()
                })
            })
            .collect();
        let sent: usize = senders.into_iter().map(|sender| sender.join().unwrap()).sum();
        drop(senders_are_there);
        sent
    });
    assert_eq!((sent, upstream.reached().len()), (100, 100));
}
