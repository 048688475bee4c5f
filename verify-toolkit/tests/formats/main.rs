//! What people have instead of a capture: the text of a request, a HAR file, a `curl` command.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod curl;
mod har;
mod http;

use proptest::prelude::*;
use serde_json::json;
use verify_toolkit::{Capture, CaptureError, SecretEncoding, UnixTime, WireRequest, samples};

use crate::har::har_request;

pub(crate) const NOW: UnixTime = UnixTime::from_secs(1_795_290_782);

pub(crate) fn signed() -> impl Iterator<Item = WireRequest> {
    samples::ALL.iter().map(|sample| {
        let secret = match sample.sender.secret_encoding() {
            SecretEncoding::Verbatim => "it's \"$HOME\"".to_owned(),
            encoding => encoding.write(b"it's \"$HOME\""),
        };
        sample.delivery().with_path("/hooks/a?b=%20c").sign(secret, NOW).unwrap()
    })
}

pub(crate) fn read(text: impl AsRef<[u8]>) -> Result<WireRequest, CaptureError> {
    Capture::read(text.as_ref()).map(|capture| capture.request)
}

#[test]
fn every_sample_survives_every_format() {
    for request in signed() {
        assert_eq!(read(request.to_curl("http://127.0.0.1:8080")).unwrap(), request);

        let mut raw = read(request.to_http("host")).unwrap();
        raw.headers.retain(|(name, _)| name != "Host" && name != "Content-Length");
        assert_eq!(raw, request);

        let capture = Capture::new("mlflow", NOW, request.clone());
        assert_eq!(Capture::read(capture.to_json().as_bytes()).unwrap(), capture);

        let entry =
            json!({"startedDateTime": "2026-11-21T19:53:02.5Z", "request": har_request(&request)});
        let log = json!({"log": {"version": "1.2", "entries": [entry]}});
        for har in [&log, &entry, &har_request(&request)] {
            assert_eq!(read(har.to_string()).unwrap(), request);
        }
        assert_eq!(Capture::read(log.to_string().as_bytes()).unwrap().received_at, Some(NOW));
    }
}

#[test]
fn what_is_known_is_told() {
    let request = signed().next().unwrap();
    let seen = |text: &[u8]| {
        let capture = Capture::read(text).unwrap();
        (capture.sender, capture.origin, capture.received_at)
    };
    let of = |origin: &str| ("databricks".to_owned(), origin.to_owned(), None);
    assert_eq!(seen(request.to_curl("http://h").as_bytes()), of("curl command"));
    assert_eq!(seen(&request.to_http("h")), of("HTTP request"));
    assert_eq!(seen(har_request(&request).to_string().as_bytes()), of("HAR entry"));
    assert_eq!(seen(b"GET / HTTP/1.1\n\n").0, "");
    let known = |sender: &str| Capture::new(sender, None, request.clone()).known_sender();
    assert_eq!(known("mlflow").map(|sender| sender.name()), Some("mlflow"));
    assert!(known("github").is_none());
}

/// Also one that a recorder makes, which names no sender, under the header's own name or another.
#[test]
fn who_names_no_sender_means_the_one_of_the_signature_header() {
    for name in ["X-Wandb-Signature", "HTTP_X_WANDB_SIGNATURE"] {
        let request = WireRequest {
            method: "POST".to_owned(),
            path: "/".to_owned(),
            headers: vec![(name.to_owned(), b"abc".to_vec())],
            body: Vec::new(),
        };
        let capture = Capture::new("", NOW, request);
        assert_eq!(capture.sender, "wandb");
        assert_eq!(Capture::from_json(capture.to_json().as_bytes()).unwrap(), capture);
        let unnamed = capture.to_json().replace(r#""wandb""#, "null");
        assert_eq!(Capture::from_json(unnamed.as_bytes()).unwrap(), capture);
    }
}

#[test]
fn what_is_none_of_the_formats_says_what_to_give() {
    for text in ["", " ", "hello", "{}", "{\"a\": 1}", "curly h"] {
        assert!(matches!(read(text), Err(CaptureError::Unrecognised)), "{text:?}");
    }
    for text in ["Invoke-WebRequest -Uri x", "fetch(\"x\")"] {
        assert!(matches!(read(text), Err(CaptureError::UnsupportedShell)), "{text:?}");
    }
    assert!(matches!(read("{"), Err(CaptureError::Json(_))));
    assert!(matches!(read(vec![b' '; Capture::MAX_BYTES + 1]), Err(CaptureError::TooLarge)));
    assert!(matches!(read(vec![b' '; Capture::MAX_BYTES]), Err(CaptureError::Unrecognised)));
}

proptest! {
    /// Whatever a request has, a `curl` command and the reader of it agree.
    #[test]
    fn any_request_survives_a_curl_command(
        method in "[!-~]{1,8}",
        path in "/[!-~é]{0,20}",
        headers in prop::collection::vec(("[A-Za-z-]{1,12}", prop::collection::vec(0x20_u8.., 0..20)), 0..6),
        body in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut request = WireRequest { method, path, headers: Vec::new(), body };
        prop_assume!(!request.path.contains('#'));
        for (name, value) in headers {
            let own = ["host", "content-length", "transfer-encoding", "accept"];
            if !own.contains(&name.to_ascii_lowercase().as_str()) {
                request.headers.push((name, value.trim_ascii().to_vec()));
            }
        }
        prop_assert_eq!(read(request.to_curl("http://127.0.0.1:8080")).unwrap(), request);
    }

    #[test]
    fn nothing_makes_a_reader_panic(
        start in prop::sample::select(vec!["", "curl ", "$ curl h -d", "base64 -d <<'END' | curl ", "POST / HTTP/1.1\r\n", "{\"log\":", "{\"request\":"]),
        tail in prop::collection::vec(prop_oneof![
            prop::sample::select(b"'\"$\\`^{}[]:;&|<>#@ \n\r-xuU0e\x00HdX".to_vec()),
            any::<u8>(),
        ], 0..80),
    ) {
        let _ = read([start.as_bytes(), &tail].concat());
    }
}
