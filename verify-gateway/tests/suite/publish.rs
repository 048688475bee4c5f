//! What is acknowledged is on the disk, and is published to a real NATS server until its stream has it.

use core::time::Duration;
use std::{collections::BTreeMap, thread};

use rustix::process::Signal;
use serde_json::json;
use verify_core::Sender;

use crate::{
    gateway::{Gateway, Place, alias, example, secret, signed, wait_until},
    nats::Server,
};

const MLFLOW: &Sender = &Sender::MLFLOW;

/// A route for each sender, all to one stream.
fn place(server: &Server) -> Place {
    let routes: String = Sender::ALL.iter().map(route).collect();
    let nats = format!("[nats]\naddress = \"{}\"\n", server.url());
    Place::with_head("", &format!("{routes}{nats}[store]\npath = \"FOLDER/kept.db\"\n"))
}

pub(crate) fn route(sender: &Sender) -> String {
    let name = sender.name();
    format!(
        "[[routes]]\npath = \"/webhooks/{name}\"\nsender = \"{name}\"\nmode = \"publish\"\n\
         stream = \"models\"\nsubject = \"models.{name}\"\n"
    )
}

fn count(server: &Server) -> u64 {
    let said = server.ask("STREAM.INFO.models", &json!({}));
    said["state"]["messages"].as_u64().unwrap()
}

/// How often each body is in the stream.
fn bodies(server: &Server) -> BTreeMap<Vec<u8>, usize> {
    let mut times = BTreeMap::new();
    for message in server.messages() {
        *times.entry(message.body).or_default() += 1;
    }
    times
}

#[test]
fn a_delivery_of_each_sender_is_202_and_in_the_stream_byte_for_byte() {
    let Some(server) = Server::start("a_delivery_of_each_sender_is_in_the_stream") else { return };
    server.stream("CREATE", &json!({}));
    let gateway = place(&server).start();
    for sender in Sender::ALL {
        let headers = signed(sender, &secret(sender), "an-id", &example(sender));
        // The second one is a repetition.
        for _ in 0..2 {
            let path = format!("/webhooks/{}", sender.name());
            let answer = gateway.request("POST", &path, &headers, &example(sender));
            assert_eq!(answer.status, 202, "{}", sender.name());
        }
    }
    wait_until(|| count(&server) >= Sender::ALL.len() as u64);
    let messages = server.messages();
    assert_eq!(messages.len(), Sender::ALL.len());
    for sender in Sender::ALL {
        let subject = format!("models.{}", sender.name());
        let is_of = |message: &&crate::nats::Message| message.header("Nats-Subject") == subject;
        let message = messages.iter().find(is_of).unwrap();
        assert_eq!(message.body, example(sender).as_bytes());
        assert_eq!(message.header("ce-source"), format!("/webhooks/{}", sender.name()));
        assert_eq!(message.header("ce-specversion"), "1.0");
        assert!(message.header("ce-type").starts_with(sender.name()));
        assert_eq!(message.header("content-type"), "application/json");
        let key = message.header("ce-id");
        assert_eq!(key.len(), 64);
        assert_eq!(message.header("Nats-Msg-Id"), format!("{key}/{subject}"));
    }
}

#[test]
fn a_server_that_is_down_at_the_start_gets_all_that_was_accepted() {
    let Some(mut server) = Server::start("a_server_that_is_down_at_the_start") else { return };
    server.stream("CREATE", &json!({}));
    server.kill();
    let gateway = place(&server).start();
    for version in 0..20 {
        assert_eq!(gateway.send(MLFLOW, "an-id", &alias(version)).status, 202);
    }
    server.start_again();
    wait_until(|| count(&server) >= 20);
    let expected: BTreeMap<_, _> =
        (0..20).map(|version| (alias(version).into_bytes(), 1)).collect();
    assert_eq!(bodies(&server), expected);
}

/// What was accepted has arrived, once, whatever became of the server and of the gateway meanwhile.
#[test]
fn nothing_is_lost_while_the_server_and_the_gateway_are_killed() {
    let Some(mut server) = Server::start("nothing_is_lost_while_they_are_killed") else { return };
    server.stream("CREATE", &json!({}));
    let place = place(&server);
    let mut gateway = place.start();
    let mut accepted = BTreeMap::new();
    let send = |gateway: &Gateway, version: usize, accepted: &mut BTreeMap<_, _>| {
        assert_eq!(gateway.send(MLFLOW, "an-id", &alias(version)).status, 202);
        accepted.insert(alias(version).into_bytes(), 1);
    };
    for round in 0..4 {
        for version in 0..15 {
            send(&gateway, round * 100 + version, &mut accepted);
        }
        match round {
            0 => {
                server.kill();
                server.start_again();
            }
            1 => {
                server.signal(Signal::STOP);
                send(&gateway, 1000, &mut accepted);
                thread::sleep(Duration::from_millis(300));
                server.signal(Signal::CONT);
            }
            // Killed, and not told to stop.
            _ => {
                drop(gateway);
                gateway = place.start();
            }
        }
    }
    wait_until(|| count(&server) >= accepted.len() as u64);
    assert_eq!(bodies(&server), accepted);
}

#[test]
fn a_stream_that_forgets_before_the_store_does_is_refused() {
    let Some(server) = Server::start("a_stream_that_forgets_before_the_store") else { return };
    let place = place(&server);
    let refused = |said: &str| {
        for command in ["serve", "check"] {
            let output = place.run(&[command]);
            let stderr = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(2), "{stderr}");
            assert!(stderr.contains(said), "{said:?} is not in {stderr}");
        }
        // Who has no server there may say so.
        assert!(place.run(&["check", "--offline"]).status.success());
    };
    refused(
        "there is no stream `models` in the account of this user: make it, `nats stream add models",
    );
    server.stream("CREATE", &json!({ "duplicate_window": 120_000_000_000_u64 }));
    refused(
        "the stream `models` recognises a repeated message for 2m, and the outbox may post a delivery again for 168h: \
         `nats stream edit models --dupe-window=168h`",
    );
    server.stream("UPDATE", &json!({}));
    let output = place.run(&["check"]);
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(stdout.contains("acknowledges before its disk has it"), "{stdout}");
    assert!(stdout.ends_with("4 routes: nothing is wrong\n"), "{stdout}");
}
