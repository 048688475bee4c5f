//! What each service's answers mean, and what it is sent.

use core::time::Duration;
use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::json;
use verify_outbox::Http;

use super::*;

/// An answer as it comes over the wire: status, headers and body.
fn answer(status: u16, headers: &str, body: &str) -> Answer {
    let length = body.len();
    read(format!("HTTP/1.1 {status} x\r\n{headers}content-length: {length}\r\n\r\n{body}"))
}

/// One whose body breaks off.
fn broken(status: u16) -> Answer {
    read(format!("HTTP/1.1 {status} x\r\ncontent-length: 100\r\n\r\n1"))
}

fn read(text: String) -> Answer {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = Endpoint::new(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    let server = thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        let mut piece = [0; 1024];
        while !request.ends_with(b"{}") {
            let read = socket.read(&mut piece).unwrap();
            request.extend_from_slice(&piece[..read]);
        }
        socket.write_all(text.as_bytes()).unwrap();
    });
    let answer = Http::new("test", Duration::from_secs(30)).post(&endpoint, &[], b"{}").unwrap();
    server.join().unwrap();
    answer
}

/// `done`, `dead`, `later`, or `later` with the seconds.
fn judge(pipeline: &Pipeline, answer: &Answer) -> String {
    match pipeline.outcome(answer) {
        Outcome::Accepted => "accepted".to_owned(),
        Outcome::Done => "done".to_owned(),
        Outcome::Dead { reason } => {
            assert!(reason.starts_with("HTTP "), "{reason}");
            "dead".to_owned()
        }
        Outcome::Later { after: Some(after), .. } => format!("later {}", after.as_secs()),
        Outcome::Later { .. } => "later".to_owned(),
        other => format!("{other:?}"),
    }
}

