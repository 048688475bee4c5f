//! Genuine and forged deliveries of every sender.

use core::time::Duration;
use std::collections::HashSet;

use verify_toolkit::{Endpoint, Forgery, Sender, attack::Target, samples};

use crate::{
    client::{Client, Version, get, now},
    receiver::{Receiver, secret},
};

#[tokio::test(flavor = "multi_thread")]
async fn every_event_of_every_sender_is_taken_in_both_versions() {
    let receiver = Receiver::start();
    for version in Version::ALL {
        let mut client = Client::connect(&receiver, version).await;
        for sample in samples::ALL {
            let sender = sample.sender.name();
            for tenant in ["acme", "globex"] {
                let delivery =
                    sample.delivery().sign(secret(tenant, &sample.sender), now()).unwrap();
                let answer =
                    client.deliver(&format!("/webhooks/{tenant}/{sender}"), &delivery).await;
                assert_eq!((answer.status, answer.body.len()), (204, 0), "{version:?} {sample:?}");
                let line = receiver.line();
                assert_eq!((&line["tenant"], &line["sender"]), (&tenant.into(), &sender.into()));
                assert_eq!(line["bytes"], sample.body.len());
                assert!(line["event"].is_string() && line["unreadable"].is_null(), "{line}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_forgery_gets_the_same_answer_in_both_versions() {
    let receiver = Receiver::start();
    for version in Version::ALL {
        let mut refusals = Vec::new();
        for sender in Sender::ALL {
            let name = sender.name();
            let sample = samples::of(name).next().unwrap();
            for forgery in Forgery::ALL {
                let secret = secret("acme", sender);
                let Ok(forged) = sample.delivery().forge(*forgery, secret, now()) else { continue };
                // A connection for each: a head that is refused may end it.
                let mut client = Client::connect(&receiver, version).await;
                let answer = client.deliver(&format!("/webhooks/acme/{name}"), &forged).await;
                assert_eq!(answer.status, 401, "{version:?} {name} {forgery:?}");
                refusals.push(answer);
            }
        }
        assert!(refusals.len() > 10 && refusals.iter().all(|answer| *answer == refusals[0]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_attack_matrix_finds_nothing() {
    let receiver = Receiver::start();
    let attack = async |sender: Sender| {
        let name = sender.name();
        let url = format!("https://{}/webhooks/acme/{name}", receiver.address);
        let endpoint = Endpoint::new(&url).unwrap();
        let endpoint = endpoint.with_authority(&receiver.files.certificate()).unwrap();
        let target = Target::new(sender, secret("acme", &sender)).with_path(endpoint.path());
        let send = async |attempt| endpoint.attempt(&attempt, Duration::from_secs(60)).await;
        let report = target.attack_with(send).await;
        assert!(report.is_hardened(), "{report}");
        report.tried()
    };
    let tried =
        tokio::join!(attack(Sender::DATABRICKS), attack(Sender::MLFLOW), attack(Sender::WANDB));
    println!("cases tried: {tried:?}");
    assert!(tried.0 > 100 && tried.1 > 100 && tried.2 > 100, "{tried:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_chooses_nothing_speaks_http_1() {
    let receiver = Receiver::start();
    let url = format!("https://{}/webhooks/acme/wandb", receiver.address);
    let endpoint = Endpoint::new(&url).unwrap();
    let endpoint = endpoint.with_authority(&receiver.files.certificate()).unwrap();
    let sample = samples::of("wandb").next().unwrap();
    let delivery = sample.delivery().with_path(endpoint.path()).sign("acme-wandb", now()).unwrap();
    let answer = endpoint.send(&delivery, crate::receiver::PATIENCE).await.unwrap();
    assert_eq!(answer.status, 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_a_time_over_one_connection_are_all_told_apart() {
    let receiver = Receiver::start();
    let mut client = Client::connect(&receiver, Version::Http2).await;
    // By now the client knows how many there may be at a time; before, it may take too many.
    assert_eq!(client.send(get("/healthz")).await.unwrap().status, 200);
    let Client::Http2(sender) = client else { unreachable!("it was asked for") };
    let mut running = tokio::task::JoinSet::new();
    for index in 0..200 {
        let mut client = Client::Http2(sender.clone());
        running.spawn(async move {
            let genuine = index % 2 == 0;
            let secret = if genuine { "acme-mlflow" } else { "another" };
            let delivery = verify_toolkit::Delivery::mlflow("{}")
                .with_delivery_id(format!("delivery-{index}"))
                .sign(secret, now())
                .unwrap();
            let answer = client.deliver("/webhooks/acme/mlflow", &delivery).await;
            (genuine, answer.status)
        });
    }
    while let Some(result) = running.join_next().await {
        let (genuine, status) = result.unwrap();
        assert_eq!(status, if genuine { 204 } else { 401 });
    }
    let printed: HashSet<_> =
        (0..100).map(|_| receiver.line()["delivery_id"].as_str().unwrap().to_owned()).collect();
    assert!((0..200).step_by(2).all(|index| printed.contains(&format!("delivery-{index}"))));
}
