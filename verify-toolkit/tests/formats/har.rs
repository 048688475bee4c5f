use base64ct::{Base64, Encoding as _};
use serde_json::{Value, json};
use verify_toolkit::{Capture, CaptureError, Note, WireRequest};

use crate::{NOW, read, signed};

pub(crate) fn har_request(request: &WireRequest) -> Value {
    let text = |value: &[u8]| String::from_utf8(value.to_vec()).unwrap();
    let headers =
        request.headers.iter().map(|(name, value)| json!({"name": name, "value": text(value)}));
    let post_data = match core::str::from_utf8(&request.body) {
        Ok(text) => json!({"mimeType": "application/json", "text": text}),
        Err(_) => json!({"text": Base64::encode_string(&request.body), "encoding": "base64"}),
    };
    json!({
        "method": request.method,
        "url": format!("https://example.com{}", request.path),
        "headers": headers.collect::<Vec<_>>(),
        "postData": post_data,
        "bodySize": request.body.len(),
    })
}

#[test]
fn the_clock_of_a_har_entry_may_be_of_any_zone() {
    let seen = |started: &str| {
        let har =
            json!({"startedDateTime": started, "request": har_request(&signed().next().unwrap())});
        Capture::read(har.to_string().as_bytes()).unwrap().received_at
    };
    for started in [
        "2026-11-21T19:53:02Z",
        "2026-11-21T21:53:02.000+02:00",
        "2026-11-21T14:23:02.9-05:30",
        "2026-11-21T19:53:02+00:00",
    ] {
        assert_eq!(seen(started), Some(NOW), "{started}");
    }
    for odd in [
        "",
        "now",
        "2026-11-21T19:53:02",
        "2026-11-21T19:53:02+ab:cd",
        "é-00:00",
        "1970-01-01T00:00:00+01:00",
    ] {
        assert_eq!(seen(odd), None, "{odd}");
    }
}

#[test]
fn the_signed_one_of_several_har_entries_is_taken() {
    let request = signed().next().unwrap();
    let mut other = request.clone();
    other.headers.retain(|(name, _)| !name.contains("signature"));
    let log = |requests: &[&WireRequest]| {
        let entries: Vec<_> =
            requests.iter().map(|request| json!({"request": har_request(request)})).collect();
        json!({"log": {"entries": entries}}).to_string()
    };
    assert_eq!(read(log(&[&other, &request, &other])).unwrap(), request);
    assert_eq!(read(log(&[&other])).unwrap(), other);
    let several = Capture::read(log(&[&other, &request, &request]).as_bytes()).unwrap();
    assert_eq!(several.notes, [Note::MoreRequests { entry: 2, found: 3, signed: 2 }]);
    let error = read(log(&[&other, &other])).unwrap_err();
    assert!(matches!(error, CaptureError::NotOne { found: 2 }));
    assert!(matches!(read(log(&[])), Err(CaptureError::Unrecognised)));
    assert_eq!(Capture::from_har(log(&[&other, &request]).as_bytes()).unwrap().len(), 2);
}

#[test]
fn one_of_several_har_entries_is_taken_by_its_number() {
    let requests: Vec<_> = signed().take(2).collect();
    let mut broken = har_request(&requests[0]);
    broken["postData"] = json!(null);
    let mut entries: Vec<_> = requests.iter().map(har_request).collect();
    entries.push(broken);
    let entries: Vec<_> = entries.iter().map(|request| json!({"request": request})).collect();
    let log = json!({"log": {"entries": entries}}).to_string();
    let entry = |number| Capture::read_entry(log.as_bytes(), number);
    assert_eq!(entry(1).unwrap().request, requests[0]);
    assert_eq!(entry(2).unwrap().request, requests[1]);
    let message = "HAR entry: request 3: the body was not recorded";
    assert!(entry(3).unwrap_err().to_string().starts_with(message));
    for number in [0, 4] {
        let message = format!("there is no request {number}: there are 3, counted from 1");
        assert_eq!(entry(number).unwrap_err().to_string(), message);
    }
    assert_eq!(Capture::read_entry(b"GET /a HTTP/1.1\r\n\r\n", 1).unwrap().request.path, "/a");
    // What the others lack does not matter.
    let mut unsigned = entries[2].clone();
    unsigned["request"]["headers"] = json!([]);
    let log = json!({"log": {"entries": [entries[0], unsigned]}});
    assert_eq!(read(log.to_string()).unwrap(), requests[0]);
}

#[test]
fn a_har_entry_says_what_it_lacks() {
    let mut request = har_request(&signed().next().unwrap());
    request["headers"].as_array_mut().unwrap().push(json!({"name": ":method", "value": "POST"}));
    assert!(read(request.to_string()).unwrap().headers.iter().all(|(name, _)| name != ":method"));
    let missing = "HAR entry: the body was not recorded, there is no `postData.text`: record it again with \
                   `postData.text`, or take `copy as cURL (bash)`";
    let mut without = request.clone();
    without["postData"] = json!(null);
    assert_eq!(read(without.to_string()).unwrap_err().to_string(), missing);
    without["bodySize"] = json!(-1);
    assert_eq!(read(without.to_string()).unwrap().body, b"");
    without["postData"] = json!({"mimeType": "x", "params": []});
    assert_eq!(read(without.to_string()).unwrap_err().to_string(), missing);
    without["postData"] = json!({"text": "!", "_encoding": "base64"});
    assert_eq!(
        read(without.to_string()).unwrap_err().to_string(),
        "HAR entry: `postData.text` is not the base64 that it is said to be: copy all of it"
    );
    assert!(matches!(read(r#"{"log": {}}"#), Err(CaptureError::Unrecognised)));
}