#[test]
fn github_is_left_alone_for_as_long_as_it_says() {
    let pipeline = Pipeline::Github { event_type: "x".to_owned() };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let reset = |at: u64| format!("x-ratelimit-remaining: 0\r\nx-ratelimit-reset: {at}\r\n");
    let secondary = r#"{"message":"You have exceeded a secondary rate limit."}"#;
    for (status, headers, body, expected) in [
        (204, String::new(), "", "done"),
        (401, String::new(), r#"{"message":"Bad credentials"}"#, "dead"),
        (403, String::new(), r#"{"message":"Resource not accessible by integration"}"#, "dead"),
        (404, String::new(), r#"{"message":"Not Found"}"#, "dead"),
        (422, String::new(), r#"{"message":"Invalid request."}"#, "dead"),
        (403, String::new(), secondary, "later 60"),
        (429, String::new(), "", "later 60"),
        (403, "retry-after: 17\r\n".to_owned(), secondary, "later 17"),
        (403, "x-ratelimit-remaining: 12\r\n".to_owned(), "", "dead"),
        (403, "x-ratelimit-remaining: 0\r\n".to_owned(), "", "later 60"),
        // A reset that is over, and one that no clock of theirs could say.
        (403, reset(now - 5), "", "later 60"),
        (429, reset(now + 1_000_000), "", "later 3600"),
        (500, String::new(), "", "later"),
        (503, "retry-after: 3\r\n".to_owned(), "", "later 3"),
        (301, "location: /\r\n".to_owned(), "", "dead"),
    ] {
        let answer = answer(status, &headers, body);
        assert_eq!(judge(&pipeline, &answer), expected, "{status} {headers} {body}");
    }
    assert_eq!(judge(&pipeline, &broken(403)), "later 60");
    let told = judge(&pipeline, &answer(403, &reset(now + 600), ""));
    let seconds: u64 = told.strip_prefix("later ").unwrap().parse().unwrap();
    assert!((500..=600).contains(&seconds), "{told}");
}

#[test]
fn databricks_and_teams_are_understood() {
    let job = Pipeline::Databricks { job_id: 1, parameters: Vec::new() };
    for (status, body, expected) in [
        (200, r#"{"run_id":1}"#, "done"),
        (400, r#"{"error_code":"INVALID_PARAMETER_VALUE"}"#, "dead"),
        (401, "", "dead"),
        (403, r#"{"error_code":"PERMISSION_DENIED"}"#, "dead"),
        (429, r#"{"error_code":"REQUEST_LIMIT_EXCEEDED"}"#, "later"),
        (503, r#"{"error_code":"TEMPORARILY_UNAVAILABLE"}"#, "later"),
    ] {
        assert_eq!(judge(&job, &answer(status, "", body)), expected, "{status}");
    }
    assert_eq!(judge(&job, &broken(200)), "done");
    let [teams, older] =
        [Card::AdaptiveCard, Card::MessageCard].map(|card| Pipeline::Teams { card });
    assert_eq!([&teams, &older].map(|teams| judge(teams, &broken(200))), ["later", "later"]);
    // A workflow begins after it answered, and does nothing with the older form.
    let accepted = answer(202, "", "");
    assert_eq!([&teams, &older].map(|teams| judge(teams, &accepted)), ["accepted", "dead"]);
    let failed =
        "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error";
    for (status, body, expected) in [
        (200, "1".to_owned(), "done"),
        (200, format!("{failed} 429 with ContextId x"), "later"),
        (200, format!("{failed} 403 with ContextId x"), "dead"),
        (404, String::new(), "dead"),
    ] {
        for teams in [&teams, &older] {
            assert_eq!(judge(teams, &answer(status, "", &body)), expected, "{status} {body}");
        }
    }
}

const HOSTILE: &str =
    "<at>all</at> [x](https://evil.example) {{{DATE(1)}}\u{7}\n# \u{202e}gib\u{3164}";

fn hostile() -> Movement {
    Movement {
        event: "LINK_ARTIFACT".into(),
        is_instruction: false,
        model: HOSTILE.into(),
        version: Some("v".repeat(2000)),
        target: None,
        from: None,
    }
}

/// Only a title of our own is a text that Teams reads as Markdown, and nobody is mentioned.
#[test]
fn text_of_others_is_inert_in_an_adaptive_card() {
    let message = Card::AdaptiveCard.request("wandb", &hostile());
    assert_eq!(message["type"], "message");
    let [attachment] = message["attachments"].as_array().unwrap().as_slice() else { panic!() };
    assert_eq!(attachment["contentType"], "application/vnd.microsoft.card.adaptive");
    let card = &attachment["content"];
    assert_eq!((&card["type"], card.get("msteams")), (&json!("AdaptiveCard"), None));
    let [title, facts @ ..] = card["body"].as_array().unwrap().as_slice() else { panic!() };
    assert_eq!((&title["type"], &title["text"]), (&json!("TextBlock"), &json!("A model moved")));
    let mut shown = Vec::new();
    for fact in facts {
        assert_eq!(fact["type"], "RichTextBlock");
        let runs = fact["inlines"].as_array().unwrap();
        // A run has no `selectAction`, and so nothing to press.
        assert!(
            runs.iter().all(|run| run["type"] == "TextRun" && run.get("selectAction").is_none())
        );
        shown.push(runs.iter().map(|run| run["text"].as_str().unwrap()).collect::<String>());
    }
    let model =
        r"Model: ‹at›all‹/at› [x] (https://evil.example) { { {DATE(1)}}\u{7} # \u{202e}gib\u{3164}";
    assert_eq!(shown[0], model);
    assert_eq!(shown[1].chars().count(), "Version: ".len() + 501);
    assert_eq!(shown[2..], ["Event: LINK_ARTIFACT", "Sender: wandb"]);
    // Teams takes 28 KB.
    assert!(message.to_string().len() < 28_000);
}

#[test]
fn text_of_others_is_inert_in_a_message_card() {
    let card = Card::MessageCard.request("wandb", &hostile());
    let section = &card["sections"][0];
    assert_eq!((&card["@type"], &section["markdown"]), (&json!("MessageCard"), &json!(false)));
    let shown = r"&lt;at&gt;all&lt;/at&gt; [x](https://evil.example) {{{DATE(1)}}\u{7} # \u{202e}gib\u{3164}";
    assert_eq!(section["facts"][0]["value"], shown);
    assert_eq!(section["facts"][1]["value"].as_str().unwrap().chars().count(), 501);
}

#[test]
fn what_is_too_large_is_not_cut_off() {
    let movement = |length: usize| Movement {
        event: "LINK_ARTIFACT".into(),
        is_instruction: false,
        model: "m".repeat(length),
        version: None,
        target: None,
        from: None,
    };
    let facts = |length| movement(length).facts("wandb", "d");
    assert!(github::dispatch("x", facts(60_000)).is_ok());
    assert!(github::dispatch("x", facts(64_000)).is_err());
    let parameters = ["model".to_owned()];
    assert!(databricks::parameters(&parameters, facts(9_988)).is_ok());
    assert!(databricks::parameters(&parameters, facts(9_989)).is_err());
    assert!(databricks::parameters(&[], facts(100_000)).is_ok());
}

#[test]
fn a_token_is_for_one_delivery_to_one_job() {
    let token = databricks::idempotency_token;
    assert_eq!(token(1, &[7; 32]).len(), 64);
    assert_eq!(token(1, &[7; 32]), token(1, &[7; 32]));
    assert_ne!(token(1, &[7; 32]), token(2, &[7; 32]));
    assert_ne!(token(1, &[7; 32]), token(1, &[8; 32]));
}
