//! Captures, and what they are made from and into.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    process::{Command, Stdio},
    thread,
};

use verify_toolkit::{
    Capture, Delivery, ParseError, Secret, Sender, UnixTime, Verifier, WireRequest,
};

const NOW: UnixTime = UnixTime::from_secs(1_795_290_782);

fn recorded() -> Vec<Capture> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../verify-core/tests/fixtures");
    let folders = Sender::ALL.iter().map(|sender| format!("{folder}/{}", sender.name()));
    let files = folders.flat_map(|folder| fs::read_dir(folder).unwrap());
    files
        .map(|file| Capture::from_json(&fs::read(file.unwrap().path()).unwrap()).unwrap())
        .collect()
}

#[test]
fn recorded_deliveries_are_read_and_written_without_loss() {
    let recorded = recorded();
    assert_eq!(recorded.len(), 12 + 18 + 2 + 14);
    for capture in recorded {
        let again = Capture::from_json(capture.to_json().as_bytes()).unwrap();
        assert_eq!(again, capture);
        let Some(secret) = &capture.secret else { continue };
        let sender = Sender::ALL.iter().find(|sender| sender.name() == capture.sender).unwrap();
        let verifier = Verifier::builder(*sender).secret(Secret::new(secret).unwrap());
        let verifier = verifier.build().unwrap();
        let request = &again.request;
        assert!(
            verifier
                .verify(again.received_at.unwrap(), &request.headers, &request.body[..])
                .is_ok()
        );
    }
}

/// A request with whatever is awkward about one.
fn awkward() -> WireRequest {
    let body = (0..=255).collect::<Vec<u8>>();
    let mut request = Delivery::databricks(body).with_path("/a?b='c'").sign("shared", NOW).unwrap();
    request.headers.push(("X-Empty".to_owned(), Vec::new()));
    request.headers.push(("X-Quoted".to_owned(), b"it's \\ \"$HOME\"".to_vec()));
    request.headers.push(("X-Latin".to_owned(), b"caf\xe9".to_vec()));
    request.headers.push(("X-Latin".to_owned(), "caf\u{e9}".into()));
    request
}

