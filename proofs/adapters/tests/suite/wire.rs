//! What goes over the wire: the order of the checks and the answers, against a real server.

use core::{slice::from_ref, sync::atomic::Ordering};
use std::fs;

use adapters::{
    ID, NOW, Raw, SECRET, ask, clock, clock_at, head, signed, signed_head, signed_with_length,
    verifier, verifier_with, without_date,
};
use base64ct::{Base64, Encoding};
use serde_json::Value;
use verify_core::{Secret, Sender, Verifier};

use crate::server::{Adapter, Guard, Handler, on_both};

on_both!(
    recorded_deliveries_are_accepted_as_they_were_sent,
    a_bad_head_is_answered_before_any_of_the_body_is_sent,
    every_authentication_failure_gets_the_same_bytes,
    the_size_is_limited_with_and_without_a_content_length,
    the_size_of_chunks_makes_no_difference,
    a_body_that_breaks_off_is_a_400,
    a_signature_in_a_trailer_is_none,
    bytes_are_checked_and_handed_on_exactly_as_sent,
    a_large_body_passes_through_the_usual_extractors,
);

fn chunked() -> (&'static str, String) {
    ("transfer-encoding", "chunked".to_owned())
}

async fn recorded_deliveries_are_accepted_as_they_were_sent(adapter: Adapter) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../verify-core/tests/fixtures/mlflow");
    let mut accepted = 0;
    for file in fs::read_dir(folder).unwrap() {
        let recorded: Value =
            serde_json::from_slice(&fs::read(file.unwrap().path()).unwrap()).unwrap();
        let body = Base64::decode_vec(recorded["body_base64"].as_str().unwrap()).unwrap();
        let secret = recorded["secret"].as_str().unwrap_or("whatever");
        let guard = Guard::new(verifier_with(Sender::MLFLOW, secret))
            .clock(clock_at(recorded["received_at"].as_u64().unwrap()));
        let (address, runs) = adapter.count(guard);

        let headers = recorded["headers"].as_array().unwrap().iter();
        let lines: String = headers
            .map(|pair| format!("{}: {}\r\n", pair[0].as_str().unwrap(), pair[1].as_str().unwrap()))
            .collect();
        let mut raw = Raw::connect(address).await;
        raw.send(format!("POST / HTTP/1.1\r\n{lines}\r\n")).await.send(&body).await;
        let signed = recorded["secret"].is_string();
        assert_eq!(raw.status().await, if signed { 204 } else { 401 }, "{recorded}");
        assert_eq!(runs.load(Ordering::Relaxed), usize::from(signed));
        accepted += usize::from(signed);
    }
    assert_eq!(accepted, 17);
}

async fn a_bad_head_is_answered_before_any_of_the_body_is_sent(adapter: Adapter) {
    let (address, runs) = adapter.count(Guard::new(verifier(Sender::DATABRICKS)));
    for (headers, status) in [
        (vec![("content-length", "900000".to_owned())], 401),
        (vec![("content-length", "50000000".to_owned())], 413),
        (vec![("content-length", "9000000000000000000".to_owned())], 413),
        (vec![chunked()], 401),
    ] {
        // Nothing follows the head, and there is nothing but the answer.
        let response = Raw::connect(address).await.send(head("/", &headers)).await.response().await;
        assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{headers:?}: {response}");
    }
    assert_eq!(runs.load(Ordering::Relaxed), 0);
}

