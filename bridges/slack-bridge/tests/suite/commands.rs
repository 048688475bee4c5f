//! The commands, and what is said about wrong settings.

use std::{
    fs,
    io::{self, BufRead, BufReader},
    net::TcpListener,
};

use verify_core::Sender;

use crate::{
    bridge::{Place, moved, moved_text, wait_until},
    slack::{Answer, Slack},
};

#[test]
fn a_dry_run_prints_messages_and_leaves_no_store() {
    let slack = Slack::new();
    let place = Place::simple(&slack);
    let mut bridge = place.start_with(&["--dry-run"]);
    assert_eq!(bridge.send(Sender::DATABRICKS, &moved("m", 1)).0, 204);
    let mut printed = BufReader::new(bridge.process.stdout.take().unwrap()).lines();
    assert_eq!(printed.next().unwrap().unwrap(), "# to general");
    let mut message = String::new();
    while serde_json::from_str::<serde_json::Value>(&message).is_err() {
        message += &printed.next().unwrap().unwrap();
    }
    assert!(message.contains(&moved_text("m", 1)), "{message}");
    assert!(slack.posted().is_empty());
    assert!(!place.store().exists());
}

#[test]
fn what_is_left_for_a_former_channel_is_shown_and_can_be_dropped() {
    let slack = Slack::new();
    slack.behave(|_| Answer::Refuse(500, "", "rollup_error"));
    let place = Place::simple(&slack);
    let bridge = place.start();
    assert_eq!(bridge.send(Sender::DATABRICKS, &moved("m", 1)).0, 204);
    wait_until(|| !slack.posted().is_empty());
    drop(bridge);
    let settings = fs::read_to_string(place.config()).unwrap();
    fs::write(place.config(), settings.replace("general", "renamed")).unwrap();
    fs::write(place.config().with_file_name("renamed"), slack.url("renamed")).unwrap();

    let bridge = place.start();
    let said =
        "1 postings are left for `general`, which is not configured any more: see `dead list`";
    assert!(bridge.said.contains(said), "{}", bridge.said);
    let (_, metrics) = bridge.get("/metrics");
    let waits = "bridge_postings{destination=\"general\",state=\"pending\"} 1\n";
    assert!(metrics.contains(waits), "{metrics}");
    let list = place.run(&["dead", "list"]);
    assert!(list.trim_end().ends_with("the destination is not configured any more"), "{list}");
    let json = place.run(&["dead", "list", "--json"]);
    let listed: serde_json::Value = serde_json::from_str(&json).unwrap();
    let expected = serde_json::json!({
        "id": 1, "destination": "general", "is_configured": false, "is_dead": false,
        "sender": "databricks", "event": "MODEL_VERSION_TRANSITIONED_STAGE", "model": "m",
        "bytes": moved("m", 1).len(), "received_at": listed["received_at"],
        "failures": listed["failures"], "reason": listed["reason"],
    });
    assert_eq!(listed, expected);
    assert!(listed["received_at"].as_u64().unwrap() > 1_700_000_000, "{listed}");
    let none = place.run(&["dead", "--json", "retry", "--all"]);
    assert_eq!(none, "{\"changed\":0,\"of\":0,\"to\":\"will be tried again\"}\n");
    let refused = place.command(&["dead", "retry", "1"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert_eq!(place.run(&["dead", "drop", "1"]), "1 of 1 dropped\n");
    assert_eq!(place.run(&["dead", "list"]), "");
}

#[test]
fn wrong_settings_are_a_line_of_text_and_exit_code_2() {
    let place = Place::simple(&Slack::new());
    assert_eq!(place.run(&["check"]), "3 senders, 1 channel: nothing is wrong\n");
    let settings = fs::read_to_string(place.config()).unwrap();
    let unknown =
        "bridge.toml:13: there is no setting `url_path` here; there is `url_env` or `url_file`\n";
    let not_there = "bridge.toml:4: the folder of this file is not there\n";
    for (command, right, wrong, expected) in [
        ("serve", "url_file", "url_path", unknown),
        ("check", "url_file", "url_path", unknown),
        ("check", "/store.db", "/not-mounted/store.db", not_there),
    ] {
        fs::write(place.config(), settings.replace(right, wrong)).unwrap();
        let output = place.command(&[command]).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{command} with {wrong}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.ends_with(expected), "{said}");
        assert!(!place.store().exists());
    }
}

#[test]
fn that_there_is_no_store_yet_is_said_in_words() {
    let place = Place::simple(&Slack::new());
    let output = place.command(&["dead", "list"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("/store.db`: there is no store yet: "), "{said}");
    assert!(!place.store().exists());
}

/// Before it posts anything, too.
#[test]
fn an_address_in_use_ends_it_before_it_opens_its_store() {
    let place = Place::simple(&Slack::new());
    let settings = fs::read_to_string(place.config()).unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    for setting in ["listen", "admin"] {
        let (free, used) =
            (format!("{setting} = \"127.0.0.1:0\""), format!("{setting} = \"{address}\""));
        fs::write(place.config(), settings.replace(&free, &used)).unwrap();
        let output = place.command(&["serve"]).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(&format!("cannot listen on {address}: ")), "{said}");
        assert!(!place.store().exists(), "{setting}");
    }
}

/// As `head` does.
#[test]
fn whoever_reads_what_is_printed_may_have_seen_enough() {
    let place = Place::simple(&Slack::new());
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    let status = place.command(&["check"]).stdout(writer).status().unwrap();
    assert_eq!(status.code(), Some(0));
}

#[test]
fn two_bridges_do_not_share_a_store() {
    let place = Place::simple(&Slack::new());
    let _bridge = place.start();
    let output = place.command(&["serve"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("store.db` is in use by another process"), "{said}");
}

/// What machines read of each posting; and nothing else at `info`.
#[test]
fn the_log_is_lines_of_json_if_that_is_asked_for() {
    let slack = Slack::new();
    let place = Place::simple(&slack);
    let bridge = place.start_with(&["--log-format", "json"]);
    let delivery = moved("a model", 1);
    assert_eq!(bridge.send(Sender::DATABRICKS, &delivery).0, 204);
    wait_until(|| bridge.log().contains("arrived"));
    assert_eq!(bridge.send(Sender::DATABRICKS, &delivery).0, 204);
    wait_until(|| bridge.log().contains("repeated"));
    slack.behave(|_| Answer::Refuse(404, "", "no_service"));
    assert_eq!(bridge.send(Sender::DATABRICKS, &moved("a model", 2)).0, 204);
    wait_until(|| bridge.log().contains("given up"));
    let log = bridge.said.clone() + &bridge.log();
    let lines: Vec<serde_json::Value> =
        log.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let of_outbox: Vec<_> = lines.iter().filter(|line| line["target"] == "outbox").collect();
    let messages: Vec<_> = of_outbox.iter().map(|line| &line["message"]).collect();
    assert_eq!(messages, ["arrived", "repeated", "given up"], "{log}");
    assert_eq!(
        [0, 1, 2].map(|line| of_outbox[line]["level"].as_str()),
        ["INFO", "INFO", "ERROR"].map(Some)
    );
    for (index, line) in of_outbox.iter().enumerate() {
        assert_eq!(line["sender"], "databricks", "{log}");
        assert_eq!(line["event"], "MODEL_VERSION_TRANSITIONED_STAGE", "{log}");
        assert!(index == 1 || line["destination"] == "general", "{log}");
        assert_eq!(line["key"].as_str().unwrap().len(), 64);
        assert!(line["timestamp"].as_str().unwrap().ends_with('Z'), "{log}");
    }
    assert_eq!(of_outbox[2]["reason"], "HTTP 404: no_service");
    assert!(!log.contains("a model"), "nothing of the body: {log}");
}
