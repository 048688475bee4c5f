//! What is acknowledged is on the disk, and is posted as a CloudEvent until it has arrived.

use std::collections::BTreeSet;

use verify_core::{Secret, Sender, UnixTime, Verifier};

use crate::{
    gateway::{Place, alias, example, route, secret, signed, wait_until},
    upstream::{Reached, Upstream},
};

const MLFLOW: &Sender = &Sender::MLFLOW;

fn place(upstream: &Upstream) -> Place {
    let routes: String = Sender::ALL
        .iter()
        .map(|sender| route(sender, &upstream.url("/events"), "mode = \"keep\""))
        .collect();
    Place::with_head("", &format!("{routes}[store]\npath = \"FOLDER/kept.db\"\n"))
}

#[test]
fn a_delivery_of_each_sender_is_202_and_arrives_as_a_cloud_event() {
    let upstream = Upstream::new();
    let gateway = place(&upstream).start();
    for sender in Sender::ALL {
        assert_eq!(
            gateway.send(sender, "an-id", &example(sender)).status,
            202,
            "{}",
            sender.name()
        );
    }
    wait_until(|| upstream.reached().len() == Sender::ALL.len());
    for sender in Sender::ALL {
        let path = format!("/webhooks/{}", sender.name());
        let all = upstream.reached();
        let reached =
            all.iter().find(|reached| reached.header("ce-source") == Some(&path)).unwrap();
        assert_eq!(reached.header("ce-specversion"), Some("1.0"));
        assert_eq!(reached.body, example(sender).as_bytes());
        assert!(reached.header("ce-type").unwrap().starts_with(sender.name()));
        assert_eq!(reached.header("ce-id").unwrap().len(), 64);
    }
}

#[test]
fn what_a_service_does_not_take_outlives_the_gateway_and_arrives_once() {
    let upstream = Upstream::new();
    upstream.answer(503);
    let place = place(&upstream);
    let gateway = place.start();
    let headers = signed(MLFLOW, &secret(MLFLOW), "an-id", &alias(1));
    for _ in 0..2 {
        assert_eq!(gateway.request("POST", "/webhooks/mlflow", &headers, &alias(1)).status, 202);
    }
    wait_until(|| !upstream.reached().is_empty());
    drop(gateway);
    upstream.settle();
    upstream.answer(204);
    let before = upstream.reached().len();
    let gateway = place.start();
    wait_until(|| upstream.reached().len() > before);
    wait_until(|| {
        let pending = "bridge_postings{destination=\"/webhooks/mlflow\",state=\"pending\"} 0\n";
        gateway.admin("/metrics").body().contains(pending)
    });
    assert_eq!(upstream.reached().len(), before + 1);
    let ids: Vec<_> =
        upstream.reached().iter().map(|r| r.header("ce-id").unwrap().to_owned()).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "a service knows a second posting by its id");
}

#[test]
fn what_a_service_refuses_for_good_waits_for_a_person() {
    let upstream = Upstream::new();
    upstream.answer(400);
    let place = place(&upstream);
    let gateway = place.start();
    assert_eq!(gateway.send(MLFLOW, "an-id", &alias(1)).status, 202);
    let dead = "bridge_postings{destination=\"/webhooks/mlflow\",state=\"dead\"} 1\n";
    wait_until(|| gateway.admin("/metrics").body().contains(dead));
    let listed = String::from_utf8(place.run(&["dead", "list"]).stdout).unwrap();
    assert!(listed.contains("/webhooks/mlflow  mlflow model_version_alias.created m"), "{listed}");
    upstream.answer(204);
    let retried = String::from_utf8(place.run(&["dead", "retry", "--all"]).stdout).unwrap();
    assert_eq!(retried, "1 of 1 will be tried again\n");
    wait_until(|| upstream.reached().len() == 2);
}

/// Of the moment of each posting, so that a service may refuse what is old.
#[test]
fn what_is_posted_is_signed_anew_each_time() {
    let upstream = Upstream::new();
    upstream.answer(503);
    let scheme = Sender::STANDARD_WEBHOOKS;
    let [own, next] = [b"between gateway and service", b"the secret after a rotation"]
        .map(|key| scheme.secret_encoding().write(key));
    let place = Place::with_head("", "");
    let file = place.write("resign", &own);
    let folder = place.path("kept.db");
    let settings = format!(
        "mode = \"keep\"\nresign = \"standard-webhooks\"\nresign_secret_file = \"{file}\"\n[store]\npath = {folder:?}\n"
    );
    place.edit(|config| config + &route(MLFLOW, &upstream.url("/"), &settings));
    let gateway = place.start();
    assert_eq!(gateway.send(MLFLOW, "an-id", &alias(1)).status, 202);
    let verify = |reached: &Reached, secret: &str| {
        let verifier = Verifier::builder(scheme).secret(Secret::new(secret).unwrap());
        let headers: Vec<_> =
            reached.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let now = UnixTime::now().unwrap();
        let verified = verifier.build().unwrap().verify(now, &headers, reached.body.as_slice());
        verified.map(|verified| {
            let receipt = verified.receipt();
            (receipt.delivery_id().unwrap().to_owned(), receipt.signed_at().unwrap().as_secs())
        })
    };
    // Times are whole seconds: one of the next tries is of a later one.
    wait_until(|| {
        let times = upstream.reached();
        let times = times.iter().map(|reached| verify(reached, &own).unwrap().1);
        times.collect::<BTreeSet<_>>().len() >= 2
    });
    let reached = upstream.reached();
    for tried in &reached {
        let (id, _) = verify(tried, &own).unwrap();
        assert_eq!(Some(id.as_str()), tried.header("ce-id"), "the id is the key");
        assert_eq!(tried.header("ce-id"), reached[0].header("ce-id"), "each try has the same");
    }
    assert!(verify(&reached[0], &next).is_err());

    // The secret is changed while it waits.
    place.write("resign", &next);
    #[cfg(unix)]
    {
        gateway.signal("HUP");
        wait_until(|| gateway.log().contains("settings read again: "));
        let before = upstream.reached().len();
        wait_until(|| upstream.reached().len() > before + 1);
        assert!(verify(upstream.reached().last().unwrap(), &next).is_ok());
    }
    upstream.answer(204);
    let pending = "bridge_postings{destination=\"/webhooks/mlflow\",state=\"pending\"} 0\n";
    wait_until(|| gateway.admin("/metrics").body().contains(pending));
}