async fn every_authentication_failure_gets_the_same_bytes(adapter: Adapter) {
    let verifier = Verifier::builder(Sender::MLFLOW)
        .secret(Secret::new(SECRET).unwrap())
        .bearer("token")
        .build()
        .unwrap();
    let (address, runs) = adapter.count(Guard::new(verifier).clock(clock()));

    let good = || {
        let mut headers = signed(Sender::MLFLOW, SECRET, b"{}");
        headers.push(("authorization", "Bearer token".to_owned()));
        headers
    };
    let with = |name: &'static str, value: String| {
        let mut headers = good();
        headers.retain(|(other, _)| *other != name);
        headers.push((name, value));
        headers
    };
    let without = |name: &str| {
        let mut headers = good();
        headers.retain(|(other, _)| *other != name);
        headers
    };
    let twice = |name: &str| {
        let mut headers = good();
        headers.extend(good().into_iter().filter(|(other, _)| *other == name));
        headers
    };
    let signature = "x-mlflow-signature";
    let cases = [
        without(signature),
        twice(signature),
        with(signature, String::new()),
        with(signature, "v1,AAAA".to_owned()),
        with(signature, format!("v1,{}=", "A".repeat(43))),
        with(signature, format!("v1,{}", "A".repeat(20_000))),
        without("x-mlflow-timestamp"),
        twice("x-mlflow-timestamp"),
        with("x-mlflow-timestamp", (NOW - 301).to_string()),
        with("x-mlflow-timestamp", (NOW + 301).to_string()),
        with("x-mlflow-timestamp", "+1".to_owned()),
        without("x-mlflow-delivery-id"),
        with("x-mlflow-delivery-id", "a.b".to_owned()),
        with("x-mlflow-delivery-id", ID.to_uppercase()),
        without("authorization"),
        with("authorization", "Bearer wrong".to_owned()),
        with("authorization", "Basic token".to_owned()),
    ];
    // However far the delivery got, and whether its body was read or is still to come.
    let refused = adapter.refused("401 Unauthorized", "www-authenticate: HMAC-SHA256, Bearer");
    let length = || ("content-length", "2".to_owned());
    for mut headers in cases {
        for (framing, body) in [(length(), "{}"), (chunked(), "2\r\n{}\r\n0\r\n\r\n")] {
            headers.push(framing);
            let response = ask(address, head("/", &headers) + body, "").await;
            assert_eq!(without_date(&response), refused, "{headers:?}");
            headers.pop();
        }
    }
    assert_eq!(runs.load(Ordering::Relaxed), 0);

    let mut headers = good();
    headers.push(length());
    let mut raw = Raw::connect(address).await;
    assert_eq!(raw.send(head("/", &headers) + "{}").await.status().await, 204);
}

async fn the_size_is_limited_with_and_without_a_content_length(adapter: Adapter) {
    let verifier = Verifier::builder(Sender::DATABRICKS)
        .secret(Secret::new(SECRET).unwrap())
        .body_limit(1000)
        .build()
        .unwrap();
    let (address, runs) = adapter.count(Guard::new(verifier));
    for (length, status) in [(0, 204), (1000, 204), (1001, 413), (100_000, 413)] {
        let body = vec![b'x'; length];
        let mut raw = Raw::connect(address).await;
        raw.send(signed_head(Sender::DATABRICKS, SECRET, &body)).await;
        if status == 204 {
            raw.send(&body).await;
        }
        assert_eq!(raw.status().await, status, "{length} bytes");

        let mut headers = signed(Sender::DATABRICKS, SECRET, &body);
        headers.push(chunked());
        let mut raw = Raw::connect(address).await;
        raw.send(head("/", &headers)).await;
        if length > 0 {
            raw.offer(format!("{length:x}\r\n")).await.offer(&body).await.offer("\r\n").await;
        }
        // The last chunk never comes where the ones before were too much.
        if status == 204 {
            raw.send("0\r\n\r\n").await;
        }
        assert_eq!(raw.status().await, status, "{length} bytes, chunked");
    }
    assert_eq!(runs.load(Ordering::Relaxed), 4);
}

async fn the_size_of_chunks_makes_no_difference(adapter: Adapter) {
    let body: Vec<u8> = (0..20_000_u32).flat_map(u32::to_le_bytes).collect();
    let guard = Guard::new(verifier(Sender::MLFLOW)).clock(clock());
    let address = adapter.serve(&[guard], &[("/", Handler::Deliver), ("/echo", Handler::Echo)]);
    let mut headers = signed(Sender::MLFLOW, SECRET, &body);
    headers.push(chunked());
    for size in [1, 2, 3, 63, 64, 65, 4095, 4096, 4097, 65_536, usize::MAX] {
        for path in ["/", "/echo"] {
            for is_forged in [false, true] {
                let mut text = head(path, &headers).into_bytes();
                for chunk in body.chunks(size) {
                    text.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                    text.extend_from_slice(chunk);
                    text.extend_from_slice(b"\r\n");
                }
                text.extend_from_slice(b"0\r\n\r\n");
                if is_forged {
                    // In the last chunk, before its line end and the end.
                    let last = text.len() - 8;
                    text[last] ^= 1;
                }
                let (head, read) = Raw::connect(address).await.send(text).await.read().await;
                let status = if is_forged { "401" } else { "200" };
                assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{size}: {head}");
                assert!(is_forged || read == body, "{size}");
            }
        }
    }
}