#[test]
fn bytes_that_are_no_text_survive() {
    let capture = Capture::new("databricks", NOW, awkward());
    let json = capture.to_json();
    assert!(json.contains(r#""base64": "Y2Fm6Q==""#), "{json}");
    assert_eq!(Capture::from_json(json.as_bytes()).unwrap(), capture);
}

#[test]
fn what_is_no_capture_is_an_error() {
    for (json, message) in [
        ("", "JSON: line 1, column 1: the text ends in the middle of a value: copy all of it"),
        ("{}", "JSON: field `method` should hold a text"),
    ] {
        assert_eq!(Capture::from_json(json.as_bytes()).unwrap_err().to_string(), message);
    }
    let bad = Capture::new("x", NOW, awkward()).to_json().replace("AAEC", "A!EC");
    assert!(Capture::from_json(bad.as_bytes()).is_err());
}

#[test]
fn a_raw_request_is_read() {
    let request = awkward();
    let mut again = WireRequest::from_http(&request.to_http("host")).unwrap();
    assert_eq!(again.header("host").collect::<Vec<_>>(), [b"host"]);
    assert_eq!(again.header("content-length").collect::<Vec<_>>(), [b"256"]);
    again.headers.retain(|(name, _)| name != "Host" && name != "Content-Length");
    assert_eq!(again, request);
}

#[test]
fn the_framing_of_a_raw_request_is_undone() {
    let read = |text: &str| WireRequest::from_http(text.as_bytes()).map(|request| request.body);
    let chunked = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(read(&format!("{chunked}2\r\n{{}}\r\n1;x=y\r\n \r\n0\r\n\r\n")).unwrap(), b"{} ");
    for broken in ["", "2\r\n{}", "zz\r\n{}\r\n0\r\n\r\n", "4\r\n{}\r\n0\r\n\r\n"] {
        assert_eq!(read(&format!("{chunked}{broken}")), Err(ParseError::Chunks), "{broken:?}");
    }
    for coding in ["gzip, chunked", "chunked\r\nTransfer-Encoding: chunked", "gzip"] {
        let text =
            format!("POST / HTTP/1.1\r\nTransfer-Encoding: {coding}\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n");
        assert_eq!(read(&text), Err(ParseError::TransferEncoding), "{coding}");
    }
    let length = "POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\n";
    // An editor's newline, and a capture that was cut off.
    assert_eq!(read(&format!("{length}null\n")).unwrap(), b"null");
    assert_eq!(read(&format!("{length}nu")).unwrap(), b"nu");
    assert_eq!(read("POST / HTTP/1.1\n\n{}").unwrap(), b"{}");
}

#[test]
fn what_is_no_request_is_an_error() {
    for (text, message) in [
        ("POST / HTTP/1.1\r\nA: b\r\n", "head does not end in an empty line"),
        (
            "POST / HTTP/9\r\n\r\n",
            "head is not one of an HTTP/1 request: the version is not HTTP/1.0 or HTTP/1.1",
        ),
    ] {
        assert_eq!(WireRequest::from_http(text.as_bytes()).unwrap_err().to_string(), message);
    }
}

/// Runs what is printed for people to paste, and compares what arrives.
#[test]
fn the_curl_command_sends_the_same_bytes() {
    if Command::new("curl").arg("--version").output().is_err() {
        println!("SKIPPED: curl is not installed");
        return;
    }
    let textual = Delivery::mlflow("it's {\n\"a\": \"$b\"}").sign("shared", NOW).unwrap();
    let starts_with_at = Delivery::wandb("@/etc/passwd").sign("shared", NOW).unwrap();
    let mut untyped = starts_with_at.clone();
    untyped.headers.retain(|(name, _)| name != "content-type");
    let large = Delivery::mlflow(vec![b'x'; 2_400_255]).sign("shared", NOW).unwrap();
    let lines =
        Delivery::mlflow("{\r\n}").with_path("/a/../b?[1]={x,y}").sign("shared", NOW).unwrap();
    // What a sender of nothing good would like to be pasted.
    let mut hostile = lines.clone();
    hostile.method = "X|id|`id`".to_owned();
    hostile.path = "@127.0.0.2:9/$(id)".to_owned();
    for request in [textual, starts_with_at, untyped, large, lines, hostile, awkward()] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let length = request.body.len();
        let receiver = thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            let mut text = vec![0; length + 64 * 1024];
            let mut read = 0;
            loop {
                read += socket.read(&mut text[read..]).unwrap();
                let head = text[..read].windows(4).position(|end| end == b"\r\n\r\n");
                if head.is_some_and(|head| read >= head + 4 + length) {
                    return text[..read].to_vec();
                }
            }
        });
        let mut shell = Command::new("bash")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        shell.stdin.take().unwrap().write_all(request.to_curl(&origin).as_bytes()).unwrap();
        let mut received = WireRequest::from_http(&receiver.join().unwrap()).unwrap();
        let _ = shell.wait();
        // What curl adds.
        let added = ["host", "user-agent", "accept", "content-length", "expect"];
        received.headers.retain(|(name, _)| !added.contains(&name.to_ascii_lowercase().as_str()));
        assert_eq!(received, request);
    }
}

#[test]
fn a_name_that_curl_takes_for_a_file_is_left_out() {
    let mut request = Delivery::mlflow("{}").sign("shared", NOW).unwrap();
    let command = request.to_curl("http://127.0.0.1:9");
    for name in ["@/etc/passwd", "", "a b", "a:b", "caf\u{e9}"] {
        request.headers.push((name.to_owned(), b"x".to_vec()));
    }
    assert_eq!(request.to_curl("http://127.0.0.1:9"), command);
}
