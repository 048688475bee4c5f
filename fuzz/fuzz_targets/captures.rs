//! A capture is read and written without loss, whatever is in it; a raw request that can be read is
//! written so that it is read as the same, and so is the `curl` command of it; whatever is recognised
//! becomes a capture that survives as well; and nothing that is read makes a reader panic.
#![cfg_attr(fuzzing, no_main)]

use verify_core::UnixTime;
use verify_fuzz::{Input, Reached, target};
use verify_toolkit::{Capture, WireRequest};

target!(check);

fn check(data: &[u8]) -> Reached {
    any_request(data);
    let json = Capture::from_json(data).map(|capture| {
        assert_eq!(Capture::from_json(capture.to_json().as_bytes()).ok(), Some(capture));
    });
    let raw = WireRequest::from_http(data).map(|request| {
        // What is behind it is no part of a URL that is sent.
        if !request.path.contains('#') {
            let command = Capture::read(request.to_curl("http://receiver").as_bytes());
            let again = command.map(|capture| capture.request).ok();
            assert_eq!(again, Some(unframed(request.clone())));
        }
        let again = WireRequest::from_http(&request.to_http("receiver"));
        assert_eq!(again.map(unframed), Ok(unframed(request)));
    });
    let other = Capture::read(data).map(|mut capture| {
        let _: Vec<_> = capture.notes.drain(..).map(|note| note.to_string()).collect();
        assert_eq!(Capture::read(capture.to_json().as_bytes()).ok(), Some(capture));
    });
    if json.is_ok() || raw.is_ok() || other.is_ok() { Reached::Accepted } else { Reached::Refused }
}

/// Any bytes at all for names, values and body survive as JSON.
fn any_request(data: &[u8]) {
    let mut input = Input::new(data);
    let text = |input: &mut Input<'_>| String::from_utf8_lossy(input.bytes()).into_owned();
    let (method, path) = (text(&mut input), text(&mut input));
    let header = |input: &mut Input<'_>| (text(input), input.bytes().to_vec());
    let headers = (0..input.below(4)).map(|_| header(&mut input)).collect();
    let sender = text(&mut input);
    let received_at = UnixTime::from_secs(input.number(8));
    let request = WireRequest { method, path, headers, body: input.rest().to_vec() };
    let _ = request.to_curl("http://receiver");
    let capture = Capture::new(sender, received_at, request);
    assert_eq!(Capture::from_json(capture.to_json().as_bytes()).ok(), Some(capture));
}

/// Without what a writer makes anew.
fn unframed(mut request: WireRequest) -> WireRequest {
    let made = ["host", "content-length", "transfer-encoding"];
    request.headers.retain(|(name, _)| !made.contains(&name.to_ascii_lowercase().as_str()));
    request
}