async fn a_body_that_breaks_off_is_a_400(adapter: Adapter) {
    let (address, runs) = adapter.count(Guard::new(verifier(Sender::DATABRICKS)));
    let body = b"all of it";

    let mut raw = Raw::connect(address).await;
    raw.send(signed_head(Sender::DATABRICKS, SECRET, body)).await.send(&body[..4]).await;
    assert_eq!(raw.end().await.status().await, 400);

    let mut headers = signed(Sender::DATABRICKS, SECRET, body);
    headers.push(chunked());
    for rest in ["nonsense\r\n", ""] {
        let mut raw = Raw::connect(address).await;
        raw.send(head("/", &headers)).await.send("9\r\nall of it\r\n").await.send(rest).await;
        if rest.is_empty() {
            raw.end().await;
        }
        assert_eq!(raw.status().await, 400);
        // One answer, and nothing of the server's own after it.
        assert_eq!(raw.rest().await, "");
    }
    assert_eq!(runs.load(Ordering::Relaxed), 0);
}

async fn a_signature_in_a_trailer_is_none(adapter: Adapter) {
    let (address, _) = adapter.count(Guard::new(verifier(Sender::WANDB)));
    let signature = &signed(Sender::WANDB, SECRET, b"{}")[0].1;
    let body = format!("2\r\n{{}}\r\n0\r\nx-wandb-signature: {signature}\r\n\r\n");
    let response = ask(address, head("/", &[chunked()]), body).await;
    assert!(response.starts_with("HTTP/1.1 401 "), "{response}");
}

async fn bytes_are_checked_and_handed_on_exactly_as_sent(adapter: Adapter) {
    // What `gzip` makes of `{}`, and other bodies that a parser would change or refuse.
    let gzip =
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\xae\x05\x00\x43\xbf\xa6\xa3\x02\x00\x00\x00";
    let bodies: [&[u8]; 6] =
        [gzip, b"", b"\0\0\0", b"\xff\xfe not UTF-8", b"\xef\xbb\xbf{}\r\n", b"{\"a\":1,\"a\":2}"];
    let guard = Guard::new(verifier(Sender::DATABRICKS));
    let routes = [("/deliver", Handler::Deliver), ("/echo", Handler::Echo)];
    let address = adapter.serve(&[guard], &routes);
    for body in bodies {
        let mut headers = signed_with_length(Sender::DATABRICKS, SECRET, body);
        headers.push(("content-encoding", "gzip".to_owned()));
        for (path, _) in &routes {
            let mut raw = Raw::connect(address).await;
            let (head, read) = raw.send(head(path, &headers)).await.send(body).await.read().await;
            assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
            assert_eq!(read, body, "{path}");
        }
    }
}

async fn a_large_body_passes_through_the_usual_extractors(adapter: Adapter) {
    // MLflow sent this much; the frameworks' own limits are 256 KiB and 2 MiB.
    let body = serde_json::to_vec(&"x".repeat(2_400_253)).unwrap();
    let mut headers = signed_with_length(Sender::MLFLOW, SECRET, &body);
    headers.push(("content-type", "application/json".to_owned()));
    let guard = Guard::new(verifier(Sender::MLFLOW)).clock(clock());
    for (handler, length) in [
        (Handler::LengthOfBytes, "2400255"),
        (Handler::LengthOfText, "2400255"),
        (Handler::LengthOfJson, "2400253"),
    ] {
        let address = adapter.serve(from_ref(&guard), &[("/", handler)]);
        let response = ask(address, head("/", &headers), &body).await;
        assert!(response.starts_with("HTTP/1.1 200") && response.ends_with(length), "{response}");
    }
}
